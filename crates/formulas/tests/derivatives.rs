//! Laws of option prices, surfaces, funding and contracts.

mod common;

use common::{close, kernel, over, Table};
use nanotick_formulas::build;
use nanotick_formulas::parts::distributions::normal_quantile;
use proptest::prelude::*;

/// One row of single numbers through a formula; the first output.
fn at(key: &str, params: &[f64], row: &[f64]) -> f64 {
    all(key, params, row)[0]
}

fn all(key: &str, params: &[f64], row: &[f64]) -> Vec<f64> {
    let columns: Vec<&[f64]> = row.iter().map(std::slice::from_ref).collect();
    over(key, params, &columns).into_iter().map(|column| column[0]).collect()
}

/// Terms of an option: spot, strike, expiry, rate, dividend, sigma; the sign is the caller's.
#[derive(Debug, Clone, Copy)]
struct Terms([f64; 6]);

impl Terms {
    fn row(self, cp: f64) -> [f64; 7] {
        let [spot, strike, expiry, rate, dividend, sigma] = self.0;
        [spot, strike, expiry, rate, dividend, sigma, cp]
    }

    fn price(self, cp: f64) -> f64 {
        at("bs_price", &[], &self.row(cp))
    }

    fn of(self, key: &str, cp: f64) -> f64 {
        at(key, &[], &self.row(cp))
    }

    fn with(mut self, place: usize, value: f64) -> Self {
        self.0[place] = value;
        self
    }

    /// Symmetric difference of the call's price by one of the terms.
    fn slope(self, place: usize, step: f64, cp: f64) -> f64 {
        let shifted = |by: f64| self.with(place, self.0[place] + by).price(cp);
        (shifted(step) - shifted(-step)) / (2.0 * step)
    }
}

prop_compose! {
    fn terms()(
        spot in 1.0..1e5, deviations in -2.5..2.5, expiry in 0.01..2.0, rate in -0.05..0.15, dividend in 0.0..0.1,
        sigma in 0.1..1.5
    ) -> Terms {
        Terms([spot, spot * f64::exp(deviations * sigma * f64::sqrt(expiry)), expiry, rate, dividend, sigma])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn prices_keep_parity_bounds_and_homogeneity(terms in terms(), factor in 0.01..100.0) {
        let [spot, strike, expiry, rate, dividend, _] = terms.0;
        let (asset, cash) = (spot * (-dividend * expiry).exp(), strike * (-rate * expiry).exp());
        let (call, put) = (terms.price(1.0), terms.price(-1.0));
        prop_assert!(close(call - put, asset - cash, spot, 1e-14));
        prop_assert!((asset - cash).max(0.0) <= call && call <= asset);
        prop_assert!((cash - asset).max(0.0) <= put && put <= cash);
        let scaled = terms.with(0, spot * factor).with(1, strike * factor);
        prop_assert!(close(scaled.price(1.0), call * factor, 0.0, 1e-11));
        let forward = spot * ((rate - dividend) * expiry).exp();
        let futures = [forward, strike, expiry, rate, terms.0[5], 1.0];
        prop_assert!(close(at("black76", &[], &futures), call, 1e-3 * spot, 1e-12));
    }

    #[test]
    fn futures_options_keep_parity_and_coin_prices_are_shares(terms in terms()) {
        let [forward, strike, expiry, rate, _, sigma] = terms.0;
        let call = all("black76", &[], &[forward, strike, expiry, rate, sigma, 1.0]);
        let put = all("black76", &[], &[forward, strike, expiry, rate, sigma, -1.0]);
        prop_assert!(close(call[0] - put[0], (-rate * expiry).exp() * (forward - strike), forward, 1e-14));
        prop_assert!((0.0..=1.0).contains(&call[1]));
        prop_assert!(close(call[1] * forward * (-rate * expiry).exp(), call[0], 0.0, 1e-14));
    }

    #[test]
    fn sensitivities_are_derivatives_of_the_price(terms in terms()) {
        let [spot, _, expiry, _, _, sigma] = terms.0;
        for cp in [1.0, -1.0] {
            let delta = terms.slope(0, 1e-5 * spot, cp);
            prop_assert!(close(terms.of("bs_delta", cp), delta, 1.0, 1e-6));
            let (up, down) = (terms.with(0, 1.0001 * spot), terms.with(0, 0.9999 * spot));
            let gamma = (up.of("bs_delta", cp) - down.of("bs_delta", cp)) / (2e-4 * spot);
            prop_assert!(close(terms.of("bs_gamma", cp), gamma, 1.0 / spot, 1e-4));
            let vega = terms.slope(5, 1e-5 * sigma, cp);
            prop_assert!(close(terms.of("bs_vega", cp), vega, spot, 1e-6));
            let theta = -terms.slope(2, 1e-5 * expiry, cp);
            prop_assert!(close(terms.of("bs_theta", cp), theta, spot, 1e-6));
        }
    }

    #[test]
    fn sensitivities_hang_together(terms in terms()) {
        let [spot, _, expiry, rate, dividend, sigma] = terms.0;
        let (gamma, vega) = (terms.of("bs_gamma", 1.0), terms.of("bs_vega", 1.0));
        prop_assert_eq!(gamma, terms.of("bs_gamma", -1.0));
        prop_assert_eq!(vega, terms.of("bs_vega", -1.0));
        prop_assert!(gamma >= 0.0 && vega >= 0.0);
        prop_assert!(close(vega, gamma * spot * spot * sigma * expiry, 0.0, 1e-12));
        let carry = (-dividend * expiry).exp();
        let difference = terms.of("bs_delta", 1.0) - terms.of("bs_delta", -1.0);
        prop_assert!(close(difference, carry, 0.0, 1e-14));
        prop_assert!((0.0..=carry).contains(&terms.of("bs_delta", 1.0)));
        for cp in [1.0, -1.0] {
            let (theta, delta) = (terms.of("bs_theta", cp), terms.of("bs_delta", cp));
            let equation = theta + 0.5 * sigma * sigma * spot * spot * gamma + (rate - dividend) * spot * delta
                - rate * terms.price(cp);
            prop_assert!(equation.abs() < 1e-12 * spot.max(theta.abs()), "{}", equation);
        }
        let free = terms.with(3, 0.0).with(4, 0.0);
        prop_assert!(close(free.of("bs_theta", 1.0), free.of("bs_theta", -1.0), 0.0, 1e-14));
    }

    #[test]
    fn a_price_gives_back_its_volatility(terms in terms(), more in 1.0001..1.5) {
        let [spot, strike, expiry, rate, dividend, sigma] = terms.0;
        let implied = |price: f64, cp: f64| {
            at("implied_vol", &[], &[spot, strike, expiry, rate, dividend, price, cp])
        };
        let out = if strike > spot * ((rate - dividend) * expiry).exp() { 1.0 } else { -1.0 };
        prop_assert!(close(implied(terms.price(out), out), sigma, 0.0, 1e-12));
        // In the money the time value is what is left of the price's digits.
        let left = (terms.price(out) / terms.price(-out)).min(1.0);
        prop_assert!(close(implied(terms.price(-out), -out), sigma, 0.0, 1e-13 / left));
        let dearer = terms.with(5, sigma * more).price(out);
        prop_assert!(implied(dearer, out) > implied(terms.price(out), out));
    }

    #[test]
    fn quotes_of_one_model_leave_no_arbitrage(terms in terms(), half in 0.0..0.01, factor in 0.1..10.0) {
        let [spot, strike, expiry, rate, dividend, _] = terms.0;
        let quotes = |strike: f64| {
            let (call, put) = (terms.with(1, strike).price(1.0), terms.with(1, strike).price(-1.0));
            let around = |x: f64| [x * (1.0 - half), x * (1.0 + half)];
            let mut row: Vec<f64> = [call, put, spot].into_iter().flat_map(around).collect();
            row.extend([strike, expiry, rate, dividend]);
            row
        };
        let row = quotes(strike);
        let got = all("put_call_parity", &[1e-9 * spot], &row);
        prop_assert!(got[0].abs() < 1e-12 * (spot + strike));
        prop_assert!(close(got[1], all("put_call_parity", &[], &quotes(1.2 * strike))[1], strike, 1e-12));
        prop_assert_eq!(got[2], 0.0);
        let scaled: Vec<f64> = row.iter().take(7).map(|x| x * factor).chain(row[7..].iter().copied()).collect();
        let scaled = all("put_call_parity", &[1e-9 * spot * factor], &scaled);
        prop_assert!(close(scaled[1], got[1] * factor, strike * factor, 1e-12));
        // A call that is too dear is sold against the synthetic one, a cheap one bought.
        for (sign, arb) in [(1.0, 1.0), (-1.0, -1.0)] {
            let mut wrong = quotes(strike);
            let shift = sign * (1.0 + 3.0 * half * (wrong[0] + wrong[3] + spot));
            (wrong[0], wrong[1]) = (wrong[0] + shift, wrong[1] + shift);
            if wrong[0] > 0.0 {
                prop_assert_eq!(all("put_call_parity", &[], &wrong)[2], arb);
            }
        }
    }

    #[test]
    fn the_svi_slice_has_its_minimum_and_its_wings(
        b in 0.01..2.0, rho in -0.95..0.95, m in -0.5..0.5, sig in 0.01..1.0, more in 0.0..0.5
    ) {
        let depth = b * sig * f64::sqrt(1.0 - rho * rho);
        let params = [more - depth * 0.5, b, rho, m, sig];
        let w = |k: f64| at("svi", &params, &[100.0 * k.exp(), 100.0]);
        let lowest = m - rho * sig / f64::sqrt(1.0 - rho * rho);
        prop_assert!(close(w(lowest), params[0] + depth, 1.0, 1e-12));
        for k in [-3.0, -0.4, 0.0, 0.1, 2.0] {
            prop_assert!(w(k) >= params[0] + depth - 1e-12);
        }
        let slope = |k: f64| (w(k + 1.0) - w(k)) / b;
        prop_assert!(close(slope(200.0), rho + 1.0, 1.0, 1e-3) && close(slope(-200.0), rho - 1.0, 1.0, 1e-3));
        prop_assert!(build("svi", &[-depth - 1e-6, b, rho, m, sig]).is_err());
    }

    #[test]
    fn a_smile_that_is_even_in_delta_has_no_risk_reversal(
        wing in 0.0..0.3, tilt in -0.05..0.05, shift in 0.0..0.3, expiry in 0.02..1.0, forward in 10.0..1e5
    ) {
        let deltas = [0.92, 0.83, 0.75, 0.64, 0.5, 0.36, 0.25, 0.17, 0.08];
        let got = |wing: f64, tilt: f64, shift: f64, scale: f64| {
            let vol = |delta: f64| 0.5 + shift + wing * (delta - 0.5) * (delta - 0.5) + tilt * (delta - 0.5);
            let vols: Vec<f64> = deltas.iter().map(|&delta| vol(delta)).collect();
            let strikes: Vec<f64> = deltas
                .iter()
                .zip(&vols)
                .map(|(&delta, vol)| {
                    let deviation = vol * f64::sqrt(expiry);
                    scale * forward * (deviation * (0.5 * deviation - normal_quantile(delta))).exp()
                })
                .collect();
            let rows = [strikes, vols, vec![scale * forward], vec![expiry]];
            let table = Table { columns: rows.to_vec(), widths: vec![9, 9, 1, 1], rows: 1 };
            let out = table.batch_values(&mut kernel("risk_reversal", &[]));
            [out[0][0], out[1][0], out[2][0]]
        };
        prop_assert!(got(wing, 0.0, shift, 1.0)[0].abs() < 1e-12);
        let flat = got(0.0, 0.0, shift, 1.0);
        prop_assert!(flat.iter().all(|x| x.abs() < 1e-12), "{:?}", flat);
        let tilted = got(wing, tilt, 0.0, 1.0);
        // Knots at the two deltas: the risk reversal is the tilt between them, wherever the level is.
        prop_assert!(close(tilted[0], -0.5 * tilt, 1.0, 1e-11));
        prop_assert!(close(got(wing, tilt, shift, 1.0)[0], tilted[0], 1.0, 1e-11));
        let scaled = got(wing, tilt, 0.0, 7.0);
        prop_assert!((0..3).all(|i| close(scaled[i], tilted[i], 1.0, 1e-10)));
    }

    #[test]
    fn implied_variance_is_linear_in_prices_at_a_central_strike(
        puts in prop::collection::vec(0.1..5.0, 6), calls in prop::collection::vec(0.1..5.0, 6),
        middle in 5.0..20.0, factor in 0.1..10.0
    ) {
        let strikes: Vec<f64> = (0..13).map(|place| 70.0 + 5.0 * f64::from(place)).collect();
        let got = |scale: f64, quote: f64| {
            // Below the middle calls cost much more than puts, and above it puts than calls.
            let prices = |first: &[f64], last: &[f64]| -> Vec<f64> {
                [first, &[middle], last].concat().iter().map(|x| x * scale * quote).collect()
            };
            let (put, call) = (prices(&puts, &[99.0; 6]), prices(&[99.0; 6], &calls));
            let k: Vec<f64> = strikes.iter().map(|k| k * scale).collect();
            let columns = vec![k, call.clone(), call, put.clone(), put, vec![0.25], vec![0.03]];
            let table = Table { columns, widths: vec![13, 13, 13, 13, 13, 1, 1], rows: 1 };
            let out = table.batch_values(&mut kernel("model_free_variance", &[]));
            (out[0][0], out[1][0])
        };
        let (var, index) = got(1.0, 1.0);
        prop_assert!(var > 0.0 && close(index, 100.0 * var.sqrt(), 0.0, 1e-14));
        prop_assert!(close(got(factor, 1.0).0, var, 0.0, 1e-12));
        prop_assert!(close(got(1.0, factor).0, var * factor, 0.0, 1e-12));
    }

    #[test]
    fn a_basis_is_the_yield_that_it_was_made_of(
        spot in 1.0..1e5, carry in -0.5..0.5, days in 0.1..400.0, ann in 300.0..400.0, factor in 0.1..10.0
    ) {
        let futures = spot * f64::exp(carry * days / ann);
        let got = all("basis", &[ann], &[spot, futures, days]);
        prop_assert!(close(got[3], carry, 1.0, 1e-10 / days.min(1.0)));
        prop_assert_eq!(got[0] > 0.0, futures > spot);
        let scaled = all("basis", &[ann], &[spot * factor, futures * factor, days]);
        prop_assert!(close(scaled[1], got[1], 1.0, 1e-10) && close(scaled[2], got[2], 1.0, 1e-10));
    }

    #[test]
    fn funding_is_the_interest_until_the_premium_leaves_the_clamp(
        premium in -0.08..0.08, index in 1.0..1e5, samples in 1usize..20
    ) {
        // Both impact prices away from the index by the premium, so that the premium is what is left of them.
        let premium: f64 = premium;
        let quote = index * (1.0 + premium);
        let n = 3 * samples;
        let [bid, ask, index] = [quote, quote, index].map(|x| vec![x; n]);
        let got = over("funding_rate", &[1e-4, 5e-4, 0.03, samples as f64], &[&bid, &ask, &index]);
        let wanted = if (premium - 1e-4).abs() <= 5e-4 {
            1e-4
        } else {
            (premium - 5e-4 * (premium - 1e-4).signum()).clamp(-0.03, 0.03)
        };
        prop_assert!(got[1].iter().all(|average| close(*average, premium, 1.0, 1e-12)));
        prop_assert!(got[2].iter().all(|funding| close(*funding, wanted, 1.0, 1e-12)));
    }

    #[test]
    fn carry_flips_with_its_sign_and_adds_up(rates in prop::collection::vec(-1e-3..1e-3, 5..40)) {
        let window = 5.0;
        let negated: Vec<f64> = rates.iter().map(|x| -x).collect();
        let run = |rates: &[f64]| over("funding_carry", &[1095.0, window], &[rates]);
        let (got, flipped) = (run(&rates), run(&negated));
        for row in 4..rates.len() {
            for output in [0, 2, 3] {
                prop_assert!(close(got[output][row], -flipped[output][row], 1e-3, 1e-12));
            }
            prop_assert!(close(got[2][row], rates[..=row].iter().sum::<f64>(), 1e-3, 1e-12));
        }
        let flat = run(&[rates[0]; 9]);
        prop_assert!(close(flat[0][8], 1095.0 * rates[0], 0.0, 1e-13));
        prop_assert!(close(flat[1][8], (1.0 + rates[0]).powf(1095.0) - 1.0, 1e-3, 1e-9));
        prop_assert_eq!(flat[3][8], 0.0);
    }

    #[test]
    fn the_premium_of_what_was_realised_is_nothing(
        returns in prop::collection::vec(-0.1..0.1, 10), more in 0.01..1.0
    ) {
        let realised = f64::sqrt(365.0 / 10.0 * returns.iter().map(|r| r * r).sum::<f64>());
        let at = |vol: f64| {
            let out = over("variance_risk_premium", &[10.0], &[&[vol; 10], &returns]);
            [out[0][9], out[1][9]]
        };
        prop_assert!(at(realised).iter().all(|x| x.abs() < 1e-12));
        let (low, high) = (at(realised), at(realised + more));
        prop_assert!(high[0] > low[0] && close(high[1] - low[1], more, 1.0, 1e-12));
    }

    #[test]
    fn fills_at_the_mark_are_worth_nothing_and_sides_cancel(
        entry in 10.0..1e5, size in 0.001..100.0, change in -0.5..0.5, contract in 0.001..100.0
    ) {
        let last = |side: f64, mark: f64| all("inverse_pnl", &[contract], &[entry, size, side, mark]);
        prop_assert_eq!(last(1.0, entry), vec![0.0; 3]);
        let mark = entry * (1.0 + change);
        let (long, short) = (last(1.0, mark), last(-1.0, mark));
        prop_assert!((0..3).all(|i| long[i] == -short[i]));
        prop_assert!(close(long[0], contract * size * (mark - entry), contract * size * entry, 1e-14));
        let change = f64::abs(change);
        // In coin the long loses more when the price falls than it gains when it rises as much.
        let (up, down) = (last(1.0, entry * (1.0 + change))[1], last(1.0, entry * (1.0 - change))[1]);
        prop_assert!(change < 1e-6 || -down > up);
        // Turned: what was realised stays, whatever the mark is afterwards.
        let none = f64::NAN;
        let fills = [[entry, mark, none], [size, size, none], [1.0, -1.0, none], [entry, mark, 3.0 * entry]];
        let columns: Vec<&[f64]> = fills.iter().map(|column| column.as_slice()).collect();
        let flat = over("inverse_pnl", &[contract], &columns);
        prop_assert!(close(flat[0][2], long[0], contract * size * entry, 1e-13));
        prop_assert!(close(flat[1][2], long[1], contract * size / entry, 1e-13));
    }

    #[test]
    fn equity_is_the_maintenance_at_liquidation(
        entry in 1.0..1e5, leverage in 1.1..200.0, mmr in 0.0..0.0049, fee in 0.0..0.001
    ) {
        for side in [1.0, -1.0] {
            let got = all("liquidation_price", &[leverage, mmr, fee], &[entry, side]);
            let (margin, needed) = (entry / leverage, mmr + fee);
            prop_assert!(close(margin + side * (got[0] - entry), needed * got[0], entry, 1e-13));
            prop_assert!(close(margin + side * (got[1] - entry), 0.0, entry, 1e-13));
            let coins = 1.0 / (entry * leverage) + side * (1.0 / entry - 1.0 / got[2]);
            prop_assert!(close(coins, needed / got[2], 1.0 / entry, 1e-12));
            if needed < 1.0 / leverage {
                prop_assert!(side * (entry - got[0]) > 0.0 && side * (entry - got[2]) > 0.0);
            }
        }
        let free = all("liquidation_price", &[1000.0, 0.0, 0.0], &[entry, 1.0]);
        prop_assert!(close(free[0], entry, 0.0, 2e-3));
    }

    #[test]
    fn each_change_falls_in_one_quadrant(
        prices in prop::collection::vec(1u8..6, 30), interests in prop::collection::vec(1u8..6, 30),
        period in 1usize..9
    ) {
        let [prices, interests] = [prices, interests].map(|xs| xs.into_iter().map(f64::from).collect::<Vec<_>>());
        let got = over("open_interest_quadrant", &[period as f64], &[&prices, &interests]);
        let scaled: Vec<f64> = prices.iter().map(|x| 8.0 * x).collect();
        let scaled = over("open_interest_quadrant", &[period as f64], &[&scaled, &interests]);
        prop_assert_eq!(&scaled[0][period..], &got[0][period..]);
        for row in period..30 {
            let (rose, opened) = (prices[row] > prices[row - period], interests[row] > interests[row - period]);
            let wanted = match (rose, opened) {
                (true, true) => 1.0,
                (true, false) => 2.0,
                (false, true) => 3.0,
                (false, false) => 4.0,
            };
            prop_assert_eq!(got[0][row], wanted);
            prop_assert!(close(got[2][row], prices[row] / prices[row - period] - 1.0, 1.0, 1e-15));
        }
    }
}

#[test]
fn a_flat_slice_of_svi_has_no_butterfly() {
    let got = all("svi", &[0.09, 0.0], &[130.0, 100.0]);
    assert_eq!(got, [0.09, 1.0]);
    let none = all("svi", &[0.0, 0.0], &[130.0, 100.0]);
    assert!(none[0] == 0.0 && none[1].is_nan());
}

#[test]
fn the_wings_of_a_strip_end_at_two_zero_bids() {
    let got = |put_bid: [f64; 7]| {
        let columns = vec![
            vec![70.0, 80.0, 85.0, 90.0, 95.0, 100.0, 110.0],
            vec![30.0, 20.0, 15.0, 10.0, 6.0, 3.0, 1.0],
            vec![30.0, 20.0, 15.0, 10.0, 6.0, 3.0, 1.0],
            put_bid.to_vec(),
            vec![0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 11.0],
            vec![0.5],
            vec![0.0],
        ];
        let table = Table { columns, widths: vec![7, 7, 7, 7, 7, 1, 1], rows: 1 };
        table.batch_values(&mut kernel("model_free_variance", &[]))[0][0]
    };
    let ended = got([0.2, 0.0, 0.0, 1.0, 2.0, 3.0, 11.0]);
    assert_eq!(ended, got([0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 11.0]));
    assert_ne!(ended, got([0.2, 0.3, 0.0, 1.0, 2.0, 3.0, 11.0]));
    assert!(got([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).is_nan());
}

#[test]
fn volatility_is_found_all_the_way_from_hours_to_decades() {
    for deviation in [1e-5, 1e-3, 0.05, 0.7, 3.0, 9.0] {
        for standard in [-6.0, -1.0, 0.0, 0.5, 4.0] {
            let distance: f64 = standard * deviation;
            let cp = if distance > 0.0 { 1.0 } else { -1.0 };
            let strike = 100.0 * distance.exp();
            let price = at("bs_price", &[], &[100.0, strike, 1.0, 0.0, 0.0, deviation, cp]);
            let found = at("implied_vol", &[], &[100.0, strike, 1.0, 0.0, 0.0, price, cp]);
            let again = at("bs_price", &[], &[100.0, strike, 1.0, 0.0, 0.0, found, cp]);
            assert!(close(again, price, 0.0, 1e-13), "{deviation} {standard}: {found}");
        }
    }
}

#[test]
fn a_smile_with_arbitrage_has_no_skew() {
    let got = |vols: [f64; 3]| {
        let columns = vec![vec![80.0, 100.0, 125.0], vols.to_vec(), vec![100.0], vec![0.25]];
        let table = Table { columns, widths: vec![3, 3, 1, 1], rows: 1 };
        let out = table.batch_values(&mut kernel("risk_reversal", &[0.3]));
        [out[0][0], out[1][0], out[2][0]]
    };
    assert!(got([0.5, 0.4, 0.5]).iter().all(|x| x.is_finite()));
    // So high a volatility gives the last call a larger delta than the one before.
    assert!(got([0.5, 0.4, 9.0]).iter().all(|x| x.is_nan()));
    assert!(got([0.5, -0.4, 0.5]).iter().all(|x| x.is_nan()));
}

#[test]
fn what_is_no_fill_and_no_option_leaves_no_trace() {
    let fill = |row: [f64; 4]| {
        let mut formula = kernel("inverse_pnl", &[]);
        let columns: Vec<&[f64]> = row.iter().map(std::slice::from_ref).collect();
        let before = formula.save();
        let out = Table::of(&columns).batch_values(&mut formula);
        (out[0][0].is_nan(), before == formula.save())
    };
    assert_eq!(fill([100.0, 1.0, 1.0, 101.0]), (false, false));
    for bad in
        [[100.0, -1.0, 1.0, 101.0], [0.0, 1.0, 1.0, 101.0], [100.0, 1.0, 0.3, 101.0], [100.0, 1.0, 1.0, 0.0]]
    {
        assert_eq!(fill(bad), (true, true), "{bad:?}");
    }
    let good = [100.0, 90.0, 1.0, 0.0, 0.0, 0.5, 1.0];
    for (place, value) in [(0, 0.0), (1, -1.0), (2, -0.1), (5, -0.1), (6, 0.0)] {
        let mut bad = good;
        bad[place] = value;
        for key in ["bs_price", "bs_delta", "bs_gamma", "bs_vega", "bs_theta", "implied_vol"] {
            assert!(at(key, &[], &bad).is_nan() || (key == "implied_vol" && place == 5), "{key} {bad:?}");
        }
    }
}
