//! What holds for the parse of any bytes: promised by `message::parse`, relied on by everyone.

use restante::message::{self, View};

/// What holds for the parse of any bytes.
pub fn check(raw: &[u8]) {
    let message = message::parse(raw);
    let view = message.view();
    let digest = message.digest();
    assert_eq!(digest.defects as usize, view.defects.len());
    let listed = view.attachments.iter().filter(|a| !a.inline).count();
    assert_eq!(digest.attachments as usize, listed);
    assert!(digest.snippet.chars().count() <= message::MAX_SNIPPET);
    for defect in &view.defects {
        assert!(defect.range[0] <= defect.range[1] && defect.range[1] <= raw.len());
    }
    check_parts(raw, &view);
    for part in message.parts() {
        let found = message.part(&part.path).unwrap();
        assert_eq!(found.header, part.header, "two parts have the path {}", part.path);
    }
}

fn check_parts(raw: &[u8], view: &View) {
    let mut open = vec![(&view.parts[0], [0, raw.len()])];
    while let Some((node, [start, end])) = open.pop() {
        let ([head, head_end], [body, body_end]) = (node.header_range, node.range);
        let path = &node.path;
        assert!(start <= head && head <= head_end, "{path}");
        assert!(head_end <= body && body <= body_end && body_end <= end, "{path}");
        open.extend(node.children.iter().map(|child| (child, node.range)));
    }
}
