//! Ids of messages and sessions: a UUIDv7 (RFC 9562, section 5.7) in base 62.
//! 22 characters always, digits before capitals before small letters, so that text order is time order.

use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 22; // 62^22 > 2^128

/// A new id, later in text order than every id this process made before.
pub fn new() -> String {
    encode(Uuid::now_v7().as_u128())
}

fn encode(mut n: u128) -> String {
    let mut out = [b'0'; LENGTH];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[(n % 62) as usize];
        n /= 62;
    }
    out.iter().map(|&b| b as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_22_characters_and_grow() {
        assert_eq!(encode(0), "0".repeat(22));
        assert_eq!(encode(u128::MAX).len(), 22);
        let ids: Vec<String> = (0..1000).map(|_| new()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert!(ids.iter().all(|id| id.len() == LENGTH));
    }
}
