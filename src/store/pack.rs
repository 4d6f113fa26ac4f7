//! Compression of what the store keeps (zstd, level 1). Contexts are kept and used again:
//! making one costs more than packing a small mail with it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use zstd::bulk::Compressor;

const LEVEL: i32 = 1;
const WORTH_PACKING: usize = 2048;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// More contexts than this at the same time are made and thrown away.
const KEPT: usize = 8;

/// Packs bytes; cheap to clone.
#[derive(Clone, Default)]
pub struct Pack {
    idle: Arc<Mutex<Vec<Compressor<'static>>>>,
}

impl Pack {
    pub fn pack(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut compressor = match kept {
            Some(compressor) => compressor,
            None => Compressor::new(LEVEL)?,
        };
        let packed = compressor.compress(bytes);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A context grows with what it packed: one that saw a large mail is not worth its memory.
        if idle.len() < KEPT && bytes.len() <= 1024 * 1024 {
            idle.push(compressor);
        }
        packed
    }

    /// Packs text of ours if that pays: half the cost of a small pack is its tables.
    pub fn pack_large(&self, text: &str) -> io::Result<Vec<u8>> {
        if text.len() < WORTH_PACKING {
            Ok(text.as_bytes().to_vec())
        } else {
            self.pack(text.as_bytes())
        }
    }
}

/// Unpacks what [`Pack::pack_large`] made. Packed bytes begin with zstd's magic number (RFC 8878,
/// section 3.1.1), which is no beginning of a text.
pub fn unpack_if_packed(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if bytes.starts_with(&MAGIC) { unpack(&bytes) } else { Ok(bytes) }
}

/// Unpacks what [`Pack::pack`] made.
pub fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    zstd::stream::decode_all(packed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let pack = Pack::default();
        for bytes in [&b""[..], b"a", &[7; 100_000], &[0; 2_000_000]] {
            assert_eq!(unpack(&pack.pack(bytes).unwrap()).unwrap(), bytes);
        }
        for length in [0, 1, WORTH_PACKING - 1, WORTH_PACKING, 100_000] {
            let text = "{".repeat(length);
            let packed = pack.pack_large(&text).unwrap();
            assert_eq!(unpack_if_packed(packed).unwrap(), text.as_bytes());
        }
    }
}
