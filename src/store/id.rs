//! Ids of messages and sessions: a UUIDv7 (RFC 9562, section 5.7) in base 62.
//! 22 characters always, digits before capitals before small letters, so that text order is time order.

use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 22; // 62^22 > 2^128
const PIECE: u128 = 62_u128.pow(10);

/// A new id, later in text order than every id this process made before.
pub fn new() -> String {
    encode(Uuid::now_v7().as_u128())
}

fn encode(n: u128) -> String {
    let mut out = [b'0'; LENGTH];
    // In pieces of ten digits: dividing 64 bits is much faster than 128.
    let pieces = [n % PIECE, n / PIECE % PIECE, n / PIECE / PIECE];
    for (digits, piece) in out.rchunks_mut(10).zip(pieces) {
        let mut piece = piece as u64;
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[(piece % 62) as usize];
            piece /= 62;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_22_characters_and_grow() {
        assert_eq!(encode(0), "0".repeat(22));
        assert_eq!(encode(u128::MAX), "7n42DGM5Tflk9n8mt7Fhc7");
        assert_eq!(encode(62_u128.pow(11) + 61), "000000000010000000000z");
        let ids: Vec<String> = (0..1000).map(|_| new()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert!(ids.iter().all(|id| id.len() == LENGTH));
    }
}
