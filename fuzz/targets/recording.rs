#![no_main]
//! Raw recordings: any file is read to its end, bad lines are counted, and a message is never longer than its file.

use libfuzzer_sys::fuzz_target;
use nanotick_runtime::recording::Recording;

fuzz_target!(|data: &[u8]| {
    let path = support::folder("recording").join("raw");
    std::fs::write(&path, data).expect("room in memory");
    let Ok(mut recording) = Recording::open(&[&path]) else { return };
    let mut lines = 0u64;
    while let Ok(Some(message)) = recording.next_message() {
        assert!(message.recv_ns >= 0);
        lines += 1;
        assert!(lines < 10_000_000, "it does not end");
    }
});
