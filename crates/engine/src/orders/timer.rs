//! When an order must be looked at again, in event time: an answer is overdue, its fate must be asked, or a cancel
//! must be sent again.

use super::order::Order;
use crate::orders::State;

const MS: i64 = 1_000_000;
const QUERY_AFTER_NS: [i64; 5] = [200 * MS, 500 * MS, 1000 * MS, 2000 * MS, 5000 * MS];
const CANCEL_AFTER_NS: [i64; 3] = [500 * MS, 1000 * MS, 2000 * MS];
/// How long an order may stay undecided before a person is told.
const ALARM_AFTER_NS: i64 = 10_000 * MS;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wait {
    Nothing,
    /// For the answer to a create or an amend.
    Answer,
    /// For evidence: what became of it, or the executions that its reports announced.
    Evidence,
    /// For the end of a cancelled order.
    Cancel,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Timer {
    pub wait: Wait,
    pub due_ns: i64,
    since_ns: i64,
    tries: usize,
    alarmed: bool,
}

impl Timer {
    pub const OFF: Timer =
        Timer { wait: Wait::Nothing, due_ns: i64::MAX, since_ns: 0, tries: 0, alarmed: false };

    fn start(wait: Wait, now_ns: i64, answer_ns: i64) -> Timer {
        let after = match wait {
            Wait::Nothing => return Timer::OFF,
            Wait::Answer => answer_ns,
            Wait::Evidence => QUERY_AFTER_NS[0],
            Wait::Cancel => CANCEL_AFTER_NS[0],
        };
        Timer { wait, due_ns: now_ns.saturating_add(after), since_ns: now_ns, tries: 0, alarmed: false }
    }

    /// It was due and has been acted on: when next. `true` once, when a person must be told.
    pub fn again(&mut self, now_ns: i64) -> bool {
        self.tries += 1;
        let schedule: &[i64] = match self.wait {
            Wait::Nothing | Wait::Answer => &[i64::MAX],
            Wait::Evidence => &QUERY_AFTER_NS,
            Wait::Cancel => &CANCEL_AFTER_NS,
        };
        self.due_ns = now_ns.saturating_add(schedule[self.tries.min(schedule.len() - 1)]);
        let alarm = !self.alarmed && now_ns.saturating_sub(self.since_ns) >= ALARM_AFTER_NS;
        self.alarmed |= alarm;
        alarm
    }
}

impl Order {
    /// Starts, keeps or stops the timer after a change from `from`.
    pub(super) fn set_timer(&mut self, from: State, now_ns: i64, answer_ns: i64) {
        let wait = match self.state {
            State::New | State::Denied | State::NotSent => Wait::Nothing,
            State::Submitting | State::PendingAmend => Wait::Answer,
            State::Unknown | State::AmendUnknown => Wait::Evidence,
            State::PendingCancel => Wait::Cancel,
            State::Open | State::Partial | State::Filled | State::FilledLate if self.owed().0 > 0 => {
                Wait::Evidence
            }
            State::Rejected | State::Canceled | State::Expired | State::Absent if self.owed().0 > 0 => {
                Wait::Evidence
            }
            State::Open | State::Partial | State::Filled | State::FilledLate => Wait::Nothing,
            State::Rejected | State::Canceled | State::Expired | State::Absent => Wait::Nothing,
        };
        if wait != self.timer.wait || (from != self.state && wait != Wait::Evidence) {
            self.timer = Timer::start(wait, now_ns, answer_ns);
        }
    }
}
