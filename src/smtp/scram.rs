//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677): messages read and
//! written, and the proof. Names and passwords are not prepared by SASLprep.

use std::fmt;
use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::{hmac, pbkdf2};

use super::tls::Bindings;

/// What the server keeps of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub salt: Vec<u8>,
    pub rounds: u32,
    pub stored: Vec<u8>,
    pub server: Vec<u8>,
}

impl Keys {
    /// Takes long, by the number of rounds.
    pub fn of(password: &str, salt: Vec<u8>, rounds: u32) -> Keys {
        let mut salted = [0; 32];
        let count = NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, count, &salt, password.as_bytes(), &mut salted);
        let client = sign(&salted, b"Client Key");
        let stored = digest(&SHA256, &client).as_ref().to_vec();
        Keys { salt, rounds, stored, server: sign(&salted, b"Server Key") }
    }

    /// `ROUNDS:SALT$STORED:SERVER`
    pub fn parse(text: &str) -> Option<Keys> {
        let (head, keys) = text.split_once('$')?;
        let (rounds, salt) = head.split_once(':')?;
        let (stored, server) = keys.split_once(':')?;
        let key = |text: &str| STANDARD.decode(text).ok().filter(|key| key.len() == 32);
        Some(Keys {
            rounds: rounds.parse().ok()?,
            salt: STANDARD.decode(salt).ok().filter(|salt| !salt.is_empty())?,
            stored: key(stored)?,
            server: key(server)?,
        })
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [salt, stored, server] =
            [&self.salt, &self.stored, &self.server].map(|bytes| STANDARD.encode(bytes));
        write!(f, "{}:{salt}${stored}:{server}", self.rounds)
    }
}

/// Why a message of the client is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Malformed,
    /// The client thinks that there is no channel binding, and there is: somebody took it away.
    Downgraded,
    /// It binds to another channel, or in a way that is not known here.
    Binding,
}

/// The client's first message.
#[derive(Clone, PartialEq, Eq)]
pub struct First {
    pub user: String,
    bare: String,
    nonce: String,
    /// What its final message must have for the channel, base64.
    channel: String,
}

impl First {
    /// `plus`: the mechanism is SCRAM-SHA-256-PLUS. `bindings` are there under TLS.
    pub fn parse(text: &str, plus: bool, bindings: Option<&Bindings>) -> Result<First, Wrong> {
        let mut fields = text.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(bare)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(Wrong::Malformed);
        };
        if !authzid.is_empty() && !authzid.starts_with("a=") {
            return Err(Wrong::Malformed);
        }
        let data = match (flag, bindings) {
            ("y", Some(_)) => return Err(Wrong::Downgraded),
            ("n" | "y", _) if !plus => &[][..],
            (flag, Some(bindings)) if plus && flag.starts_with("p=") => {
                bound(&flag[2..], bindings).ok_or(Wrong::Binding)?
            }
            _ => return Err(Wrong::Malformed),
        };
        let mut channel = format!("{flag},{authzid},").into_bytes();
        channel.extend_from_slice(data);
        let mut fields = bare.split(',');
        // RFC 5802, section 5.1: `m=` in front would be an extension that must be understood.
        let user =
            fields.next().and_then(|field| field.strip_prefix("n=")).ok_or(Wrong::Malformed)?;
        let nonce =
            fields.next().and_then(|field| field.strip_prefix("r=")).ok_or(Wrong::Malformed)?;
        if nonce.is_empty() || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Wrong::Malformed);
        }
        Ok(First {
            user: name(user).ok_or(Wrong::Malformed)?,
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
            channel: STANDARD.encode(channel),
        })
    }

    /// The server's first message, and what the client's final one is held against.
    pub fn answer(&self, nonce: &str, salt: &[u8], rounds: u32) -> (String, Awaited) {
        let nonce = format!("{}{nonce}", self.nonce);
        let message = format!("r={nonce},s={},i={rounds}", STANDARD.encode(salt));
        let said = format!("{},{message}", self.bare);
        let awaited =
            Awaited { user: self.user.clone(), said, nonce, channel: self.channel.clone() };
        (message, awaited)
    }
}

/// RFC 5802, section 5.1: `=2C` is a comma, `=3D` an equals sign, and nothing else follows one.
fn name(text: &str) -> Option<String> {
    let mut pieces = text.split('=');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let (letter, rest) = match piece.split_at_checked(2)? {
            ("2C", rest) => (',', rest),
            ("3D", rest) => ('=', rest),
            _ => return None,
        };
        name.push(letter);
        name.push_str(rest);
    }
    (!name.is_empty()).then_some(name)
}

fn bound<'a>(kind: &str, bindings: &'a Bindings) -> Option<&'a [u8]> {
    match kind {
        "tls-exporter" => bindings.exporter.as_ref().map(<[u8; 32]>::as_slice),
        "tls-server-end-point" => Some(&bindings.end_point),
        _ => None,
    }
}

/// The exchange before the client's final message.
#[derive(Clone, PartialEq, Eq)]
pub struct Awaited {
    pub user: String,
    said: String,
    nonce: String,
    channel: String,
}

impl Awaited {
    pub fn parse_final(&self, text: &str) -> Result<Proof, Wrong> {
        let (without, proof) = text.rsplit_once(",p=").ok_or(Wrong::Malformed)?;
        let mut fields = without.split(',');
        let channel = fields.next().and_then(|field| field.strip_prefix("c="));
        let nonce = fields.next().and_then(|field| field.strip_prefix("r="));
        let (Some(channel), Some(nonce)) = (channel, nonce) else { return Err(Wrong::Malformed) };
        if channel != self.channel {
            return Err(Wrong::Binding);
        }
        let proof = STANDARD.decode(proof).ok().filter(|proof| proof.len() == 32);
        match proof {
            Some(proof) if nonce == self.nonce => {
                Ok(Proof { said: format!("{},{without}", self.said), proof })
            }
            _ => Err(Wrong::Malformed),
        }
    }
}

/// That the client knows the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    said: String,
    proof: Vec<u8>,
}

impl Proof {
    /// The server's final message, if the proof is right.
    pub fn check(&self, keys: &Keys) -> Option<String> {
        let signature = sign(&keys.stored, self.said.as_bytes());
        let client: Vec<u8> = self.proof.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        same(digest(&SHA256, &client).as_ref(), &keys.stored)
            .then(|| format!("v={}", STANDARD.encode(sign(&keys.server, self.said.as_bytes()))))
    }
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// Compares without telling by its time where two differ: by their signatures under one key.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[]);
    hmac::verify(&key, left, hmac::sign(&key, right).as_ref()).is_ok()
}

macro_rules! hidden {
    ($($kind:ty),*) => {$(
        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("********")
            }
        }
    )*};
}
hidden!(Keys, First, Awaited, Proof);

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7677, section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap_or_default();
        let first = First::parse("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false, None);
        let first = first.unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(first.user, "user");
        let (message, awaited) = first.answer("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", &salt, 4096);
        assert_eq!(
            message,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let said = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                    p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let proof = awaited.parse_final(said).unwrap_or_else(|e| panic!("{e:?}"));
        let keys = Keys::of("pencil", salt.clone(), 4096);
        let signature = proof.check(&keys);
        assert_eq!(signature.as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert_eq!(proof.check(&Keys::of("pencils", salt, 4096)), None);
        assert_eq!(Keys::parse(&keys.to_string()).as_ref(), Some(&keys));
    }

    #[test]
    fn first_messages() {
        let bindings = Bindings { exporter: Some([7; 32]), end_point: vec![1, 2] };
        let parse = |text, plus, tls: bool| First::parse(text, plus, tls.then_some(&bindings));
        let is = |text, plus, tls, wrong| assert_eq!(parse(text, plus, tls).err(), wrong, "{text}");
        is("n,,n=a,r=b", false, true, None);
        is("n,a=x,n=a,r=b,x=y", false, false, None);
        is("y,,n=a,r=b", false, false, None);
        is("y,,n=a,r=b", false, true, Some(Wrong::Downgraded));
        is("p=tls-exporter,,n=a,r=b", true, true, None);
        is("p=tls-server-end-point,,n=a,r=b", true, true, None);
        is("p=tls-unique,,n=a,r=b", true, true, Some(Wrong::Binding));
        for text in [
            "",
            "n",
            "n,,",
            "n,,n=a",
            "n,,r=b",
            "n,,n=,r=b",
            "n,,n=a,r=",
            "x,,n=a,r=b",
            "n,b=c,n=a,r=b",
            "n,,m=x,n=a,r=b",
            "n,,n=a=20,r=b",
            "p=tls-exporter,,n=a,r=b",
        ] {
            is(text, false, false, Some(Wrong::Malformed));
        }
        is("n,,n=a,r=b", true, true, Some(Wrong::Malformed));
        assert_eq!(
            parse("n,,n=a=2Cb=3Dc,r=b", false, false).map(|f| f.user),
            Ok("a,b=c".to_owned())
        );
    }

    #[test]
    fn final_messages() {
        let first = First::parse("n,,n=a,r=b", false, None).unwrap_or_else(|e| panic!("{e:?}"));
        let (_, awaited) = first.answer("c", b"salt", 1);
        let proof = STANDARD.encode([0; 32]);
        assert!(awaited.parse_final(&format!("c=biws,r=bc,p={proof}")).is_ok());
        let is =
            |text: &str, wrong| assert_eq!(awaited.parse_final(text).err(), Some(wrong), "{text}");
        is(&format!("c=eSws,r=bc,p={proof}"), Wrong::Binding);
        is(&format!("c=biws,r=b,p={proof}"), Wrong::Malformed);
        is("c=biws,r=bc,p=AAAA", Wrong::Malformed);
        is("c=biws,r=bc", Wrong::Malformed);
        is("", Wrong::Malformed);
    }
}
