//! Bytes in the text of a script: `\r`, `\n`, `\t`, `\\`, `\xNN`, and `\{text*N}` for repetition.

pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        rest = one(escape, &mut bytes).ok_or_else(|| format!("what is \\{escape}?"))?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Takes what follows a backslash and gives the text after it.
fn one<'a>(escape: &'a str, bytes: &mut Vec<u8>) -> Option<&'a str> {
    let mut letters = escape.chars();
    let literal = match letters.next()? {
        'r' => b'\r',
        'n' => b'\n',
        't' => b'\t',
        '\\' => b'\\',
        'x' => {
            let (digits, rest) = escape[1..].split_at_checked(2)?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            return Some(rest);
        }
        '{' => {
            let (inner, rest) = escape[1..].split_once('}')?;
            let (text, count) = inner.rsplit_once('*')?;
            bytes.extend(text.repeat(count.parse().ok()?).bytes());
            return Some(rest);
        }
        _ => return None,
    };
    bytes.push(literal);
    Some(letters.as_str())
}

/// Whether the text fits a pattern in which `...` stands for anything.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split("...");
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
