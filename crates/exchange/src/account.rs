//! Position, cash and fees. Exact: wallet = deposit + realised − fees, and realised = cash flow + cost of what is open.

use nanotick_model::{Cash, Qty, Side};

/// One instrument's part of the account. Signs: a long position and its cost are positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    pub qty: Qty,
    /// What the open part was bought for (or sold for, then negative).
    pub cost: Cash,
    /// Received from sells less paid for buys, without fees.
    pub flow: Cash,
    pub fees: Cash,
    /// Realised by closing, without fees.
    pub realized: Cash,
    pub bought: Qty,
    pub sold: Qty,
    pub updated_ns: i64,
}

impl Position {
    /// Books a fill of `value` = price × size; returns how much it closed and what that realised.
    pub(crate) fn book(&mut self, side: Side, qty: Qty, value: Cash, fee: Cash, now_ns: i64) -> (Qty, Cash) {
        let sign = side.sign();
        let opposite = self.qty.0.signum() == -sign;
        let closed = if opposite { qty.0.min(self.qty.0.abs()) } else { 0 };
        let mut realized = 0;
        if closed > 0 {
            let released = if closed == self.qty.0.abs() {
                self.cost.0
            } else {
                self.cost.0 * closed as i128 / self.qty.0.abs() as i128
            };
            // Value is price × size in whole units, so its part by size is whole too.
            let closing_value = value.0 / qty.0 as i128 * closed as i128;
            realized = -(sign as i128) * closing_value - released;
            self.cost.0 -= released;
        }
        let opened = qty.0 - closed;
        self.cost.0 += sign as i128 * (value.0 / qty.0 as i128) * opened as i128;
        self.flow.0 -= sign as i128 * value.0;
        self.fees += fee;
        self.realized.0 += realized;
        self.qty.0 += sign * qty.0;
        match side {
            Side::Buy => self.bought += qty,
            Side::Sell => self.sold += qty,
        }
        self.updated_ns = now_ns;
        debug_assert_eq!(self.flow + self.cost, self.realized);
        (Qty(closed), Cash(realized))
    }

    /// How much an order of this side may take off the position; zero if it would add to it.
    pub fn reducible(&self, side: Side) -> Qty {
        if self.qty.0.signum() == -side.sign() {
            Qty(self.qty.0.abs())
        } else {
            Qty(0)
        }
    }
}

/// The account of the one client: settled in one coin.
#[derive(Clone, Debug)]
pub struct Account {
    pub deposit: Cash,
    /// By instrument.
    pub positions: Vec<Position>,
}

impl Account {
    pub(crate) fn new(deposit: Cash, instruments: usize) -> Account {
        Account { deposit, positions: vec![Position::default(); instruments] }
    }

    /// What the venue calls the wallet balance: deposit, plus what closing realised, less fees.
    pub fn wallet(&self) -> Cash {
        self.positions.iter().fold(self.deposit, |sum, p| sum + p.realized - p.fees)
    }

    /// Deposit plus every payment that was made or received, fees included: what is left if positions are worth nothing.
    pub fn cash(&self) -> Cash {
        self.positions.iter().fold(self.deposit, |sum, p| sum + p.flow - p.fees)
    }

    pub fn fees(&self) -> Cash {
        self.positions.iter().fold(Cash::ZERO, |sum, p| sum + p.fees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn closing_realises_against_the_average_entry() {
        let mut p = Position::default();
        let fee = Cash(1);
        assert_eq!(p.book(Side::Buy, Qty(2), Cash(200), fee, 1), (Qty(0), Cash(0)));
        assert_eq!(p.book(Side::Buy, Qty(2), Cash(240), fee, 2), (Qty(0), Cash(0)));
        // entry 110: closing one of four at 130 realises 20
        assert_eq!(p.book(Side::Sell, Qty(1), Cash(130), fee, 3), (Qty(1), Cash(20)));
        // through zero: closes three (cost 330) at 100, opens two short
        assert_eq!(p.book(Side::Sell, Qty(5), Cash(500), fee, 4), (Qty(3), Cash(-30)));
        assert_eq!((p.qty, p.cost, p.realized, p.fees), (Qty(-2), Cash(-200), Cash(-10), Cash(4)));
        assert_eq!(p.book(Side::Buy, Qty(2), Cash(180), fee, 5), (Qty(2), Cash(20)));
        assert_eq!((p.qty, p.cost, p.flow), (Qty(0), Cash(0), p.realized));
    }

    proptest! {
        #[test]
        fn flow_plus_cost_is_what_was_realised(
            fills in proptest::collection::vec((any::<bool>(), 1i64..1000, 1i128..100_000), 0..60),
        ) {
            let mut account = Account::new(Cash(1_000_000), 1);
            for (buy, qty, px) in fills {
                let side = if buy { Side::Buy } else { Side::Sell };
                let before = account.positions[0];
                let (closed, _) =
                    account.positions[0].book(side, Qty(qty), Cash(px * qty as i128), Cash(px % 7), 0);
                let p = account.positions[0];
                prop_assert_eq!(p.flow + p.cost, p.realized);
                prop_assert_eq!(p.qty.0, before.qty.0 + side.sign() * qty);
                prop_assert_eq!(closed.0, before.reducible(side).0.min(qty));
                prop_assert!(p.cost.0.signum() as i64 * p.qty.0.signum() >= 0, "cost has the position's sign");
                prop_assert!(p.qty.0 != 0 || p.cost.0 == 0);
                prop_assert_eq!(account.wallet(), account.cash() + p.cost);
                prop_assert_eq!(p.qty, p.bought - p.sold);
            }
        }
    }
}
