//! Whether a feature is still distributed as it was when a model learned it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Ring;
use crate::persist::state;
use crate::rows;

/// Of consecutive leaves: their sum, and the largest and smallest of its partial sums from the left.
type Partial = [i64; 3];

/// The two steps of a leaf, in this order.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// At a value of the reference.
    Value,
    /// Between it and the next. Only recent values are there, so this step never goes down.
    Gap,
}

state! {
    /// Whole numbers in a row of leaves, with the extremes of their partial sums: a complete binary tree, in which a
    /// change of one leaf costs the height. As no gap goes down, a leaf is largest after its gap and smallest
    /// before it.
    struct PartialSums {
        nodes: Box<[Partial]>,
    }
}

impl PartialSums {
    fn new(leaves: usize) -> Self {
        Self { nodes: vec![[0; 3]; 2 * leaves.next_power_of_two()].into() }
    }

    #[inline]
    fn add(&mut self, (leaf, step): (usize, Step), change: i64) {
        let mut node = leaf + self.nodes.len() / 2;
        let [sum, max, min] = self.nodes[node];
        let min = if step == Step::Value { min + change } else { min };
        self.nodes[node] = [sum + change, max + change, min];
        while node > 1 {
            node /= 2;
            let [left, left_max, left_min] = self.nodes[2 * node];
            let [right, right_max, right_min] = self.nodes[2 * node + 1];
            self.nodes[node] = [left + right, left_max.max(left + right_max), left_min.min(left + right_min)];
        }
    }

    fn largest(&self) -> i64 {
        let [_, max, min] = self.nodes[1];
        max.max(-min)
    }
}

outputs! { DriftPoint { psi, ks } }

state! {
    pub struct Psi {
        /// The first values, in order once there are `size` of them.
        reference: Vec<f64>,
        size: usize,
        recent: Ring,
        seen: usize,
        /// Upper ends of all bins but the last; in each bin the recent values, the share of the reference and the
        /// term of the index.
        edges: Vec<f64>,
        counts: Box<[u32]>,
        shares: Box<[f64]>,
        terms: Box<[f64]>,
        floor: f64,
        /// Recent less reference values, counted so that both distribution functions take whole steps. A leaf for
        /// each value of the reference, after one for what lies below all of them.
        difference: PartialSums,
    }
}

impl Kernel for Psi {
    const INFO: &'static FormulaInfo = &rows::PSI;
    type Input<'a> = f64;
    type Output<'s> = DriftPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (bins, reference) = (params.int("bins"), params.int("ref"));
        Ok(Self {
            reference: Vec::with_capacity(reference),
            size: reference,
            recent: Ring::new(params.int("recent")),
            seen: 0,
            edges: Vec::with_capacity(bins - 1),
            counts: vec![0; bins].into(),
            shares: vec![0.0; bins].into(),
            terms: vec![0.0; bins].into(),
            floor: params.float("eps"),
            difference: PartialSums::new(reference + 1),
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<DriftPoint> {
        if self.reference.len() < self.size {
            self.learn(x);
            return None;
        }
        let old = self.recent.push(x).old;
        if self.seen == self.recent.len() {
            self.count(old, -1);
        } else {
            self.seen += 1;
        }
        self.count(x, 1);
        if self.seen < self.recent.len() {
            return None;
        }
        let scale = (self.recent.len() * self.reference.len()) as f64;
        Some(DriftPoint { psi: self.terms.iter().sum(), ks: self.difference.largest() as f64 / scale })
    }
}

impl Psi {
    fn learn(&mut self, x: f64) {
        self.reference.push(x);
        if self.reference.len() < self.size {
            return;
        }
        self.reference.sort_unstable_by(f64::total_cmp);
        let bins = self.counts.len();
        // Edges are values of the reference: no monotone change of the scale moves a value over one.
        self.edges.extend((1..bins).map(|bin| self.reference[(bin * self.size).div_ceil(bins) - 1]));
        for index in 0..self.size {
            let x = self.reference[index];
            self.shares[self.bin(x)] += 1.0;
            self.difference.add(self.place(x), -(self.recent.len() as i64));
        }
        for (share, term) in self.shares.iter_mut().zip(&mut self.terms) {
            *share = (*share / self.size as f64).max(self.floor);
            *term = divergence(self.floor, *share);
        }
    }

    #[inline]
    fn bin(&self, x: f64) -> usize {
        self.edges.partition_point(|&edge| edge < x)
    }

    /// Of equal values of the reference, the first has the step at the value and the last the gap.
    #[inline]
    fn place(&self, x: f64) -> (usize, Step) {
        let below = self.reference.partition_point(|&value| value < x);
        if self.reference.get(below) == Some(&x) {
            (below + 1, Step::Value)
        } else {
            (below, Step::Gap)
        }
    }

    /// Takes a recent value in, or out again.
    #[inline]
    fn count(&mut self, x: f64, change: i32) {
        let (bin, place) = (self.bin(x), self.place(x));
        self.counts[bin] = self.counts[bin].wrapping_add_signed(change);
        let share = f64::from(self.counts[bin]) / self.recent.len() as f64;
        self.terms[bin] = divergence(share.max(self.floor), self.shares[bin]);
        self.difference.add(place, i64::from(change) * self.size as i64);
    }
}

/// A bin's term of the symmetric divergence.
#[inline]
fn divergence(p: f64, q: f64) -> f64 {
    (p - q) * (p / q).ln()
}
