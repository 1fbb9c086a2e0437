//! The general parser: any JSON that means what the protocol says, whatever its order, spacing and unknown keys.
//!
//! It is serde's, with one struct per message. Here are only the pieces that venues' messages need beside it:
//! numbers that may be quoted, texts that stay text until a grid reads them, and errors that point at a byte.

use crate::client::BadMessage;
use nanotick_model::Grid;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

pub use serde_json::value::RawValue;

/// Parses the whole of `text`. Repeated keys, trailing bytes, bad UTF-8 and missing keys are errors.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, BadMessage> {
    serde_json::from_slice(text).map_err(|error| BadMessage {
        why: match error.classify() {
            serde_json::error::Category::Data => "JSON of another shape than expected",
            serde_json::error::Category::Eof => "JSON that ends too early",
            _ => "not JSON",
        },
        at: offset(text, error.line(), error.column()),
    })
}

/// As [`parse`], for a value that was left raw.
pub fn parse_raw<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, BadMessage> {
    parse(raw.get().as_bytes())
}

/// serde_json speaks of lines and columns from 1; venues' messages mostly have one line.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let before =
        text.split_inclusive(|&b| b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum::<usize>();
    (before + column.saturating_sub(1)).min(text.len())
}

/// A text, borrowed unless it holds escapes. `null` reads as the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Str<'a>, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or null")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Str<'de>, E> {
                Ok(Str::default())
            }
        }
        deserializer.deserialize_any(StrVisitor)
    }
}

impl Str<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The text as whole steps of `grid`; `None` if it is not a plain, non-negative decimal on it.
    pub fn steps(&self, grid: &Grid) -> Option<i64> {
        grid.parse_bytes(self.as_bytes()).ok()
    }
}

/// An unsigned integer, written bare or in quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Int(pub u64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Int, D::Error> {
        struct IntVisitor;
        impl Visitor<'_> for IntVisitor {
            type Value = Int;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an unsigned integer, bare or in quotes")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Int, E> {
                Ok(Int(value))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Int, E> {
                let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                match text.parse() {
                    Ok(value) if plain => Ok(Int(value)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(IntVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    struct Message<'a> {
        id: Int,
        #[serde(borrow)]
        px: Str<'a>,
    }

    #[test]
    fn what_means_the_same_reads_the_same() {
        for text in [
            r#"{"id":7,"px":"1.5"}"#,
            r#" { "px" : "1.5" , "more" : [1e999, {"x":null}], "id" : "7" } "#,
            r#"{"\u0069d":7,"px":"\u0031.5"}"#,
        ] {
            let message: Message = parse(text.as_bytes()).unwrap();
            assert_eq!((message.id, message.px.as_str()), (Int(7), "1.5"), "{text}");
            assert_eq!(message.px.steps(&Grid::new("0.5").unwrap()), Some(3));
        }
    }

    #[test]
    fn hostile_texts_are_errors() {
        let digits = "9".repeat(400);
        let long = format!(r#"{{"id":{digits},"px":"1"}}"#);
        let nested = "[".repeat(100_000);
        for text in [
            r#"{"id":7,"id":7,"px":"1"}"#,
            r#"{"id":-7,"px":"1"}"#,
            r#"{"id":7.0,"px":"1"}"#,
            r#"{"id":NaN,"px":"1"}"#,
            r#"{"id":"","px":"1"}"#,
            r#"{"id":"+7","px":"1"}"#,
            r#"{"id":7,"px":1.5}"#,
            r#"{"id":7,"px":"1"}}"#,
            r#"{"id":7}"#,
            r#"{"id":7,"px":"#,
            &long,
            &nested,
        ] {
            assert!(parse::<Message>(text.as_bytes()).is_err(), "{text:.60}");
        }
        assert!(parse::<Message>(b"{\"id\":7,\"px\":\"\xff\"}").is_err());
        let price = Str(Cow::Owned(digits));
        assert_eq!(price.steps(&Grid::new("0.1").unwrap()), None);
    }

    #[test]
    fn an_error_says_where() {
        let error = parse::<Message>(b"{\"id\":7,\n \"px\":!}").unwrap_err();
        assert_eq!((error.why, error.at), ("not JSON", 15));
    }
}
