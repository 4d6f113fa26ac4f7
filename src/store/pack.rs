//! Compression of what the store keeps (zstd, level 1). Small mail is packed with a dictionary of
//! what mail commonly says (`dictionary/train.py` makes it): it comes out a tenth smaller, in half
//! the time, since half the cost of a small pack is its tables. Contexts are kept and used again:
//! making one costs more than packing a small mail with it.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::stream::read::Decoder;

const LEVEL: i32 = 1;
const WORTH_PACKING: usize = 2048;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// More contexts than this at the same time are made and thrown away.
const KEPT: usize = 8;
/// Beyond this a dictionary does not matter, and the context grows with what it packs.
const LARGE: usize = 128 * 1024;

/// Stores are written with it: it may be joined by others, and never be changed.
const DICTIONARY: &[u8] = include_bytes!("dictionary/1.zdict");
static PACKING: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static UNPACKING: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Packs bytes; cheap to clone.
#[derive(Clone, Default)]
pub struct Pack {
    idle: Arc<Mutex<Vec<Compressor<'static>>>>,
}

impl Pack {
    pub fn pack(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        if bytes.len() > LARGE {
            return zstd::bulk::compress(bytes, LEVEL);
        }
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut compressor = match kept {
            Some(compressor) => compressor,
            None => Compressor::with_prepared_dictionary(&PACKING)?,
        };
        let packed = compressor.compress(bytes);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(compressor);
        }
        packed
    }

    /// Packs text of ours if that pays: half the cost of a small pack is its tables.
    pub fn pack_large(&self, text: &[u8]) -> io::Result<Vec<u8>> {
        if text.len() < WORTH_PACKING { Ok(text.to_vec()) } else { self.pack(text) }
    }
}

/// Unpacks what [`Pack::pack_large`] made. Packed bytes begin with zstd's magic number (RFC 8878,
/// section 3.1.1), which is no beginning of a text.
pub fn unpack_if_packed(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if bytes.starts_with(&MAGIC) { unpack(&bytes) } else { Ok(bytes) }
}

thread_local! {
    /// A context for each thread that reads: making one costs as much as a small mail.
    static CONTEXT: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}
/// A length that a frame may claim before a byte of it was seen: a damaged one claims anything.
const BELIEVED: usize = 4 * 1024 * 1024;

/// Unpacks what [`Pack::pack`] made.
pub fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    match Decompressor::upper_bound(packed) {
        Some(length) if length <= BELIEVED => CONTEXT.with_borrow_mut(|context| {
            let context = match context {
                Some(context) => context,
                None => context.insert(Decompressor::with_prepared_dictionary(&UNPACKING)?),
            };
            context.decompress(packed, length)
        }),
        _ => unpack_in_pieces(packed),
    }
}

fn unpack_in_pieces(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Decoder::with_prepared_dictionary(packed, &UNPACKING)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_without_the_dictionary_comes_back() {
        for bytes in [&b""[..], b"Subject: Hello\r\n\r\n", &[7; 100_000]] {
            let packed = zstd::bulk::compress(bytes, LEVEL).unwrap();
            assert_eq!(unpack(&packed).unwrap(), bytes);
        }
    }

    #[test]
    fn a_small_mail_costs_little_room() {
        let mail = "From: Acme <info@example.com>\r\nTo: ana@example.com\r\nSubject: Welcome\r\n\
                    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n";
        let alone = zstd::bulk::compress(mail.as_bytes(), LEVEL).unwrap();
        let packed = Pack::default().pack(mail.as_bytes()).unwrap();
        assert!(packed.len() * 3 < alone.len() * 2, "{} and {}", packed.len(), alone.len());
    }

    #[test]
    fn what_is_packed_comes_back() {
        let pack = Pack::default();
        for bytes in [&b""[..], b"a", &[7; LARGE], &[7; LARGE + 1], &[0; 2_000_000]] {
            assert_eq!(unpack(&pack.pack(bytes).unwrap()).unwrap(), bytes);
        }
        for length in [0, 1, WORTH_PACKING - 1, WORTH_PACKING, 100_000] {
            let text = "{".repeat(length);
            let packed = pack.pack_large(text.as_bytes()).unwrap();
            assert_eq!(unpack_if_packed(packed).unwrap(), text.as_bytes());
        }
    }
}
