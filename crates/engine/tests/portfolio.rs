//! Laws of the account: exact sums on any fills, and agreement with fractions of unlimited precision in small cases.

use nanotick_engine::portfolio::{LedgerError, Portfolio};
use nanotick_model::{
    Cash, ClientId, ContractKind, Fill, Grid, Instrument, InstrumentId, Px, Qty, Rate, Side, Text, Venue,
};
use proptest::prelude::*;

fn instrument(id: u16, kind: ContractKind, tick: &str, lot: &str) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        venue: Venue::Bybit,
        kind,
        symbol: Text::new("TESTUSDT").unwrap(),
        tick: Grid::new(tick).unwrap(),
        lot: Grid::new(lot).unwrap(),
        min_px: Px(1),
        max_px: Px(1 << 50),
        min_qty: Qty(1),
        max_qty: Qty(1 << 50),
        min_notional: Cash::ZERO,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    }
}

fn fill(side: Side, px: i64, qty: i64, fee: i64) -> Fill {
    Fill {
        client: ClientId::new(1, 1),
        venue_order: Text::EMPTY,
        exec_id: Text::EMPTY,
        side,
        px: Px(px),
        qty: Qty(qty),
        fee,
        is_maker: fee < 0,
    }
}

fn two() -> Portfolio {
    let instruments = [
        instrument(0, ContractKind::Linear, "0.10", "0.001"),
        instrument(1, ContractKind::Spot, "0.01", "0.00001"),
    ];
    Portfolio::new(&instruments, Cash::parse("10000").unwrap()).unwrap()
}

#[test]
fn a_round_trip_by_hand() {
    let mut portfolio = two();
    let id = InstrumentId(0);
    // Buy 0.003 at 60000.0 and 0.001 at 60004.0: average 60001.0; sell 0.002 at 60010.0.
    for (side, px, qty) in [(Side::Buy, 600_000, 3), (Side::Buy, 600_040, 1), (Side::Sell, 600_100, 2)] {
        portfolio.fill(id, &fill(side, px, qty, 1_000_000_000)).unwrap();
        portfolio.check_invariants().unwrap();
    }
    let account = portfolio.account(id);
    assert_eq!(account.position, Qty(2));
    assert_eq!(account.average_px(), Some(600_010.0));
    assert_eq!(account.realised, Cash::parse("0.018").unwrap());
    assert_eq!(portfolio.wallet(), Cash::parse("10000.015").unwrap());
    assert_eq!(portfolio.cash(), Cash::parse("9880.013").unwrap());
    assert!((account.unrealised(600_020.0) - 0.002).abs() < 1e-9);
    assert!((portfolio.equity(|_| 600_020.0) - 10_000.017).abs() < 1e-9);
    // Through zero: sell 5, leaving 3 short at 59990.0.
    portfolio.fill(id, &fill(Side::Sell, 599_900, 5, 0)).unwrap();
    let account = portfolio.account(id);
    assert_eq!((account.position, account.average_px()), (Qty(-3), Some(599_900.0)));
    assert_eq!(account.realised, Cash::parse("-0.004").unwrap());
}

#[test]
fn an_adopted_position_leaves_the_worth_alone() {
    for (i, position, worth) in
        [(0u16, 5i64, 10_000.0), (0, -5, 10_000.0), (1, 200_000, 10_000.0 + 2.0 * 600.0)]
    {
        let mut portfolio = two();
        portfolio.adopt(InstrumentId(i), Qty(position), Px(60_000)).unwrap();
        portfolio.check_invariants().unwrap();
        assert_eq!(portfolio.position(InstrumentId(i)), Qty(position));
        assert_eq!(portfolio.account(InstrumentId(i)).fills, 0);
        assert!((portfolio.equity(|_| 60_000.0) - worth).abs() < 1e-6, "{i} {position}");
    }
}

#[test]
fn what_cannot_be_booked_changes_nothing() {
    let mut portfolio = two();
    let before = portfolio.state_hash();
    for (id, px, qty, want) in [
        (0, 0, 1, LedgerError::NotPositive),
        (0, 1, 0, LedgerError::NotPositive),
        (0, -1, 1, LedgerError::NotPositive),
        (0, 1, i64::MIN, LedgerError::NotPositive),
        (0, i64::MAX, i64::MAX, LedgerError::Overflow),
        (2, 1, 1, LedgerError::UnknownInstrument),
    ] {
        assert_eq!(portfolio.fill(InstrumentId(id), &fill(Side::Buy, px, qty, 0)), Err(want), "{px} {qty}");
        assert_eq!(portfolio.state_hash(), before);
    }
    let inverse = instrument(0, ContractKind::Inverse, "0.1", "1");
    assert!(Portfolio::new(&[inverse], Cash::ZERO).is_none());
}

proptest! {
    #[test]
    fn the_sums_agree_on_any_fills(
        fills in proptest::collection::vec((0u16..2, any::<bool>(), 1i64..1 << 40, 1i64..1 << 40, any::<i32>()), 1..200),
    ) {
        let mut portfolio = two();
        let mut position = [0i64; 2];
        let mut money = Cash::parse("10000").unwrap();
        for (id, buy, px, qty, fee) in fills {
            let side = if buy { Side::Buy } else { Side::Sell };
            portfolio.fill(InstrumentId(id), &fill(side, px, qty, fee as i64)).unwrap();
            position[id as usize] += side.sign() * qty;
            // tick × lot is 10^-4 for the first instrument and 10^-7 for the second.
            let unit = [100_000_000i128, 100_000][id as usize];
            money -= Cash(side.sign() as i128 * px as i128 * qty as i128 * unit + fee as i128);
            prop_assert_eq!(portfolio.check_invariants(), Ok(()));
            prop_assert_eq!([0, 1].map(|i| portfolio.position(InstrumentId(i)).0), position);
            prop_assert_eq!(portfolio.cash(), money);
        }
        // Flat at the end: nothing is left in cost, and the wallet holds all the money.
        for (i, open) in position.into_iter().enumerate() {
            if open != 0 {
                let side = if open > 0 { Side::Sell } else { Side::Buy };
                portfolio.fill(InstrumentId(i as u16), &fill(side, 777, open.abs(), 0)).unwrap();
            }
            prop_assert_eq!(portfolio.account(InstrumentId(i as u16)).cost, Cash::ZERO);
        }
        prop_assert_eq!(portfolio.wallet(), portfolio.cash());
    }

    #[test]
    fn realised_profit_follows_the_average_entry(
        fills in proptest::collection::vec((any::<bool>(), 1i64..1_000_000, 1i64..1000), 1..60),
    ) {
        let mut portfolio = two();
        let (mut position, mut average, mut realised) = (0f64, 0f64, 0f64);
        for (buy, px, qty) in fills {
            let side = if buy { Side::Buy } else { Side::Sell };
            portfolio.fill(InstrumentId(0), &fill(side, px, qty, 0)).unwrap();
            let (px, signed) = (px as f64, (side.sign() * qty) as f64);
            if position * signed < 0.0 {
                let closed = signed.abs().min(position.abs());
                realised += closed * (px - average) * position.signum();
            }
            let next = position + signed;
            average = if position * signed >= 0.0 {
                (average * position + px * signed) / next
            } else if next * position < 0.0 {
                px
            } else {
                average
            };
            position = next;
            let account = portfolio.account(InstrumentId(0));
            if let Some(got) = account.average_px() {
                prop_assert!((got - average).abs() < 1e-6 * average, "{} {}", got, average);
            }
            prop_assert!((account.realised.to_f64() - realised * 1e-4).abs() < 1e-6 * (1.0 + realised.abs() * 1e-4));
        }
    }

    #[test]
    fn the_hash_tells_states_apart(a in 1i64..1000, b in 1i64..1000) {
        let hash = |px| {
            let mut portfolio = two();
            portfolio.fill(InstrumentId(0), &fill(Side::Buy, px, 1, 0)).unwrap();
            portfolio.state_hash()
        };
        prop_assert_eq!(hash(a) == hash(b), a == b);
    }
}
