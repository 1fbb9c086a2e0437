//! Change detectors that look at one value after the other: CUSUM, Page-Hinkley, ADWIN.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

outputs! { CusumPoint { s_hi, s_lo, alarm } }

state! {
    pub struct CusumPage {
        mu0: f64,
        inverse_sigma: f64,
        k: f64,
        h: f64,
        high: f64,
        low: f64,
    }
}

impl Kernel for CusumPage {
    const INFO: &'static FormulaInfo = &rows::CUSUM_PAGE;
    type Input<'a> = f64;
    type Output<'s> = CusumPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            mu0: params.float("mu0"),
            inverse_sigma: 1.0 / params.float("sigma"),
            k: params.float("k"),
            h: params.float("h"),
            high: 0.0,
            low: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<CusumPoint> {
        let z = (x - self.mu0) * self.inverse_sigma;
        let (s_hi, s_lo) = ((self.high + z - self.k).max(0.0), (self.low - z - self.k).max(0.0));
        let alarm = if s_hi.max(s_lo) <= self.h {
            0.0
        } else if s_hi >= s_lo {
            1.0
        } else {
            -1.0
        };
        (self.high, self.low) = if alarm == 0.0 { (s_hi, s_lo) } else { (0.0, 0.0) };
        Some(CusumPoint { s_hi, s_lo, alarm })
    }
}

outputs! { PageHinkleyPoint { up, down, drift } }

state! {
    pub struct PageHinkley {
        min_instances: u64,
        delta: f64,
        threshold: f64,
        alpha: f64,
        count: u64,
        mean: f64,
        /// Each with its extreme so far.
        rise: (f64, f64),
        fall: (f64, f64),
    }
}

impl PageHinkley {
    fn restart(&mut self) {
        (self.count, self.mean) = (0, 0.0);
        (self.rise, self.fall) = ((0.0, f64::INFINITY), (0.0, f64::NEG_INFINITY));
    }
}

impl Kernel for PageHinkley {
    const INFO: &'static FormulaInfo = &rows::PAGE_HINKLEY;
    type Input<'a> = f64;
    type Output<'s> = PageHinkleyPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let mut kernel = Self {
            min_instances: params.int("min_instances") as u64,
            delta: params.float("delta"),
            threshold: params.float("threshold"),
            alpha: params.float("alpha"),
            count: 0,
            mean: 0.0,
            rise: (0.0, 0.0),
            fall: (0.0, 0.0),
        };
        kernel.restart();
        Ok(kernel)
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<PageHinkleyPoint> {
        self.count += 1;
        self.mean += (x - self.mean) / self.count as f64;
        let deviation = x - self.mean;
        let rise = self.alpha * self.rise.0 + (deviation - self.delta);
        let fall = self.alpha * self.fall.0 + (deviation + self.delta);
        self.rise = (rise, self.rise.1.min(rise));
        self.fall = (fall, self.fall.1.max(fall));
        let (up, down) = (rise - self.rise.1, self.fall.1 - fall);
        let drift = self.count >= self.min_instances && up.max(down) > self.threshold;
        if drift {
            self.restart();
        }
        Some(PageHinkleyPoint { up, down, drift: f64::from(u8::from(drift)) })
    }
}

/// Buckets of 2^level values each, for windows of more values than will ever come.
const LEVELS: usize = 48;

/// Some values together: their sum, and the sum of squares about their mean.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    size: f64,
    total: f64,
    squares: f64,
}

impl Group {
    fn mean(&self) -> f64 {
        self.total / self.size
    }

    fn with(&self, other: &Self) -> Self {
        if self.size == 0.0 {
            return *other;
        }
        let size = self.size + other.size;
        let gap = self.mean() - other.mean();
        Self {
            size,
            total: self.total + other.total,
            squares: self.squares + other.squares + self.size * other.size / size * gap * gap,
        }
    }
}

state! {
    /// The exponential histogram of a window: buckets of 2^level values, at most `capacity` of a level.
    struct Histogram {
        capacity: usize,
        counts: [usize; LEVELS],
        /// Of each bucket the sum and the sum of squares about its mean; a level's oldest first, with a place for
        /// one bucket too many.
        buckets: Box<[(f64, f64)]>,
    }
}

impl Histogram {
    fn new(capacity: usize) -> Self {
        let buckets = vec![(0.0, 0.0); LEVELS * (capacity + 1)].into_boxed_slice();
        Self { capacity, counts: [0; LEVELS], buckets }
    }

    fn group(&self, level: usize, place: usize) -> Group {
        let (total, squares) = self.buckets[level * (self.capacity + 1) + place];
        Group { size: (1u64 << level) as f64, total, squares }
    }

    fn append(&mut self, level: usize, group: &Group) {
        let place = level * (self.capacity + 1) + self.counts[level];
        self.buckets[place] = (group.total, group.squares);
        self.counts[level] += 1;
    }

    fn drop_oldest(&mut self, level: usize, number: usize) {
        let start = level * (self.capacity + 1);
        self.buckets.copy_within(start + number..start + self.counts[level], start);
        self.counts[level] -= number;
    }

    fn push(&mut self, x: f64) {
        self.append(0, &Group { size: 1.0, total: x, squares: 0.0 });
        let mut level = 0;
        while self.counts[level] > self.capacity && level + 1 < LEVELS {
            let merged = self.group(level, 0).with(&self.group(level, 1));
            self.drop_oldest(level, 2);
            self.append(level + 1, &merged);
            level += 1;
        }
    }

    /// All buckets, oldest first.
    fn oldest_first(&self) -> impl DoubleEndedIterator<Item = Group> + '_ {
        (0..LEVELS)
            .rev()
            .flat_map(move |level| (0..self.counts[level]).map(move |place| self.group(level, place)))
    }

    /// Gives the bucket that went.
    fn remove_oldest(&mut self) -> Option<Group> {
        let level = self.counts.iter().rposition(|&count| count > 0)?;
        let oldest = self.group(level, 0);
        self.drop_oldest(level, 1);
        Some(oldest)
    }
}

outputs! { AdwinPoint { width, mean, drift } }

state! {
    pub struct Adwin {
        delta: f64,
        clock: u64,
        min_window: f64,
        window: Histogram,
        width: u64,
        total: Sum,
        seen: u64,
    }
}

impl Adwin {
    /// Drops the oldest buckets until no split of the window shows two means.
    fn shrink(&mut self) -> bool {
        let mut shrunk = false;
        while self.has_two_means() {
            let Some(oldest) = self.window.remove_oldest() else { break };
            self.width -= oldest.size as u64;
            shrunk = true;
        }
        // What sums of sums have lost is found again in the buckets.
        self.total = Sum::default();
        self.window.oldest_first().for_each(|group| self.total.add(group.total));
        shrunk
    }

    fn has_two_means(&self) -> bool {
        let whole = self.window.oldest_first().fold(Group::default(), |sum, group| sum.with(&group));
        let n = whole.size;
        let penalty = (2.0 * n.ln() / self.delta).ln();
        let variance = whole.squares / n;
        let (mut size, mut total) = (0.0, 0.0);
        for group in self.window.oldest_first() {
            size += group.size;
            total += group.total;
            let rest = n - size;
            if size < self.min_window || rest < self.min_window {
                continue;
            }
            let inverse = 1.0 / size + 1.0 / rest;
            let cut = (2.0 * inverse * variance * penalty).sqrt() + 2.0 / 3.0 * inverse * penalty;
            if (total / size - (whole.total - total) / rest).abs() > cut {
                return true;
            }
        }
        false
    }
}

impl Kernel for Adwin {
    const INFO: &'static FormulaInfo = &rows::ADWIN;
    type Input<'a> = f64;
    type Output<'s> = AdwinPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            delta: params.float("delta"),
            clock: params.int("clock") as u64,
            min_window: params.float("min_window"),
            window: Histogram::new(params.int("max_buckets")),
            width: 0,
            total: Sum::default(),
            seen: 0,
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<AdwinPoint> {
        self.seen += 1;
        self.width += 1;
        self.total.add(x);
        self.window.push(x);
        let drift = self.seen.is_multiple_of(self.clock) && self.width > 1 && self.shrink();
        let width = self.width as f64;
        let drift = f64::from(u8::from(drift));
        Some(AdwinPoint { width, mean: self.total.value() / width, drift })
    }
}
