#![no_main]
//! Journal payloads: any bytes under any kind are answered, and what decodes encodes to what decodes the same.

use libfuzzer_sys::fuzz_target;
use nanotick_model::record::{
    decode_command, decode_event, encode_command, encode_event, event_len_bound, Kind,
};

fuzz_target!(|data: &[u8]| {
    let Some((&first, payload)) = data.split_first() else { return };
    let kind = Kind::ALL[first as usize % Kind::ALL.len()];
    let (mut levels, mut again) = (Vec::new(), Vec::new());
    if let Ok(event) = decode_event(kind, payload, &mut levels) {
        let mut out = vec![0; event_len_bound(&event)];
        let (same_kind, n) = encode_event(&event, &mut out);
        assert_eq!(same_kind, kind);
        let back = decode_event(kind, &out[..n], &mut again).expect("what was encoded decodes");
        assert_eq!(format!("{back:?}"), format!("{event:?}"));
    }
    if let Ok(command) = decode_command(kind, payload) {
        let mut out = [0; 64];
        let (same_kind, n) = encode_command(&command, &mut out);
        assert_eq!((same_kind, decode_command(kind, &out[..n])), (kind, Ok(command)));
    }
});
