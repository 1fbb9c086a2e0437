//! Mean and central moments of all values so far (Welford 1962; higher ones Pébay 2008).

use crate::persist::state;

state! {
    #[derive(Copy, Default)]
    pub struct Welford {
        pub count: u64,
        pub mean: f64,
        /// Sums of the second to fourth powers of the deviations from the mean.
        pub m2: f64,
        pub m3: f64,
        pub m4: f64,
    }
}

impl Welford {
    #[inline]
    pub fn push(&mut self, x: f64) {
        let before = self.count as f64;
        self.count += 1;
        let n = self.count as f64;
        let delta = x - self.mean;
        let step = delta / n;
        let square = step * step;
        let term = delta * step * before;
        self.mean += step;
        self.m4 += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * self.m2 - 4.0 * step * self.m3;
        self.m3 += term * step * (n - 2.0) - 3.0 * step * self.m2;
        self.m2 += term;
    }

    /// Those of two samples together (Chan, Golub and LeVeque 1979).
    pub fn merged(&self, other: &Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { *other } else { *self };
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = other.mean - self.mean;
        let share = delta / n;
        Self {
            count: self.count + other.count,
            mean: self.mean + b * share,
            m2: self.m2 + other.m2 + delta * share * a * b,
            m3: self.m3
                + other.m3
                + delta * share * share * a * b * (a - b)
                + 3.0 * share * (a * other.m2 - b * self.m2),
            m4: self.m4
                + other.m4
                + delta * share * share * share * a * b * (a * a - a * b + b * b)
                + 6.0 * share * share * (a * a * other.m2 + b * b * self.m2)
                + 4.0 * share * (a * other.m3 - b * self.m3),
        }
    }

    /// Over `count - ddof`; NaN while that is not positive.
    #[inline]
    pub fn variance(&self, ddof: u64) -> f64 {
        if self.count > ddof {
            self.m2 / (self.count - ddof) as f64
        } else {
            f64::NAN
        }
    }

    /// Population skewness; NaN without spread.
    pub fn skewness(&self) -> f64 {
        (self.count as f64).sqrt() * self.m3 / self.m2.powf(1.5)
    }

    /// Population kurtosis, 3 for a normal distribution; NaN without spread.
    pub fn kurtosis(&self) -> f64 {
        self.count as f64 * self.m4 / (self.m2 * self.m2)
    }
}
