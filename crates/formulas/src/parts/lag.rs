//! A value of n updates ago.

use crate::parts::columns::{all_rows, blocks, cut, leave_out, map_rows};
use crate::parts::Ring;
use crate::persist::state;

state! {
    pub struct Lag {
        ring: Ring,
        seen: usize,
        /// The lag is zero.
        through: bool,
    }
}

impl Lag {
    /// With a lag of zero each value is given back at once.
    pub fn new(lag: usize) -> Self {
        Self { ring: Ring::new(lag.max(1)), seen: 0, through: lag == 0 }
    }

    /// How many updates back the value is.
    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // a lag is not a collection
    pub fn len(&self) -> usize {
        if self.through {
            0
        } else {
            self.ring.len()
        }
    }

    /// Takes the newest value and gives the one `lag` values before it.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.through {
            return Some(x);
        }
        let old = self.ring.push(x).old;
        if self.seen < self.ring.len() {
            self.seen += 1;
            return None;
        }
        Some(old)
    }

    /// What `of` makes of each value of the first column and the one `lag` before it, from a fresh start; NaN where
    /// there is none. False if one is no valid number.
    #[inline(always)]
    pub fn over(&self, columns: &[&[f64]], out: &mut [f64], of: impl Fn(f64, f64) -> f64) -> bool {
        let lag = self.len();
        leave_out(out, lag + 1);
        for rows in blocks(out.len()) {
            if !all_rows::<1>(cut(columns, &rows), |_| true) {
                return false;
            }
            let later = rows.start.max(lag).min(rows.end)..rows.end;
            let [now] = cut(columns, &later);
            let earlier = &columns[0][later.start.saturating_sub(lag)..];
            map_rows([now, earlier], &mut out[later], |[now, earlier]| of(now, earlier));
        }
        true
    }
}
