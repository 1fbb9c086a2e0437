//! Which executions have been seen: a bounded memory of ids, so that a fill delivered twice, by either channel, is
//! booked once. The oldest is forgotten when a new one needs its room.

use crate::table::Table;
use nanotick_model::{InstrumentId, Text};

type ExecKey = (u16, Text<40>);

#[derive(Clone, Debug)]
pub(super) struct ExecIds {
    seen: Table<ExecKey, bool>,
    ring: Box<[ExecKey]>,
    at: usize,
    len: usize,
}

impl ExecIds {
    pub fn with_capacity(capacity: usize) -> ExecIds {
        ExecIds {
            seen: Table::with_capacity(capacity),
            ring: vec![ExecKey::default(); capacity].into_boxed_slice(),
            at: 0,
            len: 0,
        }
    }

    /// Remembers an id. `false` if it was known already.
    pub fn insert(&mut self, instrument: InstrumentId, exec_id: Text<40>) -> bool {
        let key = (instrument.0, exec_id);
        if self.seen.get(key) {
            return false;
        }
        if self.len == self.ring.len() {
            self.seen.set(self.ring[self.at], false);
        } else {
            self.len += 1;
        }
        self.ring[self.at] = key;
        self.at = (self.at + 1) % self.ring.len();
        self.seen.set(key, true);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_latest_and_tells_instruments_apart() {
        let mut ids = ExecIds::with_capacity(8);
        let id = |i: i32| Text::new(&format!("exec-{i}")).unwrap();
        for i in 0..100 {
            assert!(ids.insert(InstrumentId(0), id(i)));
            for back in 0..8.min(i + 1) {
                assert!(!ids.insert(InstrumentId(0), id(i - back)), "{i} {back}");
            }
        }
        assert!(ids.insert(InstrumentId(1), id(99)));
        assert!(ids.insert(InstrumentId(0), id(0)), "forgotten long ago");
    }
}
