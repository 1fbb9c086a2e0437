//! Means, variances and covariance of all pairs so far (Welford 1962, for the cross product too).

use crate::parts::PairMoments;
use crate::persist::state;

state! {
    #[derive(Copy, Default)]
    pub struct WelfordPair {
        count: u64,
        mean_x: f64,
        mean_y: f64,
        m2_x: f64,
        m2_y: f64,
        product: f64,
    }
}

impl WelfordPair {
    pub fn count(&self) -> u64 {
        self.count
    }

    #[inline]
    pub fn push(&mut self, x: f64, y: f64) -> PairMoments {
        self.count += 1;
        let share = 1.0 / self.count as f64;
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx * share;
        self.mean_y += dy * share;
        let (deviation_x, deviation_y) = (x - self.mean_x, y - self.mean_y);
        self.m2_x += dx * deviation_x;
        self.m2_y += dy * deviation_y;
        self.product += dx * deviation_y;
        PairMoments {
            mean_x: self.mean_x,
            mean_y: self.mean_y,
            variance_x: self.m2_x * share,
            variance_y: self.m2_y * share,
            covariance: self.product * share,
            deviation_x,
            deviation_y,
        }
    }
}
