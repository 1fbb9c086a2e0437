#![no_main]
//! WebSocket frames: any bytes, in any pieces, give the same steps; text that comes out is UTF-8.

use libfuzzer_sys::fuzz_target;
use nanotick_runtime::ws::{FrameReader, Role, Step, Utf8};

const MAX_MESSAGE: usize = 64 << 10;

/// Everything that a reader makes of the bytes, received in pieces of `piece` bytes.
fn steps(data: &[u8], role: Role, piece: usize) -> Vec<String> {
    let mut reader = FrameReader::new(role, MAX_MESSAGE, Utf8::Check);
    let mut out = Vec::new();
    for part in data.chunks(piece) {
        reader.push(part);
        loop {
            let step = match reader.step() {
                Ok(Step::Incomplete) => break,
                Ok(step) => step,
                Err(violation) => {
                    out.push(format!("{violation:?}"));
                    return out;
                }
            };
            let (name, span) = match step {
                Step::Text(span) => ("text", span),
                Step::Binary(span) => ("binary", span),
                Step::Ping(span) => ("ping", span),
                Step::Pong(span) => ("pong", span),
                Step::Close(span) => ("close", span),
                Step::Incomplete => break,
            };
            let payload = reader.payload(span).bytes();
            assert!(payload.len() <= MAX_MESSAGE);
            assert!(name != "text" || std::str::from_utf8(payload).is_ok());
            out.push(format!("{name} {payload:?}"));
        }
    }
    out
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, frames)) = data.split_first() else { return };
    let role = if first & 1 == 0 { Role::Client } else { Role::Server };
    let whole = steps(frames, role, frames.len().max(1));
    assert_eq!(whole, steps(frames, role, 1 + (first >> 1) as usize), "pieces change what is read");
});
