//! Trades that wait for the price some time after them.

use std::collections::VecDeque;

use crate::persist::state;

state! {
    /// One trade, or several that are due together. What they are worth is linear in the price they wait for, so two
    /// sums hold any number of them; both are about a reference price, near which the differences are exact.
    #[derive(Copy, Default)]
    struct Entry {
        due_s: f64,
        weight: f64,
        reference: f64,
        slope: f64,
        offset: f64,
    }
}

state! {
    pub struct PendingMarks {
        horizon_s: f64,
        limit: usize,
        queue: VecDeque<Entry>,
    }
}

/// What came due: sums over the trades.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Matured {
    pub weight: f64,
    /// Of weight * factor * (mark - level).
    pub value: f64,
}

impl PendingMarks {
    /// Memory for `limit` entries, at least 1.
    pub fn new(horizon_s: f64, limit: usize) -> Self {
        Self { horizon_s, limit, queue: VecDeque::with_capacity(limit) }
    }

    /// A trade at `t_s`, to be valued at factor * (mark - level) when it is due. Trades that find the queue full join
    /// the newest entry, which is then due when the last of them is: late, but counted.
    #[inline]
    pub fn push(&mut self, t_s: f64, weight: f64, factor: f64, level: f64) {
        let (due_s, full) = (t_s + self.horizon_s, self.queue.len() == self.limit);
        let slope = weight * factor;
        match self.queue.back_mut() {
            Some(last) if full || last.due_s == due_s => {
                last.due_s = due_s;
                last.weight += weight;
                last.slope += slope;
                last.offset += slope * (level - last.reference);
            }
            _ => self.queue.push_back(Entry { due_s, weight, reference: level, slope, offset: 0.0 }),
        }
    }

    /// Takes out all that was due before `t_s`. `mark` is the price that stood until then; what comes due while there
    /// is none has no value and is left out.
    #[inline]
    pub fn mature(&mut self, t_s: f64, mark: Option<f64>) -> Matured {
        let mut matured = Matured::default();
        while let Some(first) = self.queue.front().filter(|first| first.due_s < t_s) {
            if let Some(mark) = mark {
                matured.weight += first.weight;
                matured.value += first.slope * (mark - first.reference) - first.offset;
            }
            self.queue.pop_front();
        }
        matured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_loses_no_trade() {
        let (mut small, mut large) = (PendingMarks::new(1.0, 2), PendingMarks::new(1.0, 100));
        for (t_s, level) in [(0.0, 10.0), (0.1, 11.0), (0.2, 12.0), (0.3, 13.0)] {
            small.push(t_s, 2.0, 0.5, level);
            large.push(t_s, 2.0, 0.5, level);
        }
        // Only the first is due; the others wait for the last of them.
        assert_eq!(small.mature(1.25, Some(20.0)), Matured { weight: 2.0, value: 10.0 });
        assert_eq!(small.mature(2.0, Some(20.0)), Matured { weight: 6.0, value: 24.0 });
        assert_eq!(large.mature(2.0, Some(20.0)), Matured { weight: 8.0, value: 34.0 });
    }
}
