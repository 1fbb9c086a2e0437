//! Sums over a sliding window that are kept lap by lap, several of them together: what moments are made of.

use std::array::from_fn;
use std::ops::Range;

use crate::parts::columns::BLOCK;
use crate::persist::{Persist, Reader, StateError};

/// Squares about a reference are made anew about another when those added and taken out outweigh what is left about
/// the mean by this much: cancellation has then cost three digits of sixteen.
pub const CANCELLED: f64 = (1u64 << 10) as f64;

/// As [`crate::parts::WindowSum`] keeps its one sum: nothing drifts, and no update costs more than another.
#[derive(Debug, Clone)]
pub struct LapSums<const N: usize> {
    /// Sums of a lap up to each place: of the lap under way up to `next`, of the last one from there on.
    places: Box<[[f64; N]]>,
    next: usize,
    lap: [f64; N],
    last_lap: [f64; N],
}

/// After a push.
#[derive(Debug, Clone, Copy)]
pub struct Sums<const N: usize> {
    pub window: [f64; N],
    /// Over the lap under way and all of the last one. Of terms that are not negative this is the largest number that
    /// rounding can have taken its share of.
    pub laps: [f64; N],
}

impl<const N: usize> Sums<N> {
    #[inline(always)]
    fn of(place: &mut [f64; N], lap: &mut [f64; N], last_lap: &[f64; N], terms: [f64; N]) -> Self {
        let new: [f64; N] = from_fn(|i| lap[i] + terms[i]);
        let window = from_fn(|i| (last_lap[i] - place[i]) + new[i]);
        (*place, *lap) = (new, new);
        Self { window, laps: from_fn(|i| last_lap[i] + new[i]) }
    }
}

impl<const N: usize> LapSums<N> {
    pub fn new(length: usize) -> Self {
        let places = vec![[0.0; N]; length].into_boxed_slice();
        Self { places, next: 0, lap: [0.0; N], last_lap: [0.0; N] }
    }

    #[inline(always)]
    pub fn push(&mut self, terms: [f64; N]) -> Sums<N> {
        let sums = Sums::of(&mut self.places[self.next], &mut self.lap, &self.last_lap, terms);
        self.next += 1;
        self.end_lap();
        sums
    }

    /// Pushes up to the end of the lap, as long as `take` returns true. How many were pushed, and what it returned last.
    #[inline(always)]
    fn push_run(
        &mut self,
        terms: impl Iterator<Item = [f64; N]>,
        mut take: impl FnMut(usize, Sums<N>) -> bool,
    ) -> (usize, bool) {
        // Variables of their own stay in registers.
        let (mut lap, last_lap, mut taken, mut go_on) = (self.lap, self.last_lap, 0, true);
        for (place, terms) in self.places[self.next..].iter_mut().zip(terms) {
            let sums = Sums::of(place, &mut lap, &last_lap, terms);
            go_on = take(taken, sums);
            taken += 1;
            if !go_on {
                break;
            }
        }
        self.lap = lap;
        self.next += taken;
        self.end_lap();
        (taken, go_on)
    }

    #[inline(always)]
    fn end_lap(&mut self) {
        if self.next == self.places.len() {
            (self.last_lap, self.lap, self.next) = (self.lap, [0.0; N], 0);
        }
    }

    /// Takes all terms of the window again, from the oldest on. Gives their sums.
    #[inline(always)]
    pub fn make_anew(&mut self, window: impl Iterator<Item = [f64; N]>) -> [f64; N] {
        (self.lap, self.last_lap) = ([0.0; N], [0.0; N]);
        window.for_each(|terms| {
            self.push(terms);
        });
        from_fn(|i| self.last_lap[i] + self.lap[i])
    }
}

impl<const N: usize> Persist for LapSums<N> {
    fn save(&self, out: &mut Vec<u8>) {
        self.places.save(out);
        self.next.save(out);
        self.lap.save(out);
        self.last_lap.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.places.load(from)?;
        self.next.load(from)?;
        self.lap.load(from)?;
        self.last_lap.load(from)
    }
}

/// The column form: goes through all rows in runs that have one reference, which is a row too.
pub struct LapRuns<const N: usize> {
    sums: LapSums<N>,
    length: usize,
    rows: usize,
    row: usize,
    /// The sums of the next row are to be made anew about it.
    is_worn: bool,
    reference: usize,
    /// Of each row of the run.
    window: [[f64; BLOCK]; N],
}

impl<const N: usize> LapRuns<N> {
    /// `terms(row, reference)`; `is_worn` if the first window is to be made anew.
    #[inline(always)]
    pub fn new(length: usize, rows: usize, is_worn: bool, terms: impl Fn(usize, usize) -> [f64; N]) -> Self {
        let mut sums = LapSums::new(length);
        let row = rows.min(length - 1);
        for early in 0..row {
            sums.push(terms(early, 0));
        }
        if is_worn && row < rows {
            sums.push(terms(row, 0));
        }
        Self { sums, length, rows, row, is_worn, reference: 0, window: [[0.0; BLOCK]; N] }
    }

    /// The row that the sums of the run are about.
    #[inline(always)]
    pub fn reference(&self) -> usize {
        self.reference
    }

    /// Sums by term, for each row of the run.
    #[inline(always)]
    pub fn window(&self) -> &[[f64; BLOCK]; N] {
        &self.window
    }

    /// The rows of the next run, [`BLOCK`] of them at most.
    #[inline(always)]
    pub fn advance(
        &mut self,
        terms: impl Fn(usize, usize) -> [f64; N],
        is_worn: impl Fn(&Sums<N>) -> bool,
    ) -> Option<Range<usize>> {
        let from = self.row;
        let to = self.rows.min(from + BLOCK);
        while self.row == from && from < to {
            if self.is_worn {
                self.is_worn = false;
                self.reference = from;
                let window = self.sums.make_anew((from + 1 - self.length..=from).map(|row| terms(row, from)));
                put(&mut self.window, 0, window);
                self.row += 1;
            }
            let reference = self.reference;
            while self.row < to && !self.is_worn {
                let (window, rows) = (&mut self.window, self.row..to);
                let (taken, go_on) =
                    self.sums.push_run(rows.clone().map(|row| terms(row, reference)), |at, sums| {
                        put(window, rows.start - from + at, sums.window);
                        !is_worn(&sums)
                    });
                self.is_worn = !go_on;
                self.row += taken - usize::from(self.is_worn);
            }
        }
        (from < to).then_some(from..self.row)
    }
}

#[inline(always)]
fn put<const N: usize>(columns: &mut [[f64; BLOCK]; N], at: usize, window: [f64; N]) {
    for (column, sum) in columns.iter_mut().zip(window) {
        column[at] = sum;
    }
}
