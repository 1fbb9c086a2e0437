//! Correlations of many symbols that tick at their own times, kept up to date tick by tick.
//!
//! Not a formula of the catalogue, whose formulas take all symbols in one row: this is for the stream as it comes. The
//! estimator is Hayashi and Yoshida's, which multiplies two returns if their intervals overlap and fills no gaps, with
//! weights that fade by elapsed time. Pairing the last known returns instead would multiply returns of different
//! times, and pull the correlations of what ticks seldom to zero (the Epps effect).

use crate::persist::state;
use crate::row::is_number;

/// Weights are reckoned from a time that is moved on before exp(elapsed / tau) could overflow.
const MOST_TAUS: f64 = 300.0;

state! {
    /// ```
    /// use nanotick_formulas::dependence::CorrelationMatrix;
    ///
    /// let mut matrix = CorrelationMatrix::new(2, 60.0);
    /// for (symbol, t_s, price) in [(0, 0.0, 100.0), (1, 0.0, 20.0), (0, 1.0, 101.0), (1, 1.5, 20.3)] {
    ///     matrix.tick(symbol, t_s, price);
    /// }
    /// assert_eq!(matrix.correlation(1, 0), 1.0);
    /// ```
    pub struct CorrelationMatrix {
        symbols: usize,
        /// Numbers from one row of a matrix to the next: an odd number of cache lines, so that the lines of a column
        /// fall into different sets of the cache.
        stride: usize,
        tau_s: f64,
        now_s: f64,
        epoch_s: f64,
        /// By symbol: logarithm of the price, time of the last tick (NaN before the first).
        logs: Box<[f64]>,
        last_s: Box<[f64]>,
        /// exp((last_s - epoch_s) / tau_s)
        scales: Box<[f64]>,
        /// Weighted sum of squared returns, as of the symbol's last tick.
        variances: Box<[f64]>,
        /// Row i: weighted products that were completed by a tick of i, as of its last tick. The covariance of i and
        /// j is in (i, j) and (j, i) together; a tick writes one row.
        products: Box<[f64]>,
        /// Row i: the logarithms of all prices at the last tick of i.
        logs_then: Box<[f64]>,
        row: Box<[f64]>,
    }
}

impl CorrelationMatrix {
    /// Returns fade by exp(-age / tau_s).
    ///
    /// # Panics
    /// If there are no symbols, or `tau_s` is not positive and finite.
    pub fn new(symbols: usize, tau_s: f64) -> Self {
        assert!(symbols > 0, "a correlation matrix needs symbols");
        assert!(tau_s > 0.0 && tau_s.is_finite(), "tau_s is {tau_s}, allowed is above 0 s");
        let stride = (symbols.div_ceil(8) * 8) | 8;
        let vector = |value: f64| vec![value; symbols].into_boxed_slice();
        let matrix = vec![0.0; symbols * stride].into_boxed_slice();
        Self {
            symbols,
            stride,
            tau_s,
            now_s: f64::NEG_INFINITY,
            epoch_s: 0.0,
            logs: vector(0.0),
            last_s: vector(f64::NAN),
            scales: vector(0.0),
            variances: vector(0.0),
            products: matrix.clone(),
            logs_then: matrix,
            row: vector(0.0),
        }
    }

    pub fn symbols(&self) -> usize {
        self.symbols
    }

    /// Takes a price and gives the symbol's correlations with all symbols as of now: 1 with itself, 0 where there is
    /// nothing to go by yet. None for the symbol's first price, and for a tick that makes no sense (a price that is
    /// not positive, a time before the last tick), which changes nothing. Allocates nothing; the cost is one pass
    /// over a row and a column.
    ///
    /// # Panics
    /// If there is no such symbol.
    pub fn tick(&mut self, symbol: usize, t_s: f64, price: f64) -> Option<&[f64]> {
        assert!(symbol < self.symbols, "symbol {symbol} of {}", self.symbols);
        let is_good = is_number(price) && price > 0.0 && is_number(t_s) && t_s >= self.now_s;
        if !is_good {
            return None;
        }
        let faded = self.advance(t_s);
        let log = price.ln();
        if self.last_s[symbol].is_nan() {
            self.begin(symbol, log);
            self.stamp(symbol, t_s, faded);
            return None;
        }
        self.add_return(symbol, log, faded);
        self.stamp(symbol, t_s, faded);
        self.correlate(symbol, faded);
        Some(&self.row)
    }

    /// Of two symbols, as of the last tick of any. Within [-1, 1]: the estimator itself may leave that range while
    /// there are few returns.
    ///
    /// # Panics
    /// If there is no such symbol.
    pub fn correlation(&self, i: usize, j: usize) -> f64 {
        if i == j {
            return 1.0;
        }
        ratio(self.covariance(i, j), self.covariance(i, i) * self.covariance(j, j))
    }

    /// Covariance of log returns per second, as of the last tick of any: the weighted sum of products over tau_s,
    /// which is what the weights come to.
    ///
    /// # Panics
    /// If there is no such symbol.
    pub fn covariance(&self, i: usize, j: usize) -> f64 {
        assert!(i < self.symbols && j < self.symbols, "symbols {i} and {j} of {}", self.symbols);
        let faded = self.faded();
        let sum = if i == j {
            self.variances[i] * (self.scales[i] * faded)
        } else {
            self.products[i * self.stride + j] * (self.scales[i] * faded)
                + self.products[j * self.stride + i] * (self.scales[j] * faded)
        };
        sum / self.tau_s
    }

    /// exp((epoch_s - now_s) / tau_s)
    fn faded(&self) -> f64 {
        ((self.epoch_s - self.now_s) / self.tau_s).exp()
    }

    /// Moves the time on, and the epoch too if it is long ago. Gives what is left of a weight of the epoch.
    fn advance(&mut self, t_s: f64) -> f64 {
        if self.now_s == f64::NEG_INFINITY {
            self.epoch_s = t_s;
        }
        self.now_s = t_s;
        let faded = self.faded();
        if t_s - self.epoch_s <= MOST_TAUS * self.tau_s {
            return faded;
        }
        self.scales.iter_mut().for_each(|scale| *scale *= faded);
        self.epoch_s = t_s;
        1.0
    }

    /// The first price: no interval of any other symbol's has seen a change of it.
    #[cold]
    fn begin(&mut self, symbol: usize, log: f64) {
        self.logs[symbol] = log;
        for other in 0..self.symbols {
            self.logs_then[other * self.stride + symbol] = log;
        }
        let row = symbol * self.stride;
        self.logs_then[row..row + self.symbols].copy_from_slice(&self.logs);
    }

    fn add_return(&mut self, symbol: usize, log: f64, faded: f64) {
        let kept = self.scales[symbol] * faded;
        let change = log - self.logs[symbol];
        self.variances[symbol] = self.variances[symbol] * kept + change * change;
        let row = symbol * self.stride..symbol * self.stride + self.symbols;
        let (products, then) = (&mut self.products[row.clone()], &mut self.logs_then[row]);
        for ((product, then), &now) in products.iter_mut().zip(then).zip(&self.logs) {
            *product = *product * kept + change * (now - *then);
            *then = now;
        }
        self.logs[symbol] = log;
        // What ticked at this very time begins its next interval after this return, not before it.
        for other in 0..self.symbols {
            if self.last_s[other] == self.now_s {
                self.logs_then[other * self.stride + symbol] = log;
            }
        }
    }

    fn stamp(&mut self, symbol: usize, t_s: f64, faded: f64) {
        self.last_s[symbol] = t_s;
        self.scales[symbol] = 1.0 / faded;
    }

    /// Fills `row`. The symbol has just ticked: its own sums are as of now.
    fn correlate(&mut self, symbol: usize, faded: f64) {
        let row = symbol * self.stride..symbol * self.stride + self.symbols;
        let variance = self.variances[symbol];
        let columns = self.products[symbol..].iter().step_by(self.stride);
        let own = self.products[row].iter().zip(columns);
        let others = self.variances.iter().zip(&self.scales);
        for ((out, (own, theirs)), (other, scale)) in self.row.iter_mut().zip(own).zip(others) {
            let kept = scale * faded;
            *out = ratio(own + theirs * kept, variance * (other * kept));
        }
        self.row[symbol] = 1.0;
    }
}

/// A covariance over the root of a product of variances.
#[inline(always)]
fn ratio(covariance: f64, variances: f64) -> f64 {
    let correlation = covariance / variances.sqrt();
    // Without a branch, so that a row of them is one loop over vectors; false for NaN.
    if variances > 0.0 {
        correlation.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}
