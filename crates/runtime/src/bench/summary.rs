//! What is quoted of a series of samples.

/// All in ns. "Quiet" is of the window of consecutive samples with the lowest median: on a machine with other work
/// it says what the code does, where the plain percentiles say what the neighbours do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    pub count: usize,
    pub min_ns: u64,
    pub p50_ns: u64,
    pub p99_ns: u64,
    pub quiet_p50_ns: u64,
    pub quiet_p99_ns: u64,
}

/// A quiet window is a 40th of the samples, but at least so many.
const MIN_WINDOW: usize = 200;

impl Summary {
    /// `None` without samples. They are in the order in which they were taken.
    pub fn of(samples_ns: &[u64]) -> Option<Summary> {
        let at = |sorted: &[u64], q: f64| sorted[(sorted.len() as f64 * q) as usize];
        let sorted = |part: &[u64]| {
            let mut part = part.to_vec();
            part.sort_unstable();
            part
        };
        let window = (samples_ns.len() / 40).max(MIN_WINDOW).min(samples_ns.len()).max(1);
        let quiet = samples_ns
            .chunks_exact(window)
            .map(|part| {
                let part = sorted(part);
                (at(&part, 0.5), at(&part, 0.99))
            })
            .min()?;
        let all = sorted(samples_ns);
        Some(Summary {
            count: all.len(),
            min_ns: all[0],
            p50_ns: at(&all, 0.5),
            p99_ns: at(&all, 0.99),
            quiet_p50_ns: quiet.0,
            quiet_p99_ns: quiet.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quiet_window_is_found_between_noise() {
        let noisy = (0..600u64).map(|i| 1000 + i);
        let quiet = (0..200u64).map(|i| 100 + i);
        let samples: Vec<u64> = noisy.clone().chain(quiet).chain(noisy).collect();
        let s = Summary::of(&samples).unwrap();
        assert_eq!((s.count, s.min_ns, s.quiet_p50_ns, s.quiet_p99_ns), (1400, 100, 200, 298));
        assert!(s.p50_ns > 1000 && s.p99_ns > 1500);
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[7]).unwrap().quiet_p50_ns, 7);
    }
}
