//! The words beside a number that say what it is, in the languages that mail of this kind is
//! written in, without case and accents.
//!
//! Owns the tables and how they are looked up. A new language is a line in each table.

use super::spot::is_dense;
use std::sync::LazyLock;

/// What a word makes of the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// A code to be typed in, beyond doubt.
    Strong,
    /// A code of some kind.
    Weak,
    /// A number of another kind.
    Other,
}

/// A word of the tables in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    pub sense: Sense,
}

#[rustfmt::skip]
const STRONG: &[&str] = &[
    "verification", "otp", "one-time", "one time", "onetime", "passcode", "pass code", "security code", "login code", "log-in code",
    "sign-in code", "sign in code", "signin code", "access code", "confirmation code", "authentication code", "auth code", "2fa",
    "two-factor", "two factor", "mfa", "pin", "pin code", "activation code", "secret code", "temporary code", "temporary password", "magic code", "device code", "backup code", "recovery code", "reset code", "code to sign in", "code to log in", "unlock code", "pairing code",
    "codigo de verificacao", "codigo de seguranca", "codigo de acesso", "codigo de confirmacao", "codigo de autenticacao", "codigo de ativacao", "senha temporaria", "codigo de uso unico", "codigo unico", "codigo de login", "senha de uso unico",
    "codigo de verificacion", "codigo de seguridad", "codigo de acceso", "codigo de confirmacion", "codigo de autenticacion", "codigo de activacion", "clave temporal", "contrasena temporal", "clave de un solo uso", "clave dinamica", "codigo de un solo uso", "codigo de inicio de sesion",
    "code de verification", "code de confirmation", "code de securite", "usage unique", "code d'acces", "code d’acces", "code de connexion", "code d'activation", "code d’activation", "code secret", "code d'authentification", "code d’authentification", "code confidentiel", "code de validation", "code provisoire",
    "bestatigungscode", "verifizierungscode", "sicherheitscode", "einmalcode", "einmal-code", "anmeldecode", "zugangscode", "einmalpasswort", "einmalkennwort", "freischaltcode", "aktivierungscode", "mtan", "tan", "login-code", "prufcode", "anmelde-code", "einmal-passwort",
    "codice di verifica", "codice di sicurezza", "codice di conferma", "codice di accesso", "monouso", "codice di attivazione", "codice otp", "codice temporaneo",
    "verificatiecode", "bevestigingscode", "beveiligingscode", "inlogcode", "eenmalige", "toegangscode", "activatiecode", "pincode", "aanmeldcode",
    "kod weryfikacyjny", "kodu weryfikacyjnego", "kodem weryfikacyjnym", "kod potwierdzajacy", "kod bezpieczenstwa", "jednorazowy", "jednorazowe", "jednorazowego", "kod dostepu", "kod logowania", "kod aktywacyjny", "kod autoryzacyjny",
    "verifieringskod", "verifieringskoden", "engangskod", "engangskoden", "sakerhetskod", "sakerhetskoden", "bekraftelsekod", "inloggningskod", "inloggningskoden", "engangslosenord", "aktiveringskod", "atkomstkod",
    "verifikationskode", "engangskode", "bekreftelseskode", "bekraeftelseskode", "sikkerhetskode", "vahvistuskoodi", "kertakayttokoodi", "overovaci kod", "jednorazovy",
    "dogrulama kodu", "dogrulama kodunuz", "guvenlik kodu", "guvenlik kodunuz", "onay kodu", "onay kodunuz", "tek kullanimlik", "giris kodu", "giris kodunuz", "aktivasyon kodu", "sifreniz",
    "код подтверждения", "кода подтверждения", "проверочный код", "одноразовый", "одноразового", "код доступа", "код безопасности", "код для входа", "пин-код", "код активации", "код авторизации", "секретный код", "код проверки",
    "код підтвердження", "код перевірки", "одноразовий", "код безпеки", "код доступу", "код для входу", "код активації", "перевірочний код",
    "認証コード", "確認コード", "ワンタイム", "暗証番号", "検証コード", "セキュリティコード", "認証番号", "認証用コード", "ログインコード", "確認番号", "本人確認コード", "認証キー",
    "验证码", "驗證碼", "校验码", "动态码", "确认码", "安全码", "动态密码", "一次性", "認證碼", "認証碼", "登录码", "动态口令", "激活码",
    "인증번호", "인증 번호", "인증코드", "인증 코드", "확인 코드", "확인코드", "보안 코드", "보안코드", "일회용", "로그인 코드",
    "رمز التحقق", "رمز التاكيد", "كود التحقق", "رمز الامان", "رمز الدخول", "رمز لمرة واحدة", "كلمة مرور لمرة واحدة", "رمز التفعيل", "رمز المرور",
    "सत्यापन कोड", "ओटीपी", "κωδικος επαληθευσης", "ma xac minh", "ma xac thuc", "kode verifikasi", "kod pengesahan", "קוד אימות",
];

#[rustfmt::skip]
const WEAK: &[&str] = &[
    "code", "codes", "token", "password", "passkey", "digits", "enter", "codigo", "clave", "senha", "contrasena", "mot de passe", "codice",
    "kennwort", "passwort", "ziffern", "wachtwoord", "kod", "kodu", "kodem", "kody", "koden", "kode", "kodunuz", "kodunu", "kodunuzu", "sifre", "parola", "haslo", "losenord",
    "код", "кода", "коду", "кодом", "пароль", "コード", "パスコード", "パスワード", "密码", "密碼", "代码", "口令", "코드", "비밀번호",
    "رمز", "الرمز", "رمزك", "كود", "الكود", "कोड", "κωδικος", "קוד", "koodi", "كرمز", "برمز", "بالرمز", "كودك",
    "type in", "please type", "type", "digite", "introduza", "insira", "ingresa", "ingrese", "introduce", "introduzca", "saisissez", "saisir", "recopiez", "entrez", "inserisci", "inserire", "digita",
    "eingeben", "tippen", "vul", "voer", "wpisz", "podaj", "ange", "skriv in", "girin", "giriniz", "введите", "введіть", "入力", "数字", "输入", "輸入", "입력", "أدخل", "ادخل", "استخدم",
];

#[rustfmt::skip]
const OTHER: &[&str] = &[
    "order", "orders", "order code", "order number", "invoice", "receipt", "ticket", "case", "case id", "reference", "reference code", "ref", "booking", "booking code", "booking reference", "reservation", "reservation code", "confirmation number",
    "confirmation no", "customer", "customer number", "account", "account number", "member", "membership", "serial", "tracking", "tracking code", "tracking number", "shipment", "parcel", "package", "phone", "tel", "telephone", "mobile", "call", "call us", "fax", "zip", "zip code", "zipcode", "postal code", "postcode",
    "room", "suite", "apt", "unit", "flight", "gate", "seat", "promo code", "promocode", "promotion code", "promotional code", "discount code", "discount", "coupon", "coupon code", "voucher", "voucher code", "gift card", "gift code", "gift card code", "referral code", "referral", "invite code", "error code", "error", "status code", "exit code", "http", "version", "build", "issue", "pull request", "commit",
    "total", "amount", "price", "balance", "no.", "nr.", "nr", "no", "id", "isbn", "vat", "article", "sku", "product code", "item", "policy", "contract", "license", "licence", "street", "p.o. box", "po box", "box", "area code", "country code", "dress code", "source code", "qr code", "bar code", "barcode", "sort code", "swift code", "swift", "bic", "iban", "tax", "registration", "company number", "ext", "extension", "ending in", "ending with", "ends in", "copyright", "since", "©", "founded", "line", "lines", "page", "code of conduct", "code review", "use code", "with code",
    "pedido", "codigo do pedido", "codigo de rastreio", "codigo de rastreamento", "codigo postal", "codigo promocional", "codigo de descuento", "codigo de desconto", "cupom", "cupon", "fatura", "factura", "nota fiscal", "protocolo", "reserva", "codigo da reserva", "codigo de reserva", "localizador", "telefone", "telefono", "ligue", "llame", "cep", "cnpj", "nif", "c.p.", "cp", "numero", "n.º", "nº", "n°", "final", "terminada en", "terminado em", "terminada em", "seguimiento", "rastreio", "codigo de barras", "codigo de cliente", "codigo do cliente", "cliente", "conta", "cuenta", "apartado", "importe", "valor", "referencia", "codigo de referencia", "desde", "sala", "codigo de producto", "codigo do produto", "cvc", "envio", "matricula",
    "commande", "facture", "numero de commande", "code postal", "code promo", "code de reduction", "code promotionnel", "code de suivi", "code barre", "code client", "code de reservation", "suivi", "telephone", "appelez", "dossier", "reference client", "billet", "montant", "siret", "rcs", "tva", "depuis", "se terminant par", "colis", "chambre", "vol", "code produit", "code article", "bon de reduction",
    "bestellung", "bestellnummer", "bestell-nr", "rechnung", "rechnungsnummer", "kundennummer", "vorgangsnummer", "sendungsnummer", "auftragsnummer", "auftrag", "telefon", "postleitzahl", "plz", "gutscheincode", "gutschein-code", "gutschein", "rabattcode", "rabatt-code", "aktionscode", "buchungscode", "buchungsnummer", "hrb", "ust-id", "postfach", "endet auf", "endend auf", "betrag", "seit", "zimmer", "flug", "sendung", "ticketnummer", "fehlercode", "promo-code", "mitgliedsnummer", "vertragsnummer", "artikelnummer", "buchung", "strichcode", "quellcode", "qr-code", "aktenzeichen", "hotline",
    "ordine", "fattura", "numero d'ordine", "codice postale", "cap", "codice sconto", "codice promozionale", "codice fiscale", "codice cliente", "codice prenotazione", "codice di prenotazione", "prenotazione", "spedizione", "codice di tracciamento", "partita iva", "p.iva", "p. iva", "importo", "totale", "chiamaci", "che termina con", "codice ordine", "codice prodotto", "codice articolo", "dal", "pratica", "volo", "camera", "buono",
    "bestelling", "bestelnummer", "factuur", "factuurnummer", "klantnummer", "kortingscode", "actiecode", "telefoon", "bel", "kvk", "btw", "ordernummer", "eindigend op", "sinds", "zending", "boekingscode", "boeking", "trackingcode", "bedrag", "cadeaucode", "foutcode", "kamer", "vlucht",
    "zamowienie", "zamowienia", "faktura", "faktury", "numer", "kod rabatowy", "kod promocyjny", "kod pocztowy", "nip", "regon", "krs", "przesylka", "przesylki", "kwota", "zadzwon", "rezerwacja", "rezerwacji", "kod rezerwacji", "od roku", "kod produktu", "kod kreskowy", "kod bledu", "zgloszenie", "konczacej sie", "kod odbioru", "kod kuponu",
    "ordernr", "fakturanummer", "kundnummer", "rabattkod", "rabattkoden", "kampanjkod", "postnummer", "bokningsnummer", "bokning", "bokningskod", "bestallning", "bestallningsnummer", "ring", "org.nr", "org nr", "organisationsnummer", "arendenummer", "arende", "belopp", "felkod", "presentkort", "kolli-id", "spårningsnummer", "sparningsnummer", "rum", "sedan",
    "siparis", "siparis numarasi", "siparis numaraniz", "siparis no", "fatura no", "indirim kodu", "kupon kodu", "kupon", "hediye kodu", "takip kodu", "takip no", "kargo", "rezervasyon", "rezervasyon kodu", "posta kodu", "telefon numarasi", "musteri", "musteri no", "numarasi", "numarali", "tutar", "beri", "ile biten", "urun kodu", "hata kodu", "oda", "kampanya kodu", "promosyon kodu", "mersis",
    "заказ", "заказа", "номер", "номер заказа", "счет", "накладная", "трек-номер", "трек-код", "промокод", "код купона", "код товара", "почтовый индекс", "индекс", "телефон", "звоните", "инн", "огрн", "кпп", "квитанция", "код бронирования", "бронирования", "бронирование", "бронь", "сумма", "код ошибки", "с 1", "договор", "артикул", "рейс", "карта", "картой", "отправление", "заявка", "обращение", "сертификат", "штрихкод", "основана", "код заказа", "qr-код",
    "замовлення", "рахунок", "рахунку", "код товару", "поштовий індекс", "індекс", "промокоду", "ттн", "єдрпоу", "дзвоніть", "накладної", "сума", "код бронювання", "бронювання", "бронюванням", "звернення", "рейсу", "картки", "заявки", "код замовлення", "код помилки",
    "注文", "注文番号", "ご注文番号", "請求", "請求書", "請求書番号", "郵便番号", "電話", "電話番号", "お問い合わせ番号", "お問合せ番号", "クーポン", "クーポンコード", "割引コード", "プロモーションコード", "会員番号", "予約番号", "予約コード", "追跡番号", "伝票番号", "商品コード", "エラーコード", "qrコード", "受付番号", "お客様番号", "設立", "部屋", "便名", "金額", "合計", "ギフトコード", "キャンペーンコード", "紹介コード", "銀行コード",
    "订单", "订单号", "訂單", "訂單編號", "发票", "发票号", "邮编", "邮政编码", "电话", "電話號碼", "热线", "优惠码", "折扣码", "優惠碼", "兑换码", "快递单号", "运单号", "单号", "会员号", "二维码", "金额", "总计", "尾号", "取件码", "商品编号", "编号", "错误代码", "預約編號", "成立于", "邀请码", "客服", "航班", "证券代码", "股票代码", "折扣代码", "优惠代码",
    "주문", "주문번호", "주문 번호", "송장", "송장번호", "우편번호", "전화", "전화번호", "쿠폰", "쿠폰 코드", "쿠폰번호", "할인 코드", "할인코드", "예약", "예약번호", "예약 번호", "운송장", "운송장번호", "회원번호", "사업자등록번호", "금액", "합계", "고객센터", "오류 코드", "상품코드", "상품 코드", "고객번호", "접수번호", "설립", "프로모션 코드", "초대 코드", "객실",
    "طلب", "الطلب", "رقم الطلب", "فاتورة", "الفاتورة", "رقم الفاتورة", "هاتف", "الهاتف", "اتصل", "الرمز البريدي", "رمز الخصم", "كود الخصم", "كوبون", "قسيمة", "رقم التتبع", "رقم الشحنة", "الشحنة", "رقم الحجز", "الحجز", "رمز الحجز", "رقم العميل", "المبلغ", "منذ", "صندوق البريد", "ص.ب", "ص ب", "رقم الحساب", "السجل التجاري", "تذكرة", "رحلة", "غرفة", "رمز المنتج", "رقم",
];

/// Words that follow a number and make it a measure.
#[rustfmt::skip]
pub(super) const UNITS: &[&str] = &[
    "usd", "eur", "euro", "euros", "gbp", "brl", "chf", "sek", "nok", "dkk", "pln", "zl", "tl", "try", "rub", "uah", "jpy", "krw", "cny", "kr", "kr.", "lei", "kc", "ft", "dollars", "reais", "pesos", "yen", "won", "sar", "aed", "egp", "tr", "лв",
    "円", "元", "원", "руб", "руб.", "рублей", "₽", "грн", "грн.", "гривень", "ريال", "درهم", "جنيه", "دينار", "دولار",
    "min", "mins", "minutes", "minute", "minuten", "minutos", "minuti", "minuter", "minut", "minuty", "dakika", "минут", "мин", "хвилин", "хв", "分", "分钟", "分鐘", "분", "دقيقة", "دقائق",
    "hours", "hour", "stunden", "horas", "heures", "ore", "uur", "godzin", "timmar", "saat", "часов", "годин", "h", "hrs", "uhr", "days", "tage", "dias", "jours", "giorni", "dagen", "dni", "dagar", "gun", "дней", "днів", "seconds", "sekunden", "segundos", "secondes", "secondi",
    "km", "kg", "g", "mb", "gb", "kb", "kib", "mib", "ms", "px", "pt", "m", "m2", "kwh", "kcal", "cal", "steps", "schritte", "points", "punkte", "pontos", "puntos", "punti", "punten", "poang", "punktow", "puan", "баллов", "балів", "ポイント", "积分", "포인트", "نقطة", "miles", "milhas", "millas", "meilen", "users", "people", "members", "customers", "items", "likes", "views", "followers", "messages", "requests", "commits", "lines", "words", "years", "credits", "photos", "files", "bonus",
    "年", "月", "日", "年度", "時", "时", "号", "點", "点", "년", "월", "일", "시", "г.", "года", "год", "році", "року", "р.", "件", "名", "人", "个", "歩", "步",
    "st", "street", "ave", "avenue", "rue", "road", "rd",
];

/// Letters without case and accents, one for one, so that places stay the same.
pub(super) fn fold(c: char) -> char {
    let c = c.to_lowercase().next().unwrap_or(c);
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ę' | 'ě' | 'ė' => 'e',
        'ì'..='ï' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'ù'..='ü' | 'ů' | 'ű' => 'u',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ł' => 'l',
        'ř' => 'r',
        'ý' | 'ÿ' => 'y',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        'ά' => 'α',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ή' => 'η',
        'ί' => 'ι',
        'έ' => 'ε',
        'ώ' => 'ω',
        'ς' => 'σ',
        c => c,
    }
}

/// The tables in one, sorted once for all mails.
static WORDS: LazyLock<Words> = LazyLock::new(Words::sorted);

/// The tables in one, by first letter.
pub(super) struct Words {
    sorted: Vec<(Vec<char>, Sense)>,
}

impl Words {
    pub fn get() -> &'static Words {
        &WORDS
    }

    fn sorted() -> Words {
        let tables = [(STRONG, Sense::Strong), (WEAK, Sense::Weak), (OTHER, Sense::Other)];
        let all = tables.iter().flat_map(|(words, sense)| words.iter().map(|w| (*w, *sense)));
        let mut sorted: Vec<_> =
            all.map(|(word, sense)| (word.chars().map(fold).collect::<Vec<_>>(), sense)).collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        Words { sorted }
    }

    /// The words of a folded line, none within a longer one, from left to right.
    pub fn find(&self, line: &[char]) -> Vec<Word> {
        let mut found: Vec<Word> = Vec::new();
        let mut covered = 0;
        for at in 0..line.len() {
            // A piece of a path says nothing.
            if at > 0 && line[at - 1] == '/' {
                continue;
            }
            let is_inside = at > 0 && is_word(line[at - 1]) && is_word(line[at]);
            let begins = !is_inside || is_dense(line[at]) || is_dense(line[at - 1]);
            let longest = match begins {
                true => self.longest_at(line, at),
                false => compound(line, at),
            };
            let Some((length, sense)) = longest.filter(|(length, _)| at + length > covered) else {
                continue;
            };
            // A compound is what its end says, and reaches to its own beginning.
            covered = at + length;
            found.push(Word { start: at, end: covered, sense });
        }
        found
    }

    fn longest_at(&self, line: &[char], at: usize) -> Option<(usize, Sense)> {
        let rest = &line[at..];
        let first = rest[0];
        let from = self.sorted.partition_point(|(word, _)| word[0] < first);
        let here = self.sorted[from..].iter().take_while(|(word, _)| word[0] == first);
        let fits = here.filter(|(word, _)| {
            let last = word[word.len() - 1];
            let next = rest.get(word.len()).copied().unwrap_or(' ');
            let ends = !is_word(next) || !is_word(last) || is_dense(last) || is_dense(next);
            rest.starts_with(word) && (ends || next.is_ascii_digit())
        });
        fits.max_by_key(|(word, _)| word.len()).map(|(word, sense)| (word.len(), *sense))
    }
}

/// `…code` and `…kod` at the end of a longer word: a German, Dutch or Nordic compound.
fn compound(line: &[char], at: usize) -> Option<(usize, Sense)> {
    const ENDS: &[&str] = &["code", "codes", "kod", "koden", "kode", "koden:"];
    let rest = &line[at..];
    let fits = |end: &&&str| {
        let length = end.len();
        let is_over = !rest.get(length).is_some_and(|c| is_word(*c));
        is_over && rest.iter().copied().take(length).eq(end.chars())
    };
    ENDS.iter().find(fits).map(|end| (end.len(), Sense::Weak))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senses(text: &str) -> Vec<(String, Sense)> {
        let line: Vec<char> = text.chars().map(fold).collect();
        let found = Words::get().find(&line);
        found.into_iter().map(|w| (line[w.start..w.end].iter().collect(), w.sense)).collect()
    }

    #[test]
    fn the_longer_word_wins() {
        for (text, word, sense) in [
            ("Your security code", "security code", Sense::Strong),
            ("Use promo code", "promo code", Sense::Other),
            ("Código postal", "codigo postal", Sense::Other),
            ("Zugriffscode", "code", Sense::Weak),
            ("Rabattcode", "rabattcode", Sense::Other),
            ("您的验证码是", "验证码", Sense::Strong),
            ("Doğrulama kodunuz", "dogrulama kodunuz", Sense::Strong),
            ("أدخل الرمز", "الرمز", Sense::Weak),
        ] {
            let all = senses(text);
            assert!(all.contains(&(word.to_owned(), sense)), "{text}: {all:?}");
        }
        assert!(senses("decoded unicorn pins").is_empty(), "{:?}", senses("decoded unicorn pins"));
    }
}
