//! The transport's own share of the hot path, stage by stage, in user space.

use crate::clock::{self, Clock};
use crate::histogram::Histogram;
use crate::http::{HttpOptions, HttpWorker};
use crate::ws::{FrameReader, FrameWriter, Opcode, Role, Step, Utf8};
use std::hint::black_box;

/// A stage's name and its cost in ns, as the best of many batches.
pub type Stage = (&'static str, f64);

const BATCHES: usize = 200;
const BATCH: usize = 500;

fn best_of(name: &'static str, mut work: impl FnMut()) -> Stage {
    let clock = Clock::new();
    let batches = (0..BATCHES).map(|_| {
        let begun = clock::stamp();
        (0..BATCH).for_each(|_| work());
        clock.ticks_to_ns(clock::stamp() - begun)
    });
    (name, batches.min().unwrap_or(0) as f64 / BATCH as f64)
}

/// Takes one text message from a reader that holds its frame.
fn read_frame(reader: &mut FrameReader, frame: &[u8]) {
    reader.space()[..frame.len()].copy_from_slice(frame);
    reader.filled(frame.len());
    match reader.step() {
        Ok(Step::Text(span)) => {
            black_box(reader.payload(span));
        }
        other => unreachable!("a whole text frame stands in the reader, not {other:?}"),
    }
}

/// All stages. Reading includes the copy that stands in for `recv`, whose cost is given beside it.
pub fn stages() -> Vec<Stage> {
    let frame = FrameWriter::new(Role::Server).push(Opcode::Text, &[b'd'; 647]).to_vec();
    let mut target = vec![0u8; frame.len()];
    let mut unchecked = FrameReader::new(Role::Client, 1 << 20, Utf8::LeaveToDecoder);
    let mut checked = FrameReader::new(Role::Client, 1 << 20, Utf8::Check);
    let mut writer = FrameWriter::new(Role::Client);
    let mut histogram = Histogram::new();
    let clock = Clock::new();
    let mut sample = 1u64;
    let mut all = vec![
        best_of("ws.copy647", || black_box(&mut target).copy_from_slice(black_box(&frame))),
        best_of("ws.read647", || read_frame(&mut unchecked, black_box(&frame))),
        best_of("ws.read647.utf8", || read_frame(&mut checked, black_box(&frame))),
        best_of("ws.frame300", || {
            black_box(writer.begin());
            black_box(writer.finish(Opcode::Text, 300));
            writer.clear();
        }),
        best_of("clock.stamp", || {
            black_box(clock::stamp());
        }),
        best_of("clock.wall", || {
            black_box(clock.now_wall_ns());
        }),
        best_of("clock.ticks_to_ns", || {
            black_box(clock.ticks_to_ns(black_box(12345)));
        }),
        best_of("histogram.record", || {
            sample = sample.wrapping_mul(6364136223846793005).wrapping_add(1);
            histogram.record(black_box(sample >> 50));
        }),
    ];
    if let Ok(worker) = HttpWorker::start(HttpOptions::new("http://127.0.0.1:1")) {
        all.push(best_of("http.poll_empty", || {
            black_box(worker.poll());
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_stage_is_measured_once() {
        let stages = super::stages();
        assert_eq!(stages.len(), 9);
        for (name, ns) in &stages {
            assert!(*ns < 100_000.0 && stages.iter().filter(|(n, _)| n == name).count() == 1);
        }
    }
}
