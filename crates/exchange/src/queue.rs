//! Where a resting order stands among the displayed size at its price: how much of it is ahead.
//!
//! The recording shows sizes per price, not orders, so the place is a model. It starts behind everything displayed.
//! Trades at the price are served from the front. Size that leaves without a trade is taken from ahead and behind in
//! proportion, rounded against us. Size that joins stands behind. What is ahead never exceeds what is displayed.

/// The place after the displayed size went from `before` to `after` for other reasons than trades.
pub(crate) fn after_level_change(ahead: i64, before: i64, after: i64) -> i64 {
    debug_assert!(ahead >= 0 && after >= 0);
    let left = if after < before {
        let gone = (before - after) as i128;
        ahead - (ahead as i128 * gone / before as i128) as i64
    } else {
        ahead
    };
    left.min(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cancels_are_shared_between_ahead_and_behind() {
        for (ahead, before, after, want) in [
            (10, 10, 10, 10),
            (10, 10, 20, 10), // joins stand behind
            (10, 10, 4, 4),   // all that was there was ahead
            (5, 10, 5, 3),    // half of 5 is 2.5: 2 are taken off, against us
            (5, 10, 0, 0),
            (0, 10, 3, 0),
            (7, 0, 9, 7),
            (7, 3, 9, 7),
        ] {
            assert_eq!(after_level_change(ahead, before, after), want, "{ahead} of {before} -> {after}");
        }
    }

    proptest! {
        #[test]
        fn the_place_is_never_lost_nor_better_than_the_cancels_allow(
            before in 0i64..1 << 50, after in 0i64..1 << 50, share in 0.0f64..=1.0,
        ) {
            let ahead = ((before as f64 * share) as i64).min(before);
            let now = after_level_change(ahead, before, after);
            prop_assert!(0 <= now && now <= ahead && now <= after);
            // Never gains more than was cancelled.
            prop_assert!(ahead - now <= (before - after).max(0));
        }
    }
}
