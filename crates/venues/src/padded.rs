//! Message bytes that a SIMD decoder may read past.

/// Bytes that are readable behind the end of a [`Padded`] message.
pub const PADDING: usize = 64;

/// A message in a buffer with at least [`PADDING`] readable bytes behind it, so that a decoder may load 16 or 32
/// bytes at any position of the message without a length check. What stands in the padding is arbitrary.
#[derive(Clone, Copy)]
pub struct Padded<'a> {
    buffer: &'a [u8],
    len: usize,
}

impl<'a> Padded<'a> {
    /// The first `len` bytes of `buffer`; `None` if fewer than [`PADDING`] bytes lie behind them.
    #[inline(always)]
    pub fn new(buffer: &'a [u8], len: usize) -> Option<Padded<'a>> {
        (buffer.len() >= len + PADDING).then_some(Padded { buffer, len })
    }
    /// The message itself.
    #[inline(always)]
    pub fn bytes(&self) -> &'a [u8] {
        &self.buffer[..self.len]
    }
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    #[inline(always)]
    pub fn as_ptr(&self) -> *const u8 {
        self.buffer.as_ptr()
    }
}

/// Copies `message` into `buffer` with padding behind it; for tests and for messages off the hot path.
pub fn padded<'a>(message: &[u8], buffer: &'a mut Vec<u8>) -> Padded<'a> {
    buffer.clear();
    buffer.extend_from_slice(message);
    buffer.resize(message.len() + PADDING, 0);
    Padded { buffer, len: message.len() }
}
