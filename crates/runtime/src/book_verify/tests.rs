//! The oracle's rule, format names and the grids of the first pass.

use super::*;
use nanotick_model::{Level, Qty, Quote};

fn top(bid: i64) -> oracle::Top {
    let level = |px| Level { px: Px(px), qty: Qty(1) };
    (level(bid), level(bid + 1))
}

#[test]
fn a_top_is_compared_with_the_last_quote_up_to_its_id() {
    enum Step {
        /// A quote with this id and bid.
        Q(u64, i64),
        /// The book's top behind a depth update with this id.
        T(u64, i64),
    }
    /// What happens, and `(id, the book's bid, the quote's bid)` of each comparison.
    type Case = (&'static str, &'static [Step], &'static [(u64, i64, i64)]);
    use Step::*;
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("quotes run ahead", &[Q(1, 10), Q(5, 11), Q(9, 12), T(6, 11)], &[(6, 11, 11)]),
        ("depth runs ahead", &[T(6, 11), Q(1, 10), Q(5, 11), Q(9, 12)], &[(6, 11, 11)]),
        ("equal ids belong together", &[Q(6, 11), T(6, 11), Q(7, 12)], &[(6, 11, 11)]),
        ("a mismatch is one", &[Q(6, 11), T(8, 14), Q(9, 12)], &[(8, 14, 11)]),
        ("without a later quote nothing is certain", &[Q(1, 10), T(6, 10)], &[]),
        ("before the first quote there is nothing to compare", &[T(3, 9), Q(5, 10), T(6, 10), Q(7, 11)], &[(6, 10, 10)]),
        ("one quote judges many tops", &[Q(1, 10), T(2, 10), T(4, 10), Q(5, 11), T(5, 11), Q(6, 12)],
            &[(2, 10, 10), (4, 10, 10), (5, 11, 11)]),
        ("a quote from the past changes nothing", &[Q(5, 10), Q(4, 99), T(6, 10), Q(8, 11)], &[(6, 10, 10)]),
    ];
    for (name, steps, want) in cases {
        let mut oracle = Oracle::default();
        let mut got = Vec::new();
        for step in *steps {
            match *step {
                Q(update_id, bid) => {
                    let (bid, ask) = top(bid);
                    oracle.quote(&Quote { bid, ask, update_id });
                }
                T(update_id, bid) => oracle.top(update_id, top(bid)),
            }
            while let Some(v) = oracle.next_verdict() {
                got.push((v.update_id, v.book.0.px.0, v.quote.0.px.0));
            }
        }
        assert_eq!(got, *want, "{name}");
    }
}

#[test]
fn an_unknown_format_names_the_known_ones() {
    for (name, format) in Format::NAMES {
        assert_eq!(name.parse(), Ok(format));
    }
    let error = "binance".parse::<Format>().unwrap_err();
    assert!(error.hint.contains("binance-usdm") && error.message.contains("`binance`"), "{error}");
}

#[test]
fn a_grid_is_as_fine_as_the_finest_number() {
    let mut seen = Precision::default();
    for text in ["61800.20", "61800.00", "5", "61800.300"] {
        seen.see(true, text);
    }
    seen.see(false, "0.00000000");
    assert_eq!((seen.px_decimals, seen.qty_decimals, seen.px.as_str()), (1, 0, "61800.20"));
    seen.see(false, "0.00012000");
    assert_eq!(seen.qty_decimals, 5);
    // Numbers finer than any grid leave the symbol out; they do not become a wrong book.
    seen.see(true, "0.00000000000001");
    assert!(Rebuilt::new("X", &seen).is_none());
}
