//! How an order is split among venues.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

outputs! { Routes<'a> { sizes: &'a [f64], avg_price: f64 } }

state! {
    pub struct OrderRouting {
        /// What a price is multiplied by at each venue: 1 + fee for a buyer, 1 - fee for a seller.
        factors: Box<[f64]>,
        /// 1 to buy from the cheapest, -1 to sell to the dearest.
        side: f64,
        max_levels: usize,
        /// Of each venue, the level that comes next, and what was taken.
        next: Box<[usize]>,
        sizes: Box<[f64]>,
    }
}

impl Kernel for OrderRouting {
    const INFO: &'static FormulaInfo = &rows::ORDER_ROUTING;
    type Input<'a> = ([&'a [f64]; 2], f64);
    type Output<'s> = Routes<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let side = if params.choice("side") == "buy" { 1.0 } else { -1.0 };
        let factors: Box<[f64]> = params.list("taker_fees").iter().map(|fee| 1.0 + side * fee).collect();
        let venues = factors.len();
        Ok(Self {
            factors,
            side,
            max_levels: params.int("max_levels"),
            next: vec![0; venues].into(),
            sizes: vec![0.0; venues].into(),
        })
    }

    fn step(&mut self, ([prices, available], order_size): Self::Input<'_>) -> Option<Routes<'_>> {
        let venues = self.factors.len();
        if order_size < 0.0 || prices.len() != available.len() || !prices.len().is_multiple_of(venues) {
            return None;
        }
        let levels = prices.len() / venues;
        if levels == 0 || !self.is_sound(prices, available, levels) {
            return None;
        }
        self.next.fill(0);
        self.sizes.fill(0.0);
        let (mut rest, mut cost) = (order_size, 0.0);
        while rest > 0.0 {
            let Some(venue) = self.best(prices, available, levels) else { break };
            let place = venue * levels + self.next[venue];
            let size = available[place].min(rest);
            self.next[venue] += 1;
            self.sizes[venue] += size;
            rest -= size;
            cost += size * prices[place] * self.factors[venue];
        }
        let taken: f64 = self.sizes.iter().sum();
        Some(Routes { sizes: &self.sizes, avg_price: cost / taken })
    }
}

impl OrderRouting {
    /// Best levels first at each venue, and no negative sizes.
    fn is_sound(&self, prices: &[f64], available: &[f64], levels: usize) -> bool {
        let worsens = |pair: &[f64]| self.side * pair[0] <= self.side * pair[1];
        available.iter().all(|size| *size >= 0.0)
            && prices.iter().all(|price| *price > 0.0)
            && prices.chunks_exact(levels).all(|venue| venue.windows(2).all(worsens))
    }

    /// The venue whose next level is the best after fees; of equal ones the larger, then the first. None if there is
    /// none left. Steps over levels that are not there.
    fn best(&mut self, prices: &[f64], available: &[f64], levels: usize) -> Option<usize> {
        let last = levels.min(self.max_levels);
        let mut best: Option<(usize, f64, f64)> = None;
        for (venue, next) in self.next.iter_mut().enumerate() {
            let place = venue * levels;
            while *next < last && available[place + *next] == 0.0 {
                *next += 1;
            }
            if *next == last {
                continue;
            }
            let price = self.side * prices[place + *next] * self.factors[venue];
            let size = available[place + *next];
            if best.is_none_or(|(_, other, larger)| price < other || (price == other && size > larger)) {
                best = Some((venue, price, size));
            }
        }
        best.map(|(venue, ..)| venue)
    }
}
