//! Runs a session again from its journal: the recorded inputs go in, and every output must come out the same,
//! byte for byte and in the same place.

use crate::session::SessionConfig;
use nanotick_engine::{Engine, Host, Observer};
use nanotick_journal::{JournalError, Reader};
use nanotick_model::record::{self, DeniedRec, EquityRec, Kind};
use nanotick_model::{Command, Event};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::Path;

/// What a replay found.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    /// Every output came out the same and the final state hash is the recorded one.
    pub verified: bool,
    pub events: u64,
    pub commands: u64,
    /// Where the replay parts from the journal, if it does.
    pub first_difference: Option<Difference>,
    pub state_hash: String,
    /// Whether the session had ended in good order.
    pub ended: bool,
    /// The event whose callback did not finish, because the clock or the end of the process cut it off. What it did
    /// depends on the moment, so that it and all behind it was not compared.
    pub cut_off: Option<u64>,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Difference {
    pub seq: u64,
    /// What the journal holds there.
    pub journal: String,
    /// What the engine did.
    pub replay: String,
}

/// Collects what the engine puts out, in order.
#[derive(Default)]
struct Produced {
    seq: u64,
    outputs: VecDeque<(Kind, Vec<u8>)>,
}

impl Observer for Produced {
    fn event(&mut self, _: &Event<'_>) -> u64 {
        self.seq
    }
    fn command(&mut self, _: i64, command: &Command) {
        let mut room = [0u8; 64];
        let (kind, len) = record::encode_command(command, &mut room);
        self.outputs.push_back((kind, room[..len].to_vec()));
    }
    fn denied(&mut self, record: &DeniedRec) {
        self.outputs.push_back((Kind::Denied, bytemuck::bytes_of(record).to_vec()));
    }
    fn equity(&mut self, record: &EquityRec) {
        self.outputs.push_back((Kind::Equity, bytemuck::bytes_of(record).to_vec()));
    }
    fn note(&mut self, kind: Kind, _: i64, json: &str) {
        if is_output(kind) {
            self.outputs.push_back((kind, json.as_bytes().to_vec()));
        }
    }
}

/// Kinds that the engine itself writes, as against facts that the driver adds.
fn is_output(kind: Kind) -> bool {
    kind.is_command() || matches!(kind, Kind::Denied | Kind::Equity | Kind::Halt)
}

/// Replays `journal` through a fresh engine of the same configuration and strategy, up to record `until` if given.
pub fn replay<H: Host>(
    journal: &Path,
    engine: &mut Engine<H>,
    until: Option<u64>,
) -> Result<ReplayReport, JournalError> {
    let Extent { cut_off, ended } = extent(journal)?;
    let mut reader = Reader::open(journal)?;
    let mut produced = Produced::default();
    let mut levels = Vec::new();
    let (mut events, mut commands) = (0, 0);
    let mut difference = None;
    let mut recorded_hash = None;
    while let Some(found) = reader.next()? {
        if difference.is_some() || cut_off.is_some_and(|at| found.seq >= at) {
            break;
        }
        if until.is_some_and(|until| found.seq > until) {
            // What the last event caused may stand behind the end.
            produced.outputs.clear();
            break;
        }
        let Some(kind) = Kind::from_u16(found.kind) else { continue };
        if kind.is_event() {
            difference = extra(&mut produced, found.seq);
            match record::decode_event(kind, found.payload, &mut levels) {
                Ok(event) => {
                    produced.seq = found.seq;
                    engine.process(&event, &mut produced);
                    engine.clear_commands();
                    events += 1;
                }
                Err(bad) => {
                    let journal = format!("an unreadable {} record: {}", kind.name(), bad.why);
                    difference = Some(Difference { seq: found.seq, journal, replay: String::new() });
                }
            }
        } else if is_output(kind) {
            commands += kind.is_command() as u64;
            let again = produced.outputs.pop_front();
            if again.as_ref().map(|(k, bytes)| (*k, &bytes[..])) != Some((kind, found.payload)) {
                difference = Some(Difference {
                    seq: found.seq,
                    journal: describe(kind, found.payload),
                    replay: again.map_or_else(|| "nothing".into(), |(k, bytes)| describe(k, &bytes)),
                });
            }
        } else if kind == Kind::SessionEnd {
            recorded_hash = state_hash_in(found.payload);
        }
    }
    let last = produced.seq;
    difference = difference.or_else(|| extra(&mut produced, last));
    let state_hash = format!("{:016x}", engine.state_hash());
    if let (None, Some(recorded)) = (&difference, &recorded_hash) {
        if *recorded != state_hash {
            let journal = format!("state hash {recorded}");
            let replay = format!("state hash {state_hash}");
            difference = Some(Difference { seq: produced.seq, journal, replay });
        }
    }
    Ok(ReplayReport {
        verified: difference.is_none(),
        events,
        commands,
        first_difference: difference,
        state_hash,
        ended,
        cut_off,
    })
}

/// How far a journal can be compared.
#[derive(Default)]
struct Extent {
    cut_off: Option<u64>,
    ended: bool,
}

/// Looks for the first event whose outputs do not follow from it alone: its callback was interrupted by the clock, or
/// it is the last one of a journal that ends in the middle of a session.
fn extent(journal: &Path) -> Result<Extent, JournalError> {
    let mut reader = Reader::open(journal)?;
    let (mut extent, mut last_event) = (Extent::default(), None);
    while let Some(found) = reader.next()? {
        match Kind::from_u16(found.kind) {
            Some(kind) if kind.is_event() => last_event = Some(found.seq),
            Some(Kind::SessionEnd) => extent.ended = true,
            Some(Kind::Halt) if is_timed_out(found.payload) => extent.cut_off = extent.cut_off.or(last_event),
            _ => {}
        }
    }
    if !extent.ended {
        extent.cut_off = extent.cut_off.or(last_event);
    }
    Ok(extent)
}

fn is_timed_out(halt: &[u8]) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_slice(halt).ok();
    json.is_some_and(|halt| halt["timed_out"] == true)
}

/// The configuration in a journal's first record; `None` if it does not begin with a session.
pub fn session_of(journal: &Path) -> Result<Option<SessionConfig>, JournalError> {
    let mut reader = Reader::open(journal)?;
    let Some(first) = reader.next()? else { return Ok(None) };
    if first.kind != Kind::SessionStart as u16 {
        return Ok(None);
    }
    let start: Option<serde_json::Value> = serde_json::from_slice(first.payload).ok();
    Ok(start.and_then(|mut s| serde_json::from_value(s["session"].take()).ok()))
}

/// An output that the journal does not have.
fn extra(produced: &mut Produced, seq: u64) -> Option<Difference> {
    let (kind, bytes) = produced.outputs.pop_front()?;
    Some(Difference { seq, journal: "nothing".into(), replay: describe(kind, &bytes) })
}

fn describe(kind: Kind, payload: &[u8]) -> String {
    match record::decode_command(kind, payload) {
        Ok(command) => format!("{command:?}"),
        Err(_) if kind == Kind::Halt => String::from_utf8_lossy(payload).into_owned(),
        Err(_) => format!("{} {payload:02x?}", kind.name()),
    }
}

fn state_hash_in(payload: &[u8]) -> Option<String> {
    let end: serde_json::Value = serde_json::from_slice(payload).ok()?;
    Some(end.get("state_hash")?.as_str()?.to_owned())
}
