//! What a client says of itself in one message, by mechanism: a name and a secret or token.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

/// RFC 2104 with MD5, in hexadecimal, as CRAM-MD5 has it.
pub fn keyed_md5(secret: &str, challenge: &str) -> String {
    // Any length of key is taken.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(challenge.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4616, section 2: `[authzid] NUL authcid NUL passwd`. The second is who signs in.
pub fn plain(text: &str) -> Option<(String, String)> {
    let fields: Vec<&str> = text.split('\0').collect();
    match fields[..] {
        [_, user, secret] => Some((user.to_owned(), secret.to_owned())),
        _ => None,
    }
}

/// `user=NAME ^A auth=Bearer TOKEN ^A ^A`, as Google and Microsoft describe it.
pub fn xoauth2(text: &str) -> Option<(String, String)> {
    let mut fields = text.strip_suffix("\x01\x01")?.split('\x01');
    let user = fields.next()?.strip_prefix("user=")?;
    let token = bearer(fields.next()?.strip_prefix("auth=")?)?;
    (fields.next().is_none() && !user.is_empty()).then(|| (user.to_owned(), token.to_owned()))
}

/// RFC 7628, section 3.1: the GS2 header with the name, then `auth=Bearer TOKEN` among pairs that
/// end in ^A each, and one more at the end.
pub fn oauthbearer(text: &str) -> Option<(String, String)> {
    let (header, pairs) = text.split_once('\x01')?;
    let mut header = header.split(',');
    if !matches!(header.next(), Some("n" | "y")) {
        return None;
    }
    let user = header
        .next()?
        .strip_prefix("a=")
        .unwrap_or_default()
        .replace("=2C", ",")
        .replace("=3D", "=");
    let mut pairs = pairs.strip_suffix("\x01\x01")?.split('\x01');
    let token = bearer(pairs.find_map(|pair| pair.strip_prefix("auth="))?)?;
    Some((user, token.to_owned()))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7628, section 4.1, and what Google gives as the example of XOAUTH2.
    #[test]
    fn tokens() {
        let text = "n,a=user@example.com,\x01host=server.example.com\x01port=587\x01\
                    auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
        assert_eq!(oauthbearer(text), Some(("user@example.com".to_owned(), token.to_owned())));
        assert_eq!(
            oauthbearer("n,,\x01auth=Bearer x\x01\x01"),
            Some((String::new(), "x".to_owned()))
        );
        for wrong in [
            "",
            "n,,",
            "n,,\x01auth=Bearer x\x01",
            "n,,\x01auth=Basic x\x01\x01",
            "p=x,,\x01auth=Bearer x\x01\x01",
            "n,,\x01host=x\x01\x01",
        ] {
            assert_eq!(oauthbearer(wrong), None, "{wrong:?}");
        }
        let text = "user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
        let found = xoauth2(text).map(|(user, _)| user);
        assert_eq!(found.as_deref(), Some("someuser@example.com"));
        for wrong in [
            "",
            "user=a",
            "user=a\x01auth=Bearer x",
            "user=\x01auth=Bearer x\x01\x01",
            "user=a\x01auth=x\x01\x01",
        ] {
            assert_eq!(xoauth2(wrong), None, "{wrong:?}");
        }
    }
}
