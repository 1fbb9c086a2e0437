//! Volume by price: where most of it was traded, and the stretch around that price which holds a share of it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

/// A price of more ticks than this has no bin of its own: doubles beyond are whole numbers that skip some.
const LAST_BIN: f64 = (1u64 << 53) as f64;

state! {
    /// Volume of each price bin of a stretch. A bin's place is its number modulo the length, a power of two, so the
    /// stretch may grow to either side without anything being moved.
    struct Histogram {
        volumes: Box<[Sum]>,
        /// Bins that the stretch may have at most.
        most: i64,
        /// Lowest and highest bin with a trade.
        range: Option<(i64, i64)>,
        total: Sum,
        /// Sum of volume times bin, the bin counted from that of the first trade.
        moment: Sum,
        first: i64,
    }
}

impl Histogram {
    fn new(most: usize) -> Self {
        Self {
            volumes: vec![Sum::default(); most.next_power_of_two()].into_boxed_slice(),
            most: most as i64,
            range: None,
            total: Sum::default(),
            moment: Sum::default(),
            first: 0,
        }
    }

    #[inline(always)]
    fn place(&self, bin: i64) -> usize {
        bin as usize & (self.volumes.len() - 1)
    }

    #[inline(always)]
    fn volume(&self, bin: i64) -> f64 {
        self.volumes[self.place(bin)].value()
    }

    /// The bin's volume with `size` in it. None, with nothing changed, if the table is too short for it.
    #[inline(always)]
    fn add(&mut self, bin: i64, size: f64) -> Option<f64> {
        let (low, high) = self.range.map_or((bin, bin), |(low, high)| (low.min(bin), high.max(bin)));
        if high - low >= self.most {
            return None;
        }
        if self.range.replace((low, high)).is_none() {
            self.first = bin;
        }
        self.total.add(size);
        self.moment.add(size * (bin - self.first) as f64);
        let place = self.place(bin);
        self.volumes[place].add(size);
        Some(self.volumes[place].value())
    }

    /// Distance of a bin from the mean bin, which all volume weighs.
    fn distance_from_mean(&self, bin: i64) -> f64 {
        ((bin - self.first) as f64 - self.moment.value() / self.total.value()).abs()
    }
}

outputs! {
    /// Price of the most volume, and the ends of the value area.
    ProfilePoint { poc, vah, val }
}

state! {
    pub struct VolumeProfile {
        histogram: Histogram,
        tick: f64,
        share: f64,
        /// Bin of the most volume, that volume, and whether another bin has as much.
        poc: i64,
        most: f64,
        tied: bool,
    }
}

impl VolumeProfile {
    /// Of the bins with the most volume, the nearest to the mean bin; of two as near, the lower.
    #[cold]
    fn break_tie(&self, (low, high): (i64, i64)) -> i64 {
        let candidates = (low..=high).filter(|&bin| self.histogram.volume(bin) == self.most);
        let nearer = |a: i64, b: i64| {
            if self.histogram.distance_from_mean(b) < self.histogram.distance_from_mean(a) {
                b
            } else {
                a
            }
        };
        candidates.reduce(nearer).unwrap_or(self.poc)
    }

    /// Widens the bin of the most volume, each time by the neighbour with more of it, until the share is reached.
    #[inline]
    fn value_area(&self, (lowest, highest): (i64, i64)) -> (i64, i64) {
        if self.share >= 1.0 {
            return (lowest, highest);
        }
        let wanted = self.share * self.histogram.total.value();
        let (mut low, mut high, mut held) = (self.poc, self.poc, self.most);
        // Beyond the range the places are those of other bins.
        let volume = |bin: i64| {
            let inside = (bin >= lowest) & (bin <= highest);
            if inside {
                self.histogram.volume(bin)
            } else {
                f64::NEG_INFINITY
            }
        };
        let (mut below, mut above) = (volume(low - 1), volume(high + 1));
        while held < wanted && (low > lowest || high < highest) {
            if above >= below {
                high += 1;
                held += above;
                above = volume(high + 1);
            } else {
                low -= 1;
                held += below;
                below = volume(low - 1);
            }
        }
        (low, high)
    }
}

impl Kernel for VolumeProfile {
    const INFO: &'static FormulaInfo = &rows::VOLUME_PROFILE;
    type Input<'a> = [f64; 2];
    type Output<'s> = ProfilePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let tick = params.float("tick");
        Ok(Self {
            histogram: Histogram::new(params.int("bins")),
            tick,
            share: params.float("value_area"),
            poc: 0,
            most: 0.0,
            tied: false,
        })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 2]) -> Option<ProfilePoint> {
        let [price, size] = trade;
        let bin = (price / self.tick).round_ties_even();
        if size <= 0.0 || bin.abs() >= LAST_BIN {
            return None;
        }
        let bin = bin as i64;
        let volume = self.histogram.add(bin, size)?;
        let range = self.histogram.range?;
        if volume > self.most {
            (self.tied, self.most, self.poc) = (false, volume, bin);
        } else if volume == self.most {
            self.tied = true;
        }
        if self.tied {
            self.poc = self.break_tie(range);
        }
        let (low, high) = self.value_area(range);
        let price = |bin: i64| bin as f64 * self.tick;
        Some(ProfilePoint { poc: price(self.poc), vah: price(high), val: price(low) })
    }
}
