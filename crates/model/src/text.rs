//! A short text of fixed room: symbols, venue order ids, execution ids, reasons. Copies without allocating.

use bytemuck::{Pod, Zeroable};
use std::fmt;

/// At most `N` bytes of text, padded with zeros. The length ends at the first zero byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    pub const EMPTY: Text<N> = Text([0; N]);

    /// `None` if it is longer than the room, or holds a zero byte.
    pub fn new(text: &str) -> Option<Text<N>> {
        Self::from_bytes(text.as_bytes())
    }
    /// As [`Text::new`]; `None` too if the bytes are not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Option<Text<N>> {
        if bytes.len() > N || bytes.contains(&0) || std::str::from_utf8(bytes).is_err() {
            return None;
        }
        let mut room = [0; N];
        room[..bytes.len()].copy_from_slice(bytes);
        Some(Text(room))
    }
    /// As much of `text` as fits, cut at a character's edge: for messages meant for people.
    pub fn clipped(text: &str) -> Text<N> {
        let mut room = [0; N];
        let mut at = 0;
        for c in text.chars().filter(|&c| c != '\0') {
            if at + c.len_utf8() > N {
                break;
            }
            c.encode_utf8(&mut room[at..]);
            at += c.len_utf8();
        }
        Text(room)
    }
    pub fn as_bytes(&self) -> &[u8] {
        let n = self.0.iter().position(|&b| b == 0).unwrap_or(N);
        &self.0[..n]
    }
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or("\u{fffd}")
    }
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}
impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
