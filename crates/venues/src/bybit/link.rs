//! Whether a socket is alive: pings, pongs, and how long getting ready may take.
//!
//! Only a pong keeps a link; only book messages keep a book fresh. Neither stands for the other.

const SECOND_NS: i64 = 1_000_000_000;
const PING_EVERY_NS: i64 = 20 * SECOND_NS;
const PONG_WITHIN_NS: i64 = 10 * SECOND_NS;
/// From opening until the venue has accepted the key and the subscriptions.
const READY_WITHIN_NS: i64 = 10 * SECOND_NS;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Closed,
    /// Open; nothing may be sent but what makes it ready.
    Opening,
    Ready,
}

/// What is due on a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beat {
    None,
    /// Send a ping of this number.
    Ping(u64),
    /// Nothing was heard in time: connect anew.
    Dead,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    state: State,
    ping_at_ns: i64,
    /// When the link counts as dead; `i64::MAX` if nothing is awaited.
    dead_at_ns: i64,
    pings: u64,
}

impl Default for Link {
    fn default() -> Link {
        Link { state: State::Closed, ping_at_ns: i64::MAX, dead_at_ns: i64::MAX, pings: 0 }
    }
}

impl Link {
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub fn on_open(&mut self, now_ns: i64) {
        self.state = State::Opening;
        self.ping_at_ns = now_ns.saturating_add(PING_EVERY_NS);
        self.dead_at_ns = now_ns.saturating_add(READY_WITHIN_NS);
    }

    pub fn on_close(&mut self) {
        *self = Link { pings: self.pings, ..Link::default() };
    }

    /// The venue has accepted us. True if it had not before.
    pub fn become_ready(&mut self) -> bool {
        if self.state != State::Opening {
            return false;
        }
        self.state = State::Ready;
        self.dead_at_ns = i64::MAX;
        true
    }

    pub fn on_pong(&mut self) {
        if self.state == State::Ready {
            self.dead_at_ns = i64::MAX;
        }
    }

    pub fn beat(&mut self, now_ns: i64) -> Beat {
        if self.state == State::Closed {
            return Beat::None;
        }
        if now_ns >= self.dead_at_ns {
            // Said once; the driver closes the socket.
            self.on_close();
            return Beat::Dead;
        }
        if now_ns < self.ping_at_ns {
            return Beat::None;
        }
        self.pings += 1;
        self.ping_at_ns = now_ns.saturating_add(PING_EVERY_NS);
        self.dead_at_ns = self.dead_at_ns.min(now_ns.saturating_add(PONG_WITHIN_NS));
        Beat::Ping(self.pings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks a tenth of a second apart; what was due, and when, in tenths.
    fn run(link: &mut Link, from: i64, to: i64, answers: bool) -> Vec<(i64, Beat)> {
        let mut due = Vec::new();
        for tenth in from..to {
            let beat = link.beat(tenth * SECOND_NS / 10);
            if beat != Beat::None {
                due.push((tenth, beat));
            }
            if answers && matches!(beat, Beat::Ping(_)) {
                link.on_pong();
            }
        }
        due
    }

    #[test]
    fn a_link_that_answers_lives_and_one_that_does_not_is_dead_in_ten_seconds() {
        let mut link = Link::default();
        assert_eq!(run(&mut link, 0, 1000, false), []);
        link.on_open(0);
        assert!(link.become_ready() && !link.become_ready());
        assert_eq!(
            run(&mut link, 0, 650, true),
            [(200, Beat::Ping(1)), (400, Beat::Ping(2)), (600, Beat::Ping(3))]
        );
        assert_eq!(run(&mut link, 650, 2000, false), [(800, Beat::Ping(4)), (900, Beat::Dead)]);
        assert!(!link.is_open());
    }

    #[test]
    fn a_link_that_never_gets_ready_is_dead() {
        let mut link = Link::default();
        link.on_open(0);
        link.on_pong();
        assert_eq!(run(&mut link, 0, 2000, true), [(100, Beat::Dead)]);
    }
}
