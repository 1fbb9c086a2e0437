//! Order and direction: permutation entropy and transfer entropy.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{OrderStatistics, Ring, Sum};
use crate::persist::state;
use crate::rows;

outputs! { PermutationPoint { pe, pe_norm } }

state! {
    pub struct PermutationEntropy {
        order: usize,
        delay: usize,
        weighted: bool,
        /// ln(order!).
        log_patterns: f64,
        values: Ring,
        seen: usize,
        /// Of the vectors in the window, oldest at `next`: pattern and weight.
        vectors: Box<[(u32, f64)]>,
        next: usize,
        filled: usize,
        weights: Box<[Sum]>,
        total: Sum,
        /// Of unweighted patterns, the sum of count * ln count.
        count_logs: Sum,
        vector: Box<[f64]>,
    }
}

impl PermutationEntropy {
    /// The number of the newest vector's order among all orders (Lehmer's code), ties by time.
    #[inline(always)]
    fn pattern(&mut self) -> u32 {
        let order = self.order;
        for place in 0..order {
            self.vector[place] = self.values.ago((order - 1 - place) * self.delay);
        }
        let mut code = 0;
        for place in 0..order {
            let later = &self.vector[place + 1..];
            let smaller = later.iter().filter(|&&x| x < self.vector[place]).count();
            code = code * (order - place) + smaller;
        }
        code as u32
    }

    #[inline(always)]
    fn weight(&self) -> f64 {
        if !self.weighted {
            return 1.0;
        }
        let n = self.order as f64;
        let mean = self.vector.iter().sum::<f64>() / n;
        self.vector.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n
    }

    #[inline(always)]
    fn add(&mut self, pattern: u32, weight: f64) {
        let sum = &mut self.weights[pattern as usize];
        let before = sum.value();
        sum.add(weight);
        let after = sum.value();
        self.total.add(weight);
        if !self.weighted {
            let x_ln_x = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
            self.count_logs.add(x_ln_x(after));
            self.count_logs.add(-x_ln_x(before));
        }
    }

    /// After each lap of the window, from the vectors alone: what sums have lost does not stay.
    #[cold]
    fn refresh(&mut self) {
        self.weights.fill(Sum::default());
        (self.total, self.count_logs) = (Sum::default(), Sum::default());
        for place in 0..self.vectors.len() {
            let (pattern, weight) = self.vectors[place];
            self.add(pattern, weight);
        }
    }

    /// In nats.
    fn entropy(&self) -> f64 {
        let total = self.total.value();
        if total <= 0.0 {
            return 0.0;
        }
        if !self.weighted {
            return total.ln() - self.count_logs.value() / total;
        }
        let shares = self.weights.iter().map(|sum| sum.value() / total).filter(|&p| p > 0.0);
        -shares.map(|p| p * p.ln()).sum::<f64>()
    }
}

impl Kernel for PermutationEntropy {
    const INFO: &'static FormulaInfo = &rows::PERMUTATION_ENTROPY;
    type Input<'a> = f64;
    type Output<'s> = PermutationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, order, delay) = (params.int("period"), params.int("order"), params.int("delay"));
        let span = (order - 1) * delay + 1;
        if span > period {
            let allowed = format!("(order-1)*delay below period = {period}");
            return Err(params.refuse("delay", allowed));
        }
        let patterns: usize = (1..=order).product();
        Ok(Self {
            order,
            delay,
            weighted: params.flag("weighted"),
            log_patterns: (patterns as f64).ln(),
            values: Ring::new(span),
            seen: 0,
            vectors: vec![(0, 0.0); period - span + 1].into_boxed_slice(),
            next: 0,
            filled: 0,
            weights: vec![Sum::default(); patterns].into_boxed_slice(),
            total: Sum::default(),
            count_logs: Sum::default(),
            vector: vec![0.0; order].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<PermutationPoint> {
        self.values.push(x);
        if self.seen + 1 < self.values.len() {
            self.seen += 1;
            return None;
        }
        let pattern = self.pattern();
        let weight = self.weight();
        if self.filled == self.vectors.len() {
            let (old, old_weight) = self.vectors[self.next];
            self.add(old, -old_weight);
        } else {
            self.filled += 1;
        }
        self.vectors[self.next] = (pattern, weight);
        self.add(pattern, weight);
        self.next += 1;
        if self.next == self.vectors.len() {
            self.next = 0;
            self.refresh();
        }
        if self.filled < self.vectors.len() {
            return None;
        }
        let nats = self.entropy().max(0.0);
        Some(PermutationPoint { pe: nats / std::f64::consts::LN_2, pe_norm: nats / self.log_patterns })
    }
}

outputs! { TransferPoint { te_xy, te_yx, net } }

state! {
    /// A series, its bins by quantiles of the window.
    struct Discrete {
        window: OrderStatistics,
        edges: Box<[f64]>,
        /// Bins of the window's values, oldest first.
        symbols: Box<[u8]>,
    }
}

impl Discrete {
    fn new(period: usize, bins: usize) -> Self {
        Self {
            window: OrderStatistics::new(period),
            edges: vec![0.0; bins - 1].into_boxed_slice(),
            symbols: vec![0; period].into_boxed_slice(),
        }
    }

    fn discretise(&mut self) {
        let (bins, period) = (self.edges.len() + 1, self.symbols.len());
        for (bin, edge) in self.edges.iter_mut().enumerate() {
            *edge = self.window.quantile((bin + 1) as f64 / bins as f64);
        }
        for (place, symbol) in self.symbols.iter_mut().enumerate() {
            let x = self.window.ago(period - 1 - place);
            *symbol = self.edges.iter().map(|&edge| u8::from(x >= edge)).sum();
        }
    }
}

state! {
    pub struct TransferEntropy {
        bins: usize,
        lag: usize,
        x: Discrete,
        y: Discrete,
        /// Counts of (next, now, source), (next, now), (now, source) and (now).
        triples: Box<[u32]>,
        steps: Box<[u32]>,
        pasts: Box<[u32]>,
        nows: Box<[u32]>,
    }
}

/// Puts the counts of a table's first or last axis together.
fn gather(counts: &[u32], out: &mut [u32], place: impl Fn(usize) -> usize) {
    out.fill(0);
    counts.iter().enumerate().for_each(|(cell, &count)| out[place(cell)] += count);
}

impl TransferEntropy {
    fn transfer(&mut self, from_x: bool) -> f64 {
        let (source, target) = if from_x { (&self.x, &self.y) } else { (&self.y, &self.x) };
        let (source, target) = (&source.symbols, &target.symbols);
        let bins = self.bins;
        self.triples.fill(0);
        for next in self.lag..target.len() {
            let symbols = [target[next], target[next - 1], source[next - self.lag]].map(usize::from);
            self.triples[(symbols[0] * bins + symbols[1]) * bins + symbols[2]] += 1;
        }
        gather(&self.triples, &mut self.steps, |cell| cell / bins);
        gather(&self.triples, &mut self.pasts, |cell| cell % (bins * bins));
        gather(&self.pasts, &mut self.nows, |cell| cell / bins);
        let mut sum = 0.0;
        for (cell, &count) in self.triples.iter().enumerate().filter(|(_, &count)| count > 0) {
            let [now, step] = [cell / bins % bins, cell / bins];
            let ratio = f64::from(count) * f64::from(self.nows[now])
                / (f64::from(self.pasts[cell % (bins * bins)]) * f64::from(self.steps[step]));
            sum += f64::from(count) * ratio.ln();
        }
        (sum / (target.len() - self.lag) as f64).max(0.0)
    }
}

impl Kernel for TransferEntropy {
    const INFO: &'static FormulaInfo = &rows::TRANSFER_ENTROPY;
    type Input<'a> = [f64; 2];
    type Output<'s> = TransferPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, bins, lag) = (params.int("period"), params.int("bins"), params.int("lag"));
        if lag >= period {
            return Err(params.refuse("lag", format!("a whole number below period = {period}")));
        }
        let zeros = |axes: u32| vec![0; bins.pow(axes)].into_boxed_slice();
        Ok(Self {
            bins,
            lag,
            x: Discrete::new(period, bins),
            y: Discrete::new(period, bins),
            triples: zeros(3),
            steps: zeros(2),
            pasts: zeros(2),
            nows: zeros(1),
        })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<TransferPoint> {
        self.x.window.push(x);
        self.y.window.push(y);
        if !self.x.window.is_full() {
            return None;
        }
        self.x.discretise();
        self.y.discretise();
        let (te_xy, te_yx) = (self.transfer(true), self.transfer(false));
        Some(TransferPoint { te_xy, te_yx, net: te_xy - te_yx })
    }
}
