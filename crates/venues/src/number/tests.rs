//! The kernels against each other and against tables.

use super::*;
use proptest::prelude::*;

/// The kernels read `REACH` bytes whatever they find, so every test text gets room behind it.
fn with_room(text: &str, room: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(text.len() + REACH, room);
    bytes
}

fn simd_decimal(text: &str, room: u8) -> Option<(Digits, usize)> {
    // SAFETY: REACH bytes of room follow.
    unsafe { decimal(with_room(text, room).as_ptr()) }
}

#[test]
fn decimals_are_read_or_refused() {
    let digits = |value, tail, len| Some((Digits { value, tail }, len));
    let cases: &[(&str, Option<(Digits, usize)>)] = &[
        ("97000.10\"", digits(9_700_010, 3, 8)),
        ("0\"", digits(0, 0, 1)),
        ("0.001\"x", digits(1, 4, 5)),
        ("123456789012345\"", digits(123_456_789_012_345, 0, 15)),
        ("123456.12345678\"", digits(12_345_612_345_678, 9, 15)),
        ("007\"", digits(7, 0, 3)),
        ("\"", None),
        (".5\"", None),
        ("5.\"", None),
        (".\"", None),
        ("1.2.3\"", None),
        ("-5\"", None),
        ("+5\"", None),
        ("1e5\"", None),
        ("NaN\"", None),
        (" 5\"", None),
        ("5,\"", None),
        ("1_0\"", None),
        ("12/4\"", None),
        ("12:4\"", None),
        ("1\u{ff11}\"", None),
    ];
    for (text, want) in cases {
        assert_eq!(scalar::decimal(text.as_bytes()), *want, "scalar {text:?}");
        if cfg!(target_feature = "sse4.1") {
            for room in [0, b'0', b'.', b'"', 0xff] {
                assert_eq!(simd_decimal(text, room), *want, "simd {text:?} then {room}");
            }
        }
    }
    assert_eq!(scalar::decimal(b"12345678901234567.8\""), digits(123_456_789_012_345_678, 2, 19));
    assert_eq!(scalar::decimal(b"1234567890123456789\""), None, "19 digits");
    assert_eq!(scalar::decimal(b"12345"), None, "no end");
    assert_eq!(scalar::decimal(&[b'9'; 400]), None);
}

#[test]
fn integers_are_json_integers() {
    let cases: &[(&str, Option<(u64, usize)>)] = &[
        ("0,", Some((0, 1))),
        ("1687940967466,", Some((1_687_940_967_466, 13))),
        ("7}", Some((7, 1))),
        ("007,", None),
        (",", None),
        ("-1,", None),
    ];
    for (text, want) in cases {
        assert_eq!(scalar::integer(text.as_bytes()), *want, "scalar {text:?}");
        if cfg!(target_feature = "sse4.1") {
            let room = with_room(text, b'9');
            // SAFETY: REACH bytes of room follow.
            assert_eq!(unsafe { integer(room.as_ptr()) }, *want, "simd {text:?}");
        }
    }
    assert_eq!(scalar::integer(b"18446744073709551615,"), Some((u64::MAX, 20)));
    assert_eq!(scalar::integer(b"18446744073709551616,"), None, "2^64");
}

proptest! {
    #[test]
    fn the_simd_decimal_agrees_with_the_scalar_one(text in "[0-9.\"eE+, -]{0,20}|[0-9]{1,9}\\.[0-9]{1,9}\"|[0-9]{1,18}\"", room: u8) {
        if let Some(found) = simd_decimal(&text, room) {
            prop_assert_eq!(Some(found), scalar::decimal(&with_room(&text, room)));
        } else if cfg!(target_feature = "sse4.1") {
            // What it leaves to the scalar kernel is either no number or a long one.
            let scalar = scalar::decimal(&with_room(&text, room));
            prop_assert!(scalar.is_none_or(|(_, len)| len > 15), "{:?}", scalar);
        }
    }

    #[test]
    fn the_simd_level_agrees_with_the_scalar_one(
        text in "\\[\"[0-9]{1,9}(\\.[0-9]{1,9})?\",\"[0-9]{1,9}(\\.[0-9]{1,9})?\"\\]|\\[\"[0-9.]{0,9}\",\"[0-9.e]{0,9}\"\\]|[\\[\"0-9.,\\]]{0,30}",
        room: u8,
    ) {
        let bytes = with_room(&text, room);
        // SAFETY: REACH bytes of room follow.
        let simd = unsafe { level(bytes.as_ptr()) };
        let scalar = scalar::level(&bytes);
        match simd {
            Some(_) => prop_assert_eq!(simd, scalar),
            None if cfg!(target_feature = "sse4.1") => prop_assert!(scalar.is_none_or(|l| l.len > 33 || long_number(&text))),
            None => {}
        }
    }

    #[test]
    fn integers_survive_their_text(value: u64) {
        let mut out = [0; 20];
        let n = write_u64(value, &mut out);
        let want = value.to_string();
        prop_assert_eq!(&out[..n], want.as_bytes());
        let text = with_room(&format!("{value},"), b'0');
        prop_assert_eq!(scalar::integer(&text), Some((value, n)));
        // SAFETY: REACH bytes of room follow.
        if let Some(found) = unsafe { integer(text.as_ptr()) } {
            prop_assert_eq!(found, (value, n));
        }
    }
}

fn long_number(level: &str) -> bool {
    level.split('"').any(|part| part.len() > 16)
}
