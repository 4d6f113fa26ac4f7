//! Which parts are the text, which the HTML, and which are attached.
//!
//! Owns the choice, after RFC 8621, section 4.1.4: what a mail program shows in the message is
//! body, the rest is attached. Attached messages are not looked into.

use super::part::Part;

#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub text: Vec<usize>,
    pub html: Vec<usize>,
    pub attached: Vec<usize>,
}

pub(super) fn bodies(parts: &[Part]) -> Bodies {
    let mut bodies = Bodies::default();
    // The tree is no deeper than `tree::MAX_DEPTH`, so this may call itself.
    bodies.visit(parts, 0, true, "");
    bodies
}

impl Bodies {
    fn visit(&mut self, parts: &[Part], index: usize, is_first: bool, multipart: &str) {
        let part = &parts[index];
        if part.is_multipart() && !part.children.is_empty() {
            for (place, child) in part.children.iter().enumerate() {
                self.visit(parts, *child, place == 0, &part.media_type);
            }
            return;
        }
        if !is_shown(part, is_first, multipart) {
            // A multipart without parts has nothing to open, except what is shown above.
            self.attached.push(index);
        } else if part.media_type == "text/html" {
            self.html.push(index);
        } else {
            self.text.push(index);
        }
    }
}

/// Beyond the first place a name means a file, and in `related` everything is there for the first.
fn is_shown(part: &Part, is_first: bool, multipart: &str) -> bool {
    // A multipart that could not be split still shows what it has.
    let is_opaque = part.is_multipart();
    let is_body = matches!(part.media_type.as_str(), "text/plain" | "text/html");
    let may = match multipart {
        "multipart/related" => false,
        "multipart/alternative" => true,
        _ => part.filename.is_none(),
    };
    (is_body || is_opaque) && !part.is_attached() && (is_first || may)
}

/// Whether some part above is a `multipart/related`.
pub(super) fn is_in_related(parts: &[Part], index: usize) -> bool {
    let mut above = parts[index].parent;
    while let Some(parent) = above {
        if parts[parent].media_type == "multipart/related" {
            return true;
        }
        above = parts[parent].parent;
    }
    false
}
