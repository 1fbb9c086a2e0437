//! When a Binance diff may touch a book: the sequence rules of futures and spot, and the wait for a REST snapshot.
//!
//! A pure state machine per instrument: diffs and snapshots in, updates in sequence out. It says when a snapshot is
//! wanted and never fetches one. Crossed books are the book's to notice, silent feeds the client's.

use nanotick_model::{BookUpdate, Level};

/// Diffs kept while a snapshot is on its way: half a minute of the busiest stream.
const MAX_HELD_DIFFS: usize = 4096;
const MAX_HELD_LEVELS: usize = 1 << 18;
/// A book that lasted so many diffs after its snapshot was sound: the next gap is answered at once.
const STEADY_DIFFS: u32 = 100;
const FIRST_DELAY_NS: i64 = 250_000_000;
const LAST_DELAY_NS: i64 = 8_000_000_000;
/// Refetches that double the delay; after them the venue is left alone for `LAST_DELAY_NS` each time.
const QUICK_TRIES: u32 = 3;

/// Which of the venue's two rule books holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rules {
    /// USD-M and COIN-M: each diff names the one before it (`pu`), and ids have holes.
    Futures,
    /// Spot: ids are contiguous, each diff begins where the last ended.
    Spot,
}

/// One `depthUpdate`: absolute sizes of the levels that changed between two book ids.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// `U`
    pub first: u64,
    /// `u`, not less than `first`
    pub last: u64,
    /// `pu`; spot has none
    pub prev: u64,
    pub venue_ns: i64,
    pub bids: &'a [Level],
    pub asks: &'a [Level],
}

/// The REST answer: the book as it was at one id.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// `lastUpdateId`
    pub last: u64,
    pub venue_ns: i64,
    pub bids: &'a [Level],
    pub asks: &'a [Level],
}

/// What became of a diff.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Applied,
    /// It ends before what the book already holds: nothing new in it.
    Dropped,
    /// Kept until the snapshot is there.
    Held,
    /// Updates are missing. The book is invalid from here to the next snapshot.
    Gap,
}

/// What became of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joined {
    /// The book stands, with the held diffs that follow the snapshot applied.
    Live,
    /// Older than the oldest diff held: a newer one is wanted.
    TooOld,
    /// None was waited for.
    Ignored,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    /// The snapshot is loaded; the next diff must overlap it.
    Loaded,
    Live,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Request {
    None,
    Wanted {
        delay_ns: i64,
    },
    InFlight,
    /// Asked for before the stream was interrupted: its answer tells of a time that is gone.
    Outdated,
}

/// Where a diff stands against the last id that the book holds.
enum Place {
    Old,
    Next,
    Ahead,
}

struct Held {
    first: u64,
    last: u64,
    prev: u64,
    venue_ns: i64,
    begin: usize,
    bids: usize,
    asks: usize,
}

/// The sequence state of one instrument's book.
pub struct BookSync {
    rules: Rules,
    state: State,
    last: u64,
    request: Request,
    tries: u32,
    in_sequence: u32,
    held: Vec<Held>,
    levels: Vec<Level>,
}

impl BookSync {
    /// Waits for diffs and wants a snapshot.
    pub fn new(rules: Rules) -> BookSync {
        BookSync {
            rules,
            state: State::Waiting,
            last: 0,
            request: Request::Wanted { delay_ns: 0 },
            tries: 0,
            in_sequence: 0,
            held: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// The book follows the venue's.
    #[inline]
    pub fn is_live(&self) -> bool {
        self.state != State::Waiting
    }

    /// The id of the last update in the book; 0 before the first.
    pub fn update_id(&self) -> u64 {
        self.last
    }

    /// Forgets everything and wants a new snapshot: the stream was interrupted, or the book proved wrong.
    pub fn reset(&mut self) {
        self.hold_nothing();
        match self.request {
            Request::InFlight | Request::Outdated => {
                self.state = State::Waiting;
                self.request = Request::Outdated;
            }
            _ => self.begin_waiting(),
        }
    }

    /// Whether a snapshot should be asked for now, and how long to wait before. Says so once per request.
    pub fn take_request(&mut self) -> Option<i64> {
        let Request::Wanted { delay_ns } = self.request else { return None };
        self.request = Request::InFlight;
        Some(delay_ns)
    }

    /// The request brought no snapshot.
    pub fn request_failed(&mut self) {
        if matches!(self.request, Request::InFlight | Request::Outdated) && !self.is_live() {
            self.want_again();
        }
    }

    /// Takes one diff in. In sequence it goes out through `emit` with its venue time.
    #[inline]
    pub fn diff(&mut self, diff: &Diff<'_>, emit: impl FnMut(i64, BookUpdate<'_>)) -> Verdict {
        match self.state {
            State::Live => match self.place_of_next(diff) {
                Place::Next => self.apply(diff, emit),
                Place::Old => Verdict::Dropped,
                Place::Ahead => self.lose(diff),
            },
            State::Loaded => match self.place_of_first(self.last, diff.first, diff.last, diff.prev) {
                Place::Next => self.apply(diff, emit),
                Place::Old => Verdict::Dropped,
                Place::Ahead => self.lose(diff),
            },
            State::Waiting => {
                self.hold(diff);
                Verdict::Held
            }
        }
    }

    /// Takes the snapshot in. If it joins what is held, it and all that follows it go out through `emit`.
    pub fn snapshot(&mut self, snapshot: &Snapshot<'_>, mut emit: impl FnMut(i64, BookUpdate<'_>)) -> Joined {
        if self.is_live() {
            return Joined::Ignored;
        }
        if self.request == Request::Outdated {
            self.request = Request::Wanted { delay_ns: 0 };
            return Joined::TooOld;
        }
        self.request = Request::None;
        let place = |h: &Held| self.place_of_first(snapshot.last, h.first, h.last, h.prev);
        let old = self.held.iter().take_while(|h| matches!(place(h), Place::Old)).count();
        if self.held.get(old).is_some_and(|h| matches!(place(h), Place::Ahead)) {
            self.want_again();
            return Joined::TooOld;
        }
        let update = BookUpdate {
            is_snapshot: true,
            update_id: snapshot.last,
            bids: snapshot.bids,
            asks: snapshot.asks,
        };
        emit(snapshot.venue_ns, update);
        self.last = snapshot.last;
        self.state = State::Loaded;
        self.in_sequence = 0;
        for h in &self.held[old..] {
            let (bids, asks) = self.levels[h.begin..h.begin + h.bids + h.asks].split_at(h.bids);
            emit(h.venue_ns, BookUpdate { is_snapshot: false, update_id: h.last, bids, asks });
            self.last = h.last;
            self.state = State::Live;
        }
        self.hold_nothing();
        Joined::Live
    }

    #[inline]
    fn apply(&mut self, diff: &Diff<'_>, mut emit: impl FnMut(i64, BookUpdate<'_>)) -> Verdict {
        self.last = diff.last;
        self.state = State::Live;
        if self.in_sequence < STEADY_DIFFS {
            self.in_sequence += 1;
            if self.in_sequence == STEADY_DIFFS {
                self.tries = 0;
            }
        }
        let update =
            BookUpdate { is_snapshot: false, update_id: diff.last, bids: diff.bids, asks: diff.asks };
        emit(diff.venue_ns, update);
        Verdict::Applied
    }

    /// A diff that follows another.
    #[inline(always)]
    fn place_of_next(&self, diff: &Diff<'_>) -> Place {
        let follows = match self.rules {
            Rules::Futures => diff.prev == self.last,
            Rules::Spot => diff.first == self.last.saturating_add(1),
        };
        if follows && diff.last > self.last {
            Place::Next
        } else if diff.last <= self.last {
            Place::Old
        } else {
            Place::Ahead
        }
    }

    /// The first diff after a snapshot of id `book`: it must reach over it.
    fn place_of_first(&self, book: u64, first: u64, last: u64, prev: u64) -> Place {
        let (old, next) = match self.rules {
            // A diff whose predecessor ended exactly at the snapshot follows it too, though its ids start later.
            Rules::Futures => (last < book, first <= book || prev == book),
            Rules::Spot => (last <= book, first <= book.saturating_add(1)),
        };
        match (old, next) {
            (true, _) => Place::Old,
            (false, true) => Place::Next,
            (false, false) => Place::Ahead,
        }
    }

    #[cold]
    fn lose(&mut self, diff: &Diff<'_>) -> Verdict {
        self.hold_nothing();
        self.begin_waiting();
        self.hold(diff);
        Verdict::Gap
    }

    fn begin_waiting(&mut self) {
        self.state = State::Waiting;
        if self.request != Request::InFlight {
            let delay_ns = if self.tries == 0 { 0 } else { Self::delay_ns(self.tries) };
            self.tries += 1;
            self.request = Request::Wanted { delay_ns };
        }
    }

    fn want_again(&mut self) {
        self.tries += 1;
        self.request = Request::Wanted { delay_ns: Self::delay_ns(self.tries) };
    }

    fn delay_ns(tries: u32) -> i64 {
        match tries {
            1..=QUICK_TRIES => FIRST_DELAY_NS << (tries - 1),
            _ => LAST_DELAY_NS,
        }
    }

    /// Keeps a diff. What is held is always one unbroken run: whatever would break it is left out.
    fn hold(&mut self, diff: &Diff<'_>) {
        if let Some(tail) = self.held.last() {
            if diff.last <= tail.last {
                return;
            }
            let follows = match self.rules {
                Rules::Futures => diff.prev == tail.last,
                Rules::Spot => diff.first == tail.last.saturating_add(1),
            };
            let full = self.held.len() == MAX_HELD_DIFFS
                || self.levels.len() + diff.bids.len() + diff.asks.len() > MAX_HELD_LEVELS;
            if !follows || full {
                self.hold_nothing();
            }
        }
        let begin = self.levels.len();
        self.levels.extend_from_slice(diff.bids);
        self.levels.extend_from_slice(diff.asks);
        self.held.push(Held {
            first: diff.first,
            last: diff.last,
            prev: diff.prev,
            venue_ns: diff.venue_ns,
            begin,
            bids: diff.bids.len(),
            asks: diff.asks.len(),
        });
    }

    fn hold_nothing(&mut self) {
        self.held.clear();
        self.levels.clear();
    }
}

#[cfg(test)]
mod tests;
