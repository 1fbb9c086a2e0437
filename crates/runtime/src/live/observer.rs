//! The live session's observer: it writes the journal and takes the stage stamps.

use crate::clock::{stamp, Clock};
use crate::histogram::Histogram;
use nanotick_engine::{Observer, Stage};
use nanotick_journal::{JournalError, Prepared, Retired, Writer};
use nanotick_model::record::{self, DeniedRec, EquityRec, Kind, LatencyRec};
use nanotick_model::{Command, Event, Text};
use std::sync::mpsc::{sync_channel, Receiver};

pub struct JournalObserver {
    writer: Writer,
    /// Wall time minus monotonic time, ns, at the session's start.
    wall_offset_ns: i64,
    /// A segment being made ready on a thread of its own, so that going on to it does not stop the engine.
    preparing: Option<Receiver<Result<Prepared, JournalError>>>,
    retired: Option<Retired>,
    /// The first failure. From then on nothing is written, and the driver sends nothing but cancels.
    failed: Option<JournalError>,
    last: u64,
    /// Ticks of the CPU counter spent in each stage of the message at hand.
    spent: [u64; Stage::ALL.len()],
    histograms: Box<[Histogram; Stage::ALL.len()]>,
}

impl JournalObserver {
    pub fn new(writer: Writer, clock: &Clock) -> JournalObserver {
        let now = stamp();
        JournalObserver {
            writer,
            wall_offset_ns: clock.wall_ns(now) - clock.mono_ns(now),
            preparing: None,
            retired: None,
            failed: None,
            last: now,
            spent: [0; Stage::ALL.len()],
            histograms: Box::new(std::array::from_fn(|_| Histogram::new())),
        }
    }

    /// A message was received at `received` (a counter stamp) and is now to be decoded.
    #[inline(always)]
    pub fn begin_message(&mut self, received: u64) {
        self.last = received;
        self.spent = [0; Stage::ALL.len()];
    }

    /// Marks the end of encoding; returns the stamp, which is when sending begins.
    #[inline(always)]
    pub fn encoded(&mut self) -> u64 {
        self.mark(Stage::Encode);
        self.last
    }

    /// Records what the message at hand took; `received` as in [`Self::begin_message`], `sent` when the send began.
    #[inline]
    pub fn end_message(&mut self, received: u64, send_began: u64, send_ended: u64, clock: &Clock) {
        self.spent[Stage::Total as usize] = send_began.wrapping_sub(received);
        self.spent[Stage::Send as usize] = send_ended.wrapping_sub(send_began);
        for (histogram, &ticks) in self.histograms.iter_mut().zip(&self.spent) {
            if ticks != 0 {
                histogram.record(clock.ticks_to_ns(ticks));
            }
        }
    }

    /// The journal's housekeeping, for the driver's cold moments.
    pub fn tend(&mut self) {
        if let Some(preparing) = &self.preparing {
            match preparing.try_recv() {
                Ok(Ok(next)) => self.retired = self.writer.accept(next),
                Ok(Err(error)) => {
                    self.fail(error);
                }
                Err(_) => return,
            }
            self.preparing = None;
        } else if self.writer.needs_next() && self.writer.is_half_full() && self.failed.is_none() {
            let (done, preparing) = sync_channel(1);
            let (preparer, retired) = (self.writer.preparer(), self.retired.take());
            // If no thread can be had, the append that fills the segment makes the next one itself.
            let started = std::thread::Builder::new().name("journal".into()).spawn(move || {
                drop(retired);
                let _ = done.send(preparer.prepare());
            });
            self.preparing = started.is_ok().then_some(preparing);
        }
    }

    pub fn failed(&self) -> Option<&JournalError> {
        self.failed.as_ref()
    }
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }
    pub fn histogram(&self, stage: Stage) -> &Histogram {
        &self.histograms[stage as usize]
    }

    /// Writes each stage's summary, for reports and the status line.
    pub fn write_latency(&mut self, now_ns: i64) {
        for stage in Stage::ALL {
            let h = &self.histograms[stage as usize];
            if h.count() == 0 {
                continue;
            }
            let record = LatencyRec {
                stage: Text::clipped(stage.name()),
                count: h.count(),
                min_ns: h.min(),
                p50_ns: h.quantile(0.5),
                p90_ns: h.quantile(0.9),
                p99_ns: h.quantile(0.99),
                p999_ns: h.quantile(0.999),
                max_ns: h.max(),
            };
            self.append(Kind::Latency, now_ns, bytemuck::bytes_of(&record));
        }
    }

    #[inline]
    fn append(&mut self, kind: Kind, wall_ns: i64, payload: &[u8]) -> u64 {
        if self.failed.is_some() {
            return 0;
        }
        match self.writer.append(kind as u16, wall_ns - self.wall_offset_ns, wall_ns, payload) {
            Ok(seq) => seq,
            Err(error) => self.fail(error),
        }
    }

    #[cold]
    fn fail(&mut self, error: JournalError) -> u64 {
        self.failed = Some(error);
        0
    }
}

impl Observer for JournalObserver {
    #[inline]
    fn event(&mut self, event: &Event<'_>) -> u64 {
        let at = stamp();
        self.spent[Stage::Decode as usize] += at.wrapping_sub(self.last);
        self.last = at;
        if self.failed.is_some() {
            return 0;
        }
        let mono_ns = event.recv_ns - self.wall_offset_ns;
        match self.writer.reserve(record::event_len_bound(event)) {
            Ok(room) => {
                let (kind, len) = record::encode_event(event, room);
                self.writer.commit(kind as u16, mono_ns, event.recv_ns, len)
            }
            Err(error) => self.fail(error),
        }
    }

    #[inline]
    fn command(&mut self, now_ns: i64, command: &Command) {
        let mut room = [0u8; 64];
        let (kind, len) = record::encode_command(command, &mut room);
        self.append(kind, now_ns, &room[..len]);
    }

    fn denied(&mut self, record: &DeniedRec) {
        self.append(Kind::Denied, record.recv_ns, bytemuck::bytes_of(record));
    }
    fn equity(&mut self, record: &EquityRec) {
        self.append(Kind::Equity, record.recv_ns, bytemuck::bytes_of(record));
    }
    fn note(&mut self, kind: Kind, now_ns: i64, json: &str) {
        self.append(kind, now_ns, json.as_bytes());
    }

    #[inline(always)]
    fn mark(&mut self, stage: Stage) {
        let at = stamp();
        self.spent[stage as usize] += at.wrapping_sub(self.last);
        self.last = at;
    }
}
