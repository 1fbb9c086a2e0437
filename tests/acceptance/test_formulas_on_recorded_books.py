"""Formulas of quotes and books over recorded ones, against whole-array definitions and against themselves row by row.

Six minutes of Binance's perpetual BTCUSDT: 66,089 best quotes, 21,313 trades, and the book of 20 levels rebuilt after
each of its 6,500 updates. Without the folder `shared` beside the project these tests are skipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from recordings import (
    LEVELS,
    Comparison,
    Table,
    assert_as_wanted,
    assert_streaming_is_batch,
    books,
    quotes,
    tape,
)

import nanotick as nt

pd = pytest.importorskip("pandas")

PATH = "l2/binance_raw/usdm_btcusdt_20240808.gz"


def lots(sizes: Any) -> Any:
    """Sizes in whole thousandths, of which sums are exact."""
    return np.rint(sizes * 1000.0).astype(np.int64)


def columns(d: Any, names: str) -> list[Any]:
    return [getattr(d, name) for name in names.split()]


QUOTE, BOOK = "bid ask bid_size ask_size", "bid_px bid_sizes ask_px ask_sizes"
BOOK_AND_TRADES = f"{BOOK} price size side t_s"


def middle(d: Any) -> Any:
    return (d.bid_px[:, 0] + d.ask_px[:, 0]) / 2.0


# Quotes.


def mid_price(d: Any) -> Comparison:
    return Comparison({}, columns(d, "bid ask"), {"mid": np.rint((d.bid + d.ask) * 10.0) / 20.0})


def quoted_spread(d: Any) -> Comparison:
    spread = np.rint((d.ask - d.bid) * 10.0) / 10.0
    wanted = {"spread": spread, "spread_bps": 1e4 * spread / (d.bid + spread / 2.0)}
    return Comparison({}, columns(d, "bid ask"), wanted, rtol=1e-9)


def microprice_weighted(d: Any) -> Comparison:
    heavy, light = lots(d.bid_size), lots(d.ask_size)
    wanted = {"wmid": d.bid + (d.ask - d.bid) * heavy / (heavy + light)}
    return Comparison({}, columns(d, QUOTE), wanted, rtol=1e-14)


def queue_imbalance(d: Any) -> Comparison:
    heavy, light = lots(d.bid_size), lots(d.ask_size)
    return Comparison({}, columns(d, "bid_size ask_size"), {"qi": (heavy - light) / (heavy + light)})


def order_flow(bid: Any, ask: Any, bid_size: Any, ask_size: Any) -> Any:
    """e_n of each update after the first, in whole lots."""
    ups, downs = np.diff(bid) >= 0.0, np.diff(bid) <= 0.0
    falls, rises = np.diff(ask) <= 0.0, np.diff(ask) >= 0.0
    heavy, light = lots(bid_size), lots(ask_size)
    return ups * heavy[1:] - downs * heavy[:-1] - falls * light[1:] + rises * light[:-1]


def last_sums(values: Any, length: int) -> Any:
    """Sums over up to `length` rows."""
    total = np.cumsum(values, axis=0)
    total[length:] = total[length:] - total[:-length].copy()
    return total


def ofi(d: Any) -> Comparison:
    flow = order_flow(*columns(d, QUOTE))
    wanted = {"e": np.append(np.nan, flow / 1e3), "ofi": np.append(np.nan, last_sums(flow, 100) / 1e3)}
    return Comparison({"window": 100}, columns(d, QUOTE), wanted, atol=1e-9)


def quote_stuffing(d: Any) -> Comparison:
    """A quote a message; every fortieth row a trade too, so that both sides of the rule are seen."""
    width, window = 0.1, 600
    trades = (np.arange(len(d.t_s)) % 40 == 0).astype(float)
    bins = np.floor(d.t_s / width).astype(np.int64)
    bins -= bins[0]
    counts, traded = np.bincount(bins).astype(float), np.bincount(bins, weights=trades)
    before = pd.Series(counts).rolling(window)
    score = (counts - before.mean().shift()) / np.maximum(before.std().shift(), 1.0)
    flags = ((score > 4.0) & (counts > 20.0 * np.maximum(traded, 1.0))).astype(float)
    # A row shows that the bin of the row before it is over; its numbers stand until the next.
    ended = np.where(np.diff(bins, prepend=bins[0]) > 0, np.append(0, bins[:-1]), -1)
    shown = np.maximum.accumulate(ended)
    seen = shown >= window
    assert flags[window:].sum() > 1
    wanted = {
        "zscore": np.where(seen, score.to_numpy()[shown], np.nan),
        "stuffing": np.where(seen, flags.to_numpy()[shown], np.nan),
    }
    inputs = [np.ones(len(d.t_s)), trades, d.t_s]
    params = {"bin_ms": 100.0, "window": window, "z": 4.0, "otr": 20.0}
    return Comparison(params, inputs, wanted, rtol=1e-8, atol=1e-8)


def stoikov_microprice(d: Any) -> Comparison:
    """The chain of imbalance and spread counted and solved, every transition with its mirror image."""
    n_imb, n_spread, iters = 10, 3, 6
    heavy, light, spread = lots(d.bid_size), lots(d.ask_size), np.rint((d.ask - d.bid) * 10.0).astype(int)
    bucket = np.minimum(heavy * n_imb // (heavy + light), n_imb - 1)
    known = (spread >= 1) & (spread <= n_spread)
    move = np.diff(np.rint((d.bid + d.ask) * 10.0)) / 20.0
    both = known[:-1] & known[1:]
    states = n_imb * n_spread
    stay, leave, jump = np.zeros((states, states)), np.zeros((states, states)), np.zeros(states)
    for sign in (1.0, -1.0):
        place = (bucket if sign > 0.0 else n_imb - 1 - bucket) * n_spread + spread - 1
        before, after, moved = place[:-1][both], place[1:][both], move[both] != 0.0
        np.add.at(stay, (before[~moved], after[~moved]), 1.0)
        np.add.at(leave, (before[moved], after[moved]), 1.0)
        np.add.at(jump, before, sign * move[both])
    seen = stay.sum(axis=1) + leave.sum(axis=1)
    count = np.maximum(seen, 1.0)[:, None]
    flow = np.eye(states) - stay / count
    first, onward = np.linalg.solve(flow, jump / count[:, 0]), np.linalg.solve(flow, leave / count)
    total = np.zeros(states)
    for _ in range(iters):
        total, first = total + first, onward @ first
    total[seen == 0.0] = np.nan
    adjustment = np.where(known, total[np.where(known, bucket * n_spread + spread - 1, 0)], np.nan)
    assert np.nanmax(adjustment) > 0.01
    wanted = {"microprice": (d.bid + d.ask) / 2.0 + adjustment, "adjustment": adjustment}
    params = {"n_imb": n_imb, "n_spread": n_spread, "iters": iters, "tick": 0.1}
    return Comparison(params, columns(d, QUOTE), wanted, atol=1e-10)


# Trades and quotes on one clock.


def known_mid(d: Any) -> Any:
    return pd.Series((d.bid + d.ask) / 2.0).ffill().to_numpy()


def effective_spread(d: Any) -> Comparison:
    mid = known_mid(d)
    each = 2.0 * d.side * (d.price - mid) / mid * 1e4
    traded = ~np.isnan(each)
    weight = np.where(traded, d.size, 0.0)
    mean = np.cumsum(np.where(traded, each * weight, 0.0)) / np.maximum(np.cumsum(weight), 1e-300)
    wanted = {"eff_bps": each, "eff_vw_bps": np.where(traded, mean, np.nan)}
    return Comparison({}, columns(d, "price size side bid ask"), wanted, rtol=1e-7, atol=1e-7)


def due(d: Any, horizon: float, each: Any) -> Any:
    """Size-weighted mean of a number of each trade, in the first row later than its time and the horizon."""
    start = int(np.flatnonzero(~np.isnan(d.bid))[0])
    trades = np.flatnonzero(~np.isnan(d.price))
    trades = trades[trades > start]
    row = np.searchsorted(d.t_s, d.t_s[trades] + horizon, side="right")
    trades, row = trades[row < len(d.t_s)], row[row < len(d.t_s)]
    value = each(trades, row - 1)
    sums, weights = (np.bincount(row, w, len(d.t_s)) for w in (value * d.size[trades], d.size[trades]))
    return np.where(weights > 0.0, sums / np.where(weights > 0.0, weights, 1.0), np.nan)


def realized_spread(d: Any) -> Comparison:
    mid = known_mid(d)
    wanted = due(d, 1.0, lambda i, later: 2.0 * d.side[i] * (d.price[i] - mid[later]) / mid[i] * 1e4)
    inputs = columns(d, "price size side bid ask t_s")
    return Comparison({"horizon_s": 1.0}, inputs, {"rs_bps": wanted}, rtol=1e-7, atol=1e-7)


def price_impact(d: Any) -> Comparison:
    mid = known_mid(d)
    wanted = due(d, 1.0, lambda i, later: d.side[i] * (mid[later] - mid[i]) / mid[i] * 1e4)
    inputs = columns(d, "price size side bid ask t_s")
    return Comparison({"horizon_s": 1.0}, inputs, {"impact_bps": wanted}, rtol=1e-7, atol=1e-7)


def markout(d: Any) -> Comparison:
    """Every trade as if it had been our fill."""
    mid, horizons = known_mid(d), [0.1, 2.0]
    means = []
    for horizon in horizons:
        trades = np.flatnonzero(~np.isnan(d.price))
        row = np.searchsorted(d.t_s, d.t_s[trades] + horizon, side="right")
        later = mid[row - 1]
        kept = (row < len(d.t_s)) & ~np.isnan(later)
        trades, row, later = trades[kept], row[kept], later[kept]
        value = d.side[trades] * (later - d.price[trades]) / d.price[trades] * 1e4
        sums, weights = (np.bincount(row, w, len(d.t_s)) for w in (value * d.size[trades], d.size[trades]))
        with np.errstate(invalid="ignore"):
            means.append(np.cumsum(sums) / np.cumsum(weights))
    inputs = columns(d, "price size side bid ask t_s")
    params = {"horizons_s": horizons, "max_pending": 100_000}
    return Comparison(params, inputs, {"markout_bps": np.array(means).T}, rtol=1e-7, atol=1e-7)


def lee_ready(d: Any) -> Comparison:
    """Against the quote of half a second before, and by the last move of the price where that does not tell."""
    lag = 0.5
    is_quote = ~np.isnan(d.bid)
    known = pd.DataFrame({"t": d.t_s[is_quote], "mid": ((d.bid + d.ask) / 2.0)[is_quote]})
    traded = ~np.isnan(d.price)
    asked = pd.DataFrame({"t": d.t_s[traded] - lag, "price": d.price[traded]})
    mid = pd.merge_asof(asked, known, on="t")["mid"].to_numpy()
    side = np.sign(np.rint((d.price[traded] - mid) * 100.0))
    moves = pd.Series(np.sign(np.diff(d.price[traded], prepend=d.price[traded][0])))
    rule = moves.where(moves != 0.0).ffill().fillna(0.0).to_numpy()
    sign = np.full(len(d.t_s), np.nan)
    sign[traded] = np.where(np.isnan(side) | (side == 0.0), rule, side)
    return Comparison({"quote_lag_s": lag}, columns(d, "price bid ask t_s"), {"sign": sign})


# Books.


def depth_imbalance(d: Any) -> Comparison:
    bids, asks = (lots(sizes)[:, :10].sum(axis=1) for sizes in (d.bid_sizes, d.ask_sizes))
    inputs = columns(d, "bid_sizes ask_sizes")
    return Comparison({"levels": 10}, inputs, {"imbalance": (bids - asks) / (bids + asks)}, atol=1e-11)


def depth_imbalance_weighted(d: Any) -> Comparison:
    mid = middle(d)[:, None]
    bids, asks = (
        (np.exp(-np.abs(px - mid) / mid * 1e4 / 0.5) * sizes).sum(axis=1)
        for px, sizes in ((d.bid_px, d.bid_sizes), (d.ask_px, d.ask_sizes))
    )
    wanted = {"imbalance": (bids - asks) / (bids + asks)}
    return Comparison({"levels": 20, "decay_bps": 0.5}, columns(d, BOOK), wanted, atol=1e-9)


def depth_within_bps(d: Any) -> Comparison:
    mid = middle(d)[:, None]
    wanted: dict[str, Any] = {}
    for name, px, sizes in (("bid", d.bid_px, d.bid_sizes), ("ask", d.ask_px, d.ask_sizes)):
        near = np.where(np.abs(px - mid) <= 0.3e-4 * mid, sizes, 0.0)
        wanted |= {f"{name}_depth": near.sum(axis=1), f"{name}_notional": (near * px).sum(axis=1)}
    assert (wanted["bid_depth"] < d.bid_sizes.sum(axis=1)).mean() > 0.1
    return Comparison({"bps": 0.3}, columns(d, BOOK), wanted)


def book_pressure(d: Any) -> Comparison:
    px, sizes = (
        np.hstack([a[:, 1:10], b[:, 1:10]]) for a, b in ((d.bid_px, d.ask_px), (d.bid_sizes, d.ask_sizes))
    )
    price = (px * sizes).sum(axis=1) / sizes.sum(axis=1)
    wanted = {"wp": price, "deviation_bps": 1e4 * (price / middle(d) - 1.0)}
    return Comparison({"n1": 2, "n2": 10}, columns(d, BOOK), wanted, atol=1e-8)


def book_slope(d: Any) -> Comparison:
    """Sizes in thousandths, so that each best size is above 1 as the formula asks."""
    slopes, levels = [], 5
    for px, sizes in ((d.bid_px, d.bid_sizes), (d.ask_px, d.ask_sizes)):
        v = np.log(np.cumsum(lots(sizes), axis=1)[:, :levels])
        p = np.column_stack([middle(d), px[:, :levels]])
        steps = np.abs(p[:, 1:] / p[:, :-1] - 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = ((v[:, 1:] / v[:, :-1] - 1.0) / steps[:, 1:]).sum(axis=1)
            slopes.append(np.where(v[:, 0] > 0.0, (v[:, 0] / steps[:, 0] + rest) / levels, np.nan))
    wanted = {"slope_bid": slopes[0], "slope_ask": slopes[1], "slope": (slopes[0] + slopes[1]) / 2.0}
    inputs = [d.bid_px, lots(d.bid_sizes).astype(float), d.ask_px, lots(d.ask_sizes).astype(float)]
    # Steps of a tick are a millionth of the price: what a division of doubles leaves of them is ten digits.
    return Comparison({"levels": levels}, inputs, wanted, rtol=1e-8)


def swept(px: Any, sizes: Any, notional: float) -> tuple[Any, Any]:
    """Average price of a notional taken from the levels, and whether they hold it."""
    value = px * sizes
    before = np.cumsum(value, axis=1) - value
    taken = np.clip(notional - before, 0.0, value)
    return taken.sum(axis=1) / (taken / px).sum(axis=1), value.sum(axis=1) >= notional


def sweep_cost(d: Any) -> Comparison:
    notional, mid = 300_000.0, middle(d)
    (buy, buys), (sell, sells) = (
        swept(*side, notional) for side in ((d.ask_px, d.ask_sizes), (d.bid_px, d.bid_sizes))
    )
    filled = (buys & sells).astype(float)
    assert 0.01 < filled.mean() < 0.99
    wanted = {
        "buy_vwap": buy,
        "sell_vwap": sell,
        "filled": filled,
        "buy_bps": 1e4 * (buy / mid - 1.0),
        "sell_bps": 1e4 * (1.0 - sell / mid),
    }
    return Comparison({"notional": notional}, columns(d, BOOK), wanted, rtol=1e-10, atol=1e-8)


def xlm(d: Any) -> Comparison:
    notional, mid = 300_000.0, middle(d)
    (buy, buys), (sell, sells) = (
        swept(*side, notional) for side in ((d.ask_px, d.ask_sizes), (d.bid_px, d.bid_sizes))
    )
    cost = np.where(buys & sells, 1e4 * (buy - sell) / mid, np.nan)
    premium = 1e4 * (d.ask_px[:, 0] - d.bid_px[:, 0]) / mid
    wanted = {"xlm_bps": cost, "liquidity_premium": premium, "adverse": cost - premium}
    return Comparison({"notional": notional}, columns(d, BOOK), wanted, rtol=1e-8, atol=1e-8)


def depth_hhi(d: Any) -> Comparison:
    sides = ((d.bid_px, d.bid_sizes), (d.ask_px, d.ask_sizes))
    hhi = [((sizes / sizes.sum(axis=1, keepdims=True)) ** 2).sum(axis=1) for _, sizes in sides]
    ratio = [sizes.max(axis=1) / np.median(sizes, axis=1) for _, sizes in sides]
    wall = [px[np.arange(len(px)), sizes.argmax(axis=1)] for px, sizes in sides]
    most = np.maximum(*ratio)
    price = np.where(ratio[0] >= ratio[1], *wall)
    wanted = {
        "hhi": np.maximum(*hhi),
        "wall_price": np.where(most >= 40.0, price, np.nan),
        "wall_ratio": most,
    }
    return Comparison({"levels": LEVELS, "k": 40.0}, columns(d, BOOK), wanted)


def mlofi(d: Any) -> Comparison:
    levels, window = 10, 100
    best = [
        [column[:, m] for column in columns(d, "bid_px ask_px bid_sizes ask_sizes")] for m in range(levels)
    ]
    flow = np.column_stack([order_flow(*level) for level in best])
    sums = last_sums(flow, window)
    depth = (lots(d.bid_sizes) + lots(d.ask_sizes))[1:, :levels].sum(axis=1)
    count = np.minimum(np.arange(1, len(depth) + 1), window)
    mean_depth = last_sums(depth, window) / (2.0 * levels * count)
    nothing = np.full((1, levels), np.nan)
    wanted = {
        "mlofi": np.vstack([nothing, sums / 1e3]),
        "integrated": np.append(np.nan, sums.mean(axis=1) / mean_depth),
    }
    return Comparison({"levels": levels, "window": window}, columns(d, BOOK), wanted, rtol=1e-9, atol=1e-9)


def cancel_rate(d: Any) -> Comparison:
    """Levels of the first twenty that grew, that shrank, and every third row a trade."""
    sizes = np.hstack([lots(d.bid_sizes), lots(d.ask_sizes)])
    change = np.diff(sizes, axis=0, prepend=sizes[:1])
    counts = [
        (change > 0).sum(axis=1),
        (change < 0).sum(axis=1),
        (np.arange(len(change)) % 3 == 0).astype(int),
    ]
    rows, tau = np.arange(50, len(d.t_s), 31), 20.0
    sums = []
    for count in counts:
        weight = np.exp(-(d.t_s[rows, None] - d.t_s) / tau)
        sums.append(np.where(np.arange(len(d.t_s)) <= rows[:, None], weight, 0.0) @ count)
    added, cancelled, traded = sums
    wanted = {"cancel_ratio": cancelled / added, "otr": (added + cancelled) / traded}
    inputs = [*(count.astype(float) for count in counts), d.t_s]
    return Comparison({"tau_s": tau}, inputs, wanted, rows)


QUOTES: Table = {
    made.__name__: made
    for made in (
        *(mid_price, quoted_spread, microprice_weighted, queue_imbalance),
        *(ofi, quote_stuffing, stoikov_microprice),
    )
}
TAPE: Table = {
    made.__name__: made for made in (effective_spread, realized_spread, price_impact, markout, lee_ready)
}
BOOKS: Table = {
    made.__name__: made
    for made in (
        *(depth_imbalance, depth_imbalance_weighted, depth_within_bps, book_pressure, book_slope, sweep_cost),
        *(xlm, depth_hhi, mlofi, cancel_rate),
    )
}
SOURCES = [(key, quotes) for key in QUOTES] + [(key, tape) for key in TAPE] + [(key, books) for key in BOOKS]
EVERY: Table = QUOTES | TAPE | BOOKS
#: Detectors that follow single levels and orders: what they should say was worked out by hand for scenes, in their
#: proofs; here a long recording row by row must be the recording.
DETECTORS = {
    "spoof_score": ({"k": 2.0}, BOOK_AND_TRADES),
    "layering_score": ({"k": 1.0}, BOOK_AND_TRADES),
    "iceberg_score": ({}, BOOK_AND_TRADES),
}


@pytest.mark.parametrize(("key", "source"), SOURCES)
def test_recorded_quotes_and_books_give_what_the_definition_says(key: str, source: Any) -> None:
    assert_as_wanted(key, EVERY[key](source(PATH)))


@pytest.mark.parametrize(("key", "source"), [one for one in SOURCES if one[0] != "stoikov_microprice"])
def test_recorded_quotes_and_books_one_by_one_are_the_recording(key: str, source: Any) -> None:
    case = EVERY[key](source(PATH))
    assert_streaming_is_batch(key, case.params, case.inputs)


@pytest.mark.parametrize("key", DETECTORS)
def test_detectors_one_by_one_are_the_recording(key: str) -> None:
    params, names = DETECTORS[key]
    assert_streaming_is_batch(key, params, columns(books(PATH).events, names))


@pytest.mark.parametrize("f", ["proportional", "pessimistic", "optimistic"])
def test_an_order_in_the_queue_of_a_recorded_level(f: str) -> None:
    """An order at the best bid every 500 rows: streaming is batch, and what is ahead never grows until the next."""
    events = books(PATH).events
    rows = len(events.t_s)
    order = np.full((3, rows), np.nan)
    best = pd.Series(events.bid_px[:, 0]).ffill().to_numpy()
    order[:, ::500] = np.array([best[::500], np.full(len(best[::500]), 0.01), np.ones(len(best[::500]))])
    inputs = [*columns(events, f"{BOOK} price size side"), *order]
    assert_streaming_is_batch("queue_position", {"f": f}, inputs)
    ahead = nt.queue_position(f=f).batch(*inputs).ahead
    growth = np.delete(np.diff(ahead), np.arange(499, rows - 1, 500))
    assert (growth[~np.isnan(growth)] <= 1e-9).all() and (growth < 0.0).sum() > 50
