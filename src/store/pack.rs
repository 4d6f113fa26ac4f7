//! Compression of what the store keeps (zstd, level 1). Contexts are kept and used again:
//! making one costs more than packing a small mail with it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use zstd::bulk::Compressor;

const LEVEL: i32 = 1;
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
    }
}
