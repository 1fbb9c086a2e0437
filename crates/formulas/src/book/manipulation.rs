//! Orders that are meant to be seen and not to be filled: spoofing and layering. Both are this project's own
//! definitions; `note` in the catalogue has them in full.

use crate::book::additions::{Addition, Additions};
use crate::book::levels::sound;
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::{checked, Clock, Trade};
use crate::parts::Decay;
use crate::persist::state;
use crate::row::Book;
use crate::rows;

/// A book, a trade, or both; the book then came first.
type Events<'a> = (Option<Book<'a>>, Option<[f64; 3]>);

/// Shares of an addition, by volume, that are rounded sums: this near below a limit they are at it.
const ROUNDING: f64 = 1e-12;

#[inline(always)]
fn reaches(part: f64, share: f64, whole: f64) -> bool {
    part >= share * whole * (1.0 - ROUNDING)
}

/// A decayed count this small is zero: it would turn subnormal.
#[inline(always)]
fn decayed(count: f64, factor: f64) -> f64 {
    let left = count * factor;
    if left < 1e-300 {
        0.0
    } else {
        left
    }
}

/// Share of a spoof's size that must be cancelled, and of a layering's.
const SPOOF_CANCELLED: f64 = 0.8;
const LAYERS_CANCELLED: f64 = 0.5;

state! {
    pub struct SpoofScore {
        horizon_s: f64,
        tau_s: f64,
        decay: Decay,
        additions: Additions,
        candidates: f64,
        /// On the bid and on the ask.
        events: [f64; 2],
    }
}

outputs! {
    SpoofPoint { score, events_buy, events_sell }
}

impl SpoofScore {
    /// An event counts from the time of its candidate, so that there are never more events than candidates.
    fn resolve(&mut self, t_s: f64) {
        for (side, events) in self.additions.sides.iter_mut().zip(&mut self.events) {
            side.open.retain(|addition| {
                let spoof = addition.marked && reaches(addition.cancelled, SPOOF_CANCELLED, addition.added);
                if spoof {
                    *events += (-(t_s - addition.first_s) / self.tau_s).exp();
                }
                !spoof
            });
        }
    }
}

impl Kernel for SpoofScore {
    const INFO: &'static FormulaInfo = &rows::SPOOF_SCORE;
    type Input<'a> = (Events<'a>, f64);
    type Output<'s> = SpoofPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let tau_s = params.float("tau_s");
        Ok(Self {
            horizon_s: params.float("horizon_s"),
            tau_s,
            decay: Decay::new(tau_s),
            additions: Additions::new(params.int("levels"), params.float("k"), tau_s),
            candidates: 0.0,
            events: [0.0; 2],
        })
    }

    fn step(&mut self, ((book, trade), t_s): (Events<'_>, f64)) -> Option<SpoofPoint> {
        let (book, trade) = (checked(book, sound)?, checked(trade, Trade::new)?);
        if book.is_none() && trade.is_none() {
            return None;
        }
        let factor = self.decay.advance(t_s)?;
        self.candidates = decayed(self.candidates, factor);
        self.events = self.events.map(|count| decayed(count, factor));
        for side in &mut self.additions.sides {
            side.open.retain(|addition| t_s - addition.t_s <= self.horizon_s);
        }
        if let Some(book) = book {
            let [bids, asks] = self.additions.book(&book, t_s);
            self.candidates += (bids + asks) as f64;
        }
        if let Some(trade) = trade {
            self.additions.trade(&trade);
            let supported = &mut self.additions.sides[usize::from(trade.side < 0.0)];
            supported.open.iter_mut().for_each(|addition| addition.marked = true);
        }
        self.resolve(t_s);
        let [events_buy, events_sell] = self.events;
        let score = ((events_buy + events_sell) / self.candidates.max(1.0)).min(1.0);
        Some(SpoofPoint { score, events_buy, events_sell })
    }
}

state! {
    pub struct LayeringScore {
        horizon_s: f64,
        min_levels: usize,
        clock: Clock,
        decay: Decay,
        additions: Additions,
        /// Since when there is an episode on bid and ask. Its layers are the marked additions.
        since_s: [Option<f64>; 2],
        score: f64,
        side: f64,
    }
}

outputs! {
    LayeringPoint { score, side }
}

/// Not executed, and for the most part still there.
fn stands(addition: &Addition) -> bool {
    addition.executed == 0.0 && !reaches(addition.cancelled, LAYERS_CANCELLED, addition.added)
}

impl LayeringScore {
    fn expire(&mut self, t_s: f64) {
        for (side, since_s) in self.additions.sides.iter_mut().zip(&mut self.since_s) {
            if since_s.is_some_and(|since_s| t_s - since_s > self.horizon_s) {
                side.open.retain(|addition| !addition.marked);
                *since_s = None;
            }
            side.open.retain(|addition| addition.marked || t_s - addition.t_s <= self.horizon_s);
        }
    }

    /// Layers of an episode on a side that is confirmed now, else 0.
    fn confirmed(&mut self, side: usize) -> usize {
        let open = &mut self.additions.sides[side].open;
        let layers = open.iter().filter(|addition| addition.marked);
        let (count, added, cancelled) = layers.fold((0, 0.0, 0.0), |(count, added, cancelled), layer| {
            (count + 1, added + layer.added, cancelled + layer.cancelled)
        });
        if count == 0 || !reaches(cancelled, LAYERS_CANCELLED, added) {
            return 0;
        }
        open.retain(|addition| !addition.marked);
        self.since_s[side] = None;
        count
    }

    /// Starts an episode where one side alone is layered, and takes later layers into one under way. What is marked
    /// counts with what of it stands now.
    fn start(&mut self, t_s: f64) {
        let counts =
            [0, 1].map(|side: usize| self.additions.sides[side].open.iter().filter(|a| stands(a)).count());
        for side in 0..2 {
            let alone = counts[side] >= self.min_levels && counts[1 - side] < self.min_levels;
            if self.since_s[side].is_none() && alone {
                self.since_s[side] = Some(t_s);
            }
            if self.since_s[side].is_some() {
                let open = self.additions.sides[side].open.iter_mut();
                for layer in open.filter(|addition| !addition.marked && stands(addition)) {
                    layer.marked = true;
                    layer.added -= layer.cancelled;
                    layer.cancelled = 0.0;
                }
            }
        }
    }
}

impl Kernel for LayeringScore {
    const INFO: &'static FormulaInfo = &rows::LAYERING_SCORE;
    type Input<'a> = (Events<'a>, f64);
    type Output<'s> = LayeringPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let horizon_s = params.float("horizon_s");
        Ok(Self {
            horizon_s,
            min_levels: params.int("min_levels"),
            clock: Clock::default(),
            decay: Decay::new(horizon_s),
            additions: Additions::new(params.int("levels"), params.float("k"), params.float("tau_s")),
            since_s: [None; 2],
            score: 0.0,
            side: 0.0,
        })
    }

    fn step(&mut self, ((book, trade), t_s): (Events<'_>, f64)) -> Option<LayeringPoint> {
        let (book, trade) = (checked(book, sound)?, checked(trade, Trade::new)?);
        if (book.is_none() && trade.is_none()) || !self.clock.advance(t_s) {
            return None;
        }
        let factor = self.decay.advance(t_s)?;
        self.score = decayed(self.score, factor);
        if self.score == 0.0 {
            self.side = 0.0;
        }
        self.expire(t_s);
        if let Some(book) = book {
            self.additions.book(&book, t_s);
            let [bids, asks] = [self.confirmed(0), self.confirmed(1)];
            if bids + asks > 0 {
                self.score = bids.max(asks) as f64;
                self.side = (bids as f64 - asks as f64).clamp(-1.0, 1.0);
            }
            self.start(t_s);
        }
        if let Some(trade) = trade {
            self.additions.trade(&trade);
        }
        Some(LayeringPoint { score: self.score, side: self.side })
    }
}
