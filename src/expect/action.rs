//! The link that a mail was sent for, among its logo, footer and networks.
//!
//! Owns what speaks for a link and against it: its words, and whether it carries a token.

use crate::message::Link;
use crate::search::fold_text;

/// What one is asked to do.
#[rustfmt::skip]
const ACTIONS: &[&str] = &[
    "reset", "confirm", "verify", "verification", "activate", "activation", "sign in", "sign-in", "signin", "log in", "login", "magic", "accept", "join", "invite", "invitation", "set password", "new password", "set-password", "unlock", "approve", "restore", "recover", "authorize", "complete your", "finish", "get started", "validate", "double-opt",
    "redefinir", "confirmar", "confirme", "verificar", "ativar", "entrar", "acessar", "aceitar", "restablecer", "verifica", "activar", "iniciar sesion", "acceder", "aceptar", "desbloquear",
    "reinitialiser", "confirmer", "confirmez", "verifier", "activer", "se connecter", "connexion", "accepter", "valider",
    "zurucksetzen", "bestatigen", "bestatige", "aktivieren", "anmelden", "einloggen", "annehmen", "freischalten", "verifizieren",
    "reimposta", "conferma", "attiva", "accedi", "accetta", "herstel", "bevestig", "activeer", "inloggen", "aanmelden", "accepteer",
    "zresetuj", "potwierdz", "aktywuj", "zaloguj", "akceptuj", "aterstall", "bekrafta", "aktivera", "logga in", "nulstil", "bekreft", "bekraeft", "log ind", "vahvista", "kirjaudu",
    "sifirla", "dogrula", "onayla", "etkinlestir", "giris yap", "сбросить", "подтвердить", "активировать", "войти", "принять", "скинути", "підтвердити", "увійти", "активувати",
    "再設定", "認証", "確認する", "ログイン", "有効化", "重置", "确认", "確認", "验证", "驗證", "登录", "登入", "激活", "재설정", "인증", "확인", "로그인", "تاكيد", "تفعيل", "اعادة تعيين", "تسجيل الدخول", "تحقق",
];
/// What stands in every mail, or undoes what was asked for.
#[rustfmt::skip]
const CHORES: &[&str] = &[
    "unsubscribe", "opt out", "opt-out", "optout", "preference", "manage subscription", "privacy", "terms", "legal", "imprint", "help", "support", "contact", "faq", "view in browser", "view in your browser", "view online", "web version", "webversion", "facebook.", "twitter.", "//x.com", "instagram.", "linkedin.", "youtube.", "tiktok.", "apps.apple.", "play.google.", "app store", "google play", "blog", "about us", "careers", "docs", "not you", "wasn't", "was not me", "wasn’t", "not me", "didn't", "didn’t", "report", "cancel", "secure your account", "secure-account", "learn more", "settings", "status.",
    "descadastr", "cancelar inscricao", "cancelar a inscricao", "privacidade", "ajuda", "termos", "ver no navegador", "darse de baja", "darme de baja", "privacidad", "ayuda", "no fui yo", "nao fui eu", "terminos", "desabonn", "desinscri", "se desabonner", "confidentialite", "aide", "mentions legales", "cgu", "navigateur", "pas vous",
    "abmelden", "abbestellen", "datenschutz", "impressum", "agb", "hilfe", "im browser", "nicht sie", "disiscriv", "assistenza", "condizioni", "afmelden", "uitschrijven", "voorwaarden", "hulp", "wypisz", "prywatnosc", "pomoc", "regulamin", "avregistrera", "avprenumerera", "integritet", "hjalp", "afmeld", "meld av", "personvern", "tilaus", "tietosuoja",
    "abonelikten", "gizlilik", "yardim", "отписаться", "политика", "помощь", "поддержк", "відписат", "допомог", "配信停止", "プライバシー", "ヘルプ", "問い合わせ", "退订", "取消訂閱", "隐私", "隱私", "帮助", "수신거부", "수신 거부", "개인정보", "고객센터", "الغاء الاشتراك", "الخصوصية", "المساعدة",
];
/// Characters of a token.
const TOKEN: usize = 12;

/// Of links in the order of the page, the likeliest; the first of equal ones.
pub(super) fn likeliest<'a>(links: impl Iterator<Item = &'a Link>) -> Option<&'a Link> {
    let mut best: Option<(i32, &Link)> = None;
    for link in links {
        let score = score(link);
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, link));
        }
    }
    best.map(|(_, link)| link)
}

fn score(link: &Link) -> i32 {
    let (text, href) = (fold_text(&link.text), fold_text(&link.href));
    let is_written_out = link.text == link.href;
    let is_in =
        |words: &[&str], text: &str| words.iter().any(|word| text.contains(&fold_text(word)));
    let mut score = 0;
    if !is_written_out && is_in(ACTIONS, &text) {
        score += 4;
    }
    if is_in(ACTIONS, &href) {
        score += 3;
    }
    if is_in(CHORES, &text) || is_in(CHORES, &href) {
        score -= 8;
    }
    score += if has_token(&link.href) { 2 } else { 0 };
    score -= if text.trim().is_empty() { 1 } else { 0 };
    score - if is_front_page(&link.href) { 3 } else { 0 }
}

/// A long piece of path or query with letters and digits in it.
fn has_token(href: &str) -> bool {
    let path = href.splitn(4, '/').nth(3).unwrap_or_default();
    path.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').any(|piece| {
        let has = |test: fn(&u8) -> bool| piece.bytes().any(|b| test(&b));
        piece.len() >= TOKEN && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    })
}

fn is_front_page(href: &str) -> bool {
    let path = href.splitn(4, '/').nth(3).unwrap_or_default();
    path.is_empty() || path.starts_with(['?', '#']) && !has_token(href)
}
