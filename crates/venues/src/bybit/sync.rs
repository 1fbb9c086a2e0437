//! When a book is whole: the venue's sequence rule for one symbol, and when to ask for a new snapshot.
//!
//! A snapshot starts a book; from there update ids go up by one. An update id of 1 means that the venue's service
//! restarted, and is a snapshot whatever the message calls itself.

const SECOND_NS: i64 = 1_000_000_000;
/// Never more than one resubscription a second for one symbol.
const MIN_PAUSE_NS: i64 = SECOND_NS;
/// How long a snapshot may take before it is asked for again: at first, and at most.
const FIRST_WAIT_NS: i64 = 2 * SECOND_NS;
const MAX_WAIT_NS: i64 = 16 * SECOND_NS;

/// What to do with a book message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It replaces the book. `resumed` says that the book was not whole before.
    Snapshot { resumed: bool },
    /// It changes the book.
    Delta,
    /// It was applied before: drop it.
    Duplicate,
    /// There is no book that it could change: drop it and wait for the snapshot.
    Waiting,
    /// Updates are missing: the book is invalid from here on.
    Gap,
}

/// The state of one symbol's book feed. Times are given by the caller.
#[derive(Clone, Copy, Debug)]
pub struct BookSync {
    is_live: bool,
    last_id: u64,
    /// When to ask for a snapshot; `i64::MAX` if none is wanted.
    ask_at_ns: i64,
    asked_ns: i64,
    wait_ns: i64,
}

impl Default for BookSync {
    fn default() -> BookSync {
        BookSync {
            is_live: false,
            last_id: 0,
            ask_at_ns: i64::MAX,
            asked_ns: i64::MIN / 2,
            wait_ns: FIRST_WAIT_NS,
        }
    }
}

impl BookSync {
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// The socket is gone: the book is invalid, and nothing can be asked for.
    pub fn on_close(&mut self) {
        *self = BookSync { asked_ns: self.asked_ns, ..BookSync::default() };
    }

    /// A subscription has been sent, whose first message will be a snapshot. Should that not come, ask again.
    pub fn on_subscribe(&mut self, now_ns: i64) {
        self.is_live = false;
        self.asked_ns = now_ns;
        self.ask_at_ns = now_ns.saturating_add(self.wait_ns);
        self.wait_ns = (self.wait_ns * 2).min(MAX_WAIT_NS);
    }

    /// Wants a new snapshot, as soon as the venue may be asked for one.
    pub fn invalidate(&mut self, now_ns: i64) {
        self.is_live = false;
        self.ask_at_ns = now_ns.max(self.asked_ns.saturating_add(MIN_PAUSE_NS));
    }

    /// Whether to resubscribe now.
    pub fn is_due(&self, now_ns: i64) -> bool {
        !self.is_live && now_ns >= self.ask_at_ns
    }

    #[inline]
    pub fn on_book(&mut self, is_snapshot: bool, update_id: u64, now_ns: i64) -> Verdict {
        if is_snapshot || update_id == 1 {
            let resumed = !self.is_live;
            (self.is_live, self.last_id) = (true, update_id);
            (self.ask_at_ns, self.wait_ns) = (i64::MAX, FIRST_WAIT_NS);
            return Verdict::Snapshot { resumed };
        }
        if !self.is_live {
            return Verdict::Waiting;
        }
        if update_id == self.last_id.wrapping_add(1) {
            self.last_id = update_id;
            return Verdict::Delta;
        }
        if update_id <= self.last_id {
            return Verdict::Duplicate;
        }
        self.invalidate(now_ns);
        Verdict::Gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rule_in_cases() {
        use Verdict::*;
        let (snapshot, delta) = (true, false);
        type Case<'a> = (&'a [(bool, u64)], &'a [Verdict]);
        let cases: &[Case] = &[
            (&[(delta, 7)], &[Waiting]),
            (&[(snapshot, 7), (delta, 8), (delta, 9)], &[Snapshot { resumed: true }, Delta, Delta]),
            (
                &[(snapshot, 7), (delta, 7), (delta, 6), (delta, 8)],
                &[Snapshot { resumed: true }, Duplicate, Duplicate, Delta],
            ),
            (
                &[(snapshot, 7), (delta, 9), (delta, 10), (snapshot, 12), (delta, 13)],
                &[Snapshot { resumed: true }, Gap, Waiting, Snapshot { resumed: true }, Delta],
            ),
            (
                &[(snapshot, 7), (delta, 1), (delta, 2)],
                &[Snapshot { resumed: true }, Snapshot { resumed: false }, Delta],
            ),
            (&[(delta, 1), (delta, 2)], &[Snapshot { resumed: true }, Delta]),
            (
                &[(snapshot, 7), (snapshot, 5), (delta, 6)],
                &[Snapshot { resumed: true }, Snapshot { resumed: false }, Delta],
            ),
        ];
        for (messages, want) in cases {
            let mut sync = BookSync::default();
            let got: Vec<Verdict> = messages.iter().map(|&(kind, id)| sync.on_book(kind, id, 0)).collect();
            assert_eq!(&got, want, "{messages:?}");
        }
    }

    #[test]
    fn it_asks_again_less_and_less_often() {
        let mut sync = BookSync::default();
        assert!(!sync.is_due(i64::MAX - 1), "nothing is subscribed yet");
        let (mut now, mut asked_s) = (0, Vec::new());
        sync.on_subscribe(now);
        while now < 60 * SECOND_NS {
            now += SECOND_NS / 10;
            if sync.is_due(now) {
                asked_s.push(now / SECOND_NS);
                sync.on_subscribe(now);
            }
        }
        assert_eq!(asked_s, [2, 6, 14, 30, 46]);
        sync.on_book(true, 5, now);
        assert!(!sync.is_due(now + 100 * SECOND_NS));
        sync.on_close();
        assert!(!sync.is_due(now + 100 * SECOND_NS), "no socket to ask on");
    }

    proptest! {
        /// What is applied is always a snapshot followed by consecutive ids, and nobody is asked twice in a second.
        #[test]
        fn only_consecutive_updates_pass(messages in proptest::collection::vec((any::<bool>(), 1u64..40, 0i64..SECOND_NS), 1..200)) {
            let mut sync = BookSync::default();
            let (mut expected, mut now, mut asked) = (None, 0, i64::MIN / 2);
            for (is_snapshot, id, step) in messages {
                now += step;
                match sync.on_book(is_snapshot, id, now) {
                    Verdict::Snapshot { .. } => expected = Some(id + 1),
                    Verdict::Delta => {
                        prop_assert_eq!(expected, Some(id));
                        expected = Some(id + 1);
                    }
                    Verdict::Gap => expected = None,
                    Verdict::Duplicate => prop_assert!(expected.is_some_and(|next| id < next)),
                    Verdict::Waiting => prop_assert_eq!(expected, None),
                }
                prop_assert_eq!(sync.is_live(), expected.is_some());
                if sync.is_due(now) {
                    prop_assert!(now - asked >= MIN_PAUSE_NS);
                    asked = now;
                    sync.on_subscribe(now);
                }
            }
        }
    }
}
