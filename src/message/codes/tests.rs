#![allow(clippy::unwrap_used)]

use super::*;

fn first(subject: &str, text: &str, html: &str) -> Option<(String, bool)> {
    let list = |text: &str| match text {
        "" => Vec::new(),
        text => vec![(text.to_owned(), "1")],
    };
    let found = find(subject, &list(text), &list(html));
    found.into_iter().find(|f| f.score >= LIKELY).map(|f| (f.value, f.certain))
}

#[test]
fn forms_of_a_code() {
    for (text, code) in [
        ("Your code is 482913.", "482913"),
        ("Your code is 482 913", "482913"),
        ("Your code is 482-913.", "482913"),
        ("Your code: 4 8 2 9 1 3", "482913"),
        ("Your security code:\n\n    4829\n\nIt is valid for 2026 minutes.", "4829"),
        ("G-482913 is your verification code.", "482913"),
        ("Enter this code: K7QF-2M9X", "K7QF-2M9X"),
        ("Your one-time code\n**482913**\n", "482913"),
        ("您的验证码是482913，请在10分钟内输入。", "482913"),
        ("認証コード：４８２９１３", "482913"),
        ("رمز التحقق الخاص بك هو ٤٨٢٩١٣", "482913"),
    ] {
        assert_eq!(first("", text, "").map(|c| c.0).as_deref(), Some(code), "{text}");
    }
}

#[test]
fn what_html_shows() {
    for (html, code) in [
        (
            "<p>Your code:</p><table><tr><td>4</td><td>8</td><td>2</td><td>9</td></tr></table>",
            "4829",
        ),
        ("<p>Your code</p><div>4</div><div>8</div><div>2</div><div>9</div><p>Bye</p>", "4829"),
        ("<p>Your code</p><p><span>482</span>&nbsp;<span>913</span></p>", "482913"),
        ("<p>Your login code</p><img src=x alt='482913'>", "482913"),
        ("<div style='display:none'>code 111111</div><p>Your code is <b>482913</b></p>", "482913"),
        ("<tr><td>Code</td><td>Order</td></tr><tr><td>482913</td><td>771122</td></tr>", "482913"),
    ] {
        assert_eq!(first("", "", html).map(|c| c.0).as_deref(), Some(code), "{html}");
    }
}

#[test]
fn numbers_of_other_kinds() {
    for text in [
        "Order number 482913 was shipped.",
        "Use promo code SAVE20 or 482913 before 2026-11-23.",
        "Your invoice\n\n482913\n",
        "Call +49 30 482913 or (030) 482-9131, the code of conduct is #482913.",
        "The password of 2026 costs $4829, 4829 EUR, 4.829,00.",
        "card ending in 4829, ****4829",
        "https://a.example/code/482913 or x482913y",
        "The code is 48291348291.",
        "At 14:30 on 23.11.2026 the code was still 10.0.4829.1",
    ] {
        assert_eq!(first("", text, ""), None, "{text}");
    }
}

#[test]
fn a_rival_makes_it_uncertain() {
    assert_eq!(first("", "Your code is 482913.", ""), Some(("482913".into(), true)));
    let two = first("", "Your code is 482913.\nYour code is 771122.", "");
    assert_eq!(two, Some(("482913".into(), false)));
    assert!(!first("", "Your code is 2026", "").is_some_and(|code| code.1));
}

#[test]
fn bounded_and_linear() {
    let many: String = (0..50_000).map(|i| format!("code {:06} ", 100_000 + i)).collect();
    for text in [
        many,
        "<td style=display:none>".repeat(20_000),
        "1-".repeat(200_000),
        "a@1 2 ".repeat(60_000),
    ] {
        assert!(find("", &[(text.clone(), "1")], &[(text, "2")]).len() <= MAX_CODES);
    }
}
