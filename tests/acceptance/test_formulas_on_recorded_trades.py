"""Formulas of trades over days of them, against whole-array definitions and against themselves row by row.

Sizes of these recordings are whole numbers and prices whole ticks, so that sums over windows are exact here: cumulative
sums of integers, which say nothing about how the kernels sum. Without the folder `shared` beside the project these
tests are skipped.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

import numpy as np
import pytest
from recordings import Comparison, Table, assert_as_wanted, assert_streaming_is_batch, day_of_trades

stats = pytest.importorskip("scipy.stats")

RECORDINGS = {
    "APEUSDT futures": ("trades/binance_usdm_APEUSDT-aggTrades-2024-10-18.zip", 1e-4),
    "PEPEUSDT spot": ("trades/binance_spot_PEPEUSDT-aggTrades-2024-10-27.zip", 1e-8),
}


@pytest.fixture(scope="module", params=RECORDINGS)
def trades(request: pytest.FixtureRequest) -> Any:
    return day_of_trades(*RECORDINGS[request.param])


def window_sum(values: Any, length: int) -> Any:
    """Exact sums of integers over each window, NaN before the first."""
    total = np.concatenate([[0], np.cumsum(values.astype(np.int64))])
    return np.concatenate([np.full(length - 1, np.nan), total[length:] - total[:-length]])


def since(keys: Any, values: Any) -> Any:
    """Cumulative sums that begin anew whenever the key changes."""
    total = np.cumsum(values)
    start = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    before = total[start] - values[start]
    return total - np.repeat(before, np.diff(np.append(start, len(keys))))


def bought_and_sold(d: Any, length: int) -> tuple[Any, Any]:
    return window_sum(np.where(d.side > 0, d.size, 0), length), window_sum(
        np.where(d.side < 0, d.size, 0), length
    )


def trade_imbalance(d: Any) -> Comparison:
    buy, sell = bought_and_sold(d, 500)
    wanted = {"imbalance": (buy - sell) / (buy + sell), "buy_ratio": buy / (buy + sell)}
    return Comparison({"window": 500}, [d.size, d.side], wanted)


def taker_ratio(d: Any) -> Comparison:
    buy, sell = bought_and_sold(d, 100)
    both = 1e-9 * (buy + sell)
    return Comparison({"window": 100}, [d.size, d.side], {"log_ratio": np.log((buy + both) / (sell + both))})


def vwap_rolling(d: Any) -> Comparison:
    vwap = window_sum(d.ticks * d.size, 1000) / window_sum(d.size, 1000) * d.tick
    wanted = {"vwap": vwap, "dev_bps": 1e4 * (d.price / vwap - 1.0)}
    return Comparison({"window": 1000}, [d.price, d.size], wanted, atol=1e-9)


def vwap_session(d: Any) -> Comparison:
    hour = np.floor(d.t_s / 3600.0)
    volume = since(hour, d.size)
    vwap = since(hour, d.ticks * d.size) / volume
    # About the price of the day's first trade, so that squares of ticks are small.
    apart = (d.ticks - d.ticks[0]).astype(float)
    variance = since(hour, apart**2 * d.size) / volume - (since(hour, apart * d.size) / volume) ** 2
    band = 2.0 * np.sqrt(np.maximum(variance, 0.0))
    wanted = {"vwap": vwap * d.tick, "upper": (vwap + band) * d.tick, "lower": (vwap - band) * d.tick}
    # In the first trades of an hour the variance is 0 but for rounding, of which the root is left.
    inputs = [d.price, d.size, d.t_s]
    return Comparison({"reset_s": 3600.0}, inputs, wanted, atol=1e-4 * d.tick)


def cvd(d: Any) -> Comparison:
    signed = d.side * d.size
    session, bar = np.floor(d.t_s / 7200.0), np.floor(d.t_s / 60.0)
    wanted = {"cvd": since(session, signed), "bar_delta": since(bar, signed)}
    return Comparison({"reset_s": 7200.0, "bar_s": 60.0}, [d.size, d.side, d.t_s], wanted, rtol=0.0)


def tick_rule(d: Any) -> Comparison:
    moves = np.sign(np.diff(d.ticks, prepend=d.ticks[0]))
    last = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), 0))
    return Comparison({}, [d.price], {"sign": moves[last]}, rtol=0.0)


def decayed(d: Any, rows: Any, rate: float, values: Any, *, newest: bool) -> Any:
    """Direct sums of exp(-rate * age) over what came before each row, the row's own included or not."""
    out = []
    for row in rows:
        start = np.searchsorted(d.t_s, d.t_s[row] - 45.0 / rate)
        part = slice(start, row + 1 if newest else row)
        out.append(np.sum(values[part] * np.exp(-rate * (d.t_s[row] - d.t_s[part]))))
    return np.array(out)


def flow_ema_decay(d: Any) -> Comparison:
    rows, tau = np.arange(0, len(d.t_s), 101), 10.0
    flow, gross, count = (
        decayed(d, rows, 1.0 / tau, values, newest=True)
        for values in (d.side * d.size, d.size, np.ones(len(d.size)))
    )
    wanted = {"flow": flow / tau, "intensity": count / tau, "ratio": flow / gross}
    atol = 1e-12 * float(d.size.max())
    return Comparison({"tau_s": tau}, [d.size, d.side, d.t_s], wanted, rows, 1e-8, atol)


def hawkes_exp(d: Any) -> Comparison:
    rows = np.arange(0, len(d.t_s), 101)
    intensity = 0.5 + 0.8 * decayed(d, rows, 1.2, np.ones(len(d.t_s)), newest=False)
    wanted = {"intensity": intensity, "branching": np.full(len(rows), 0.8 / 1.2)}
    return Comparison({"mu": 0.5, "alpha": 0.8, "beta": 1.2}, [d.t_s], wanted, rows)


def hawkes_bivariate(d: Any) -> Comparison:
    rows = np.arange(0, len(d.t_s), 101)
    buys, sells = (
        decayed(d, rows, 1.2, (d.side == sign).astype(float), newest=False) for sign in (1.0, -1.0)
    )
    buy, sell = 0.5 + 0.6 * buys + 0.2 * sells, 0.5 + 0.6 * sells + 0.2 * buys
    wanted = {"lambda_buy": buy, "lambda_sell": sell, "imbalance": (buy - sell) / (buy + sell)}
    return Comparison({}, [d.side, d.t_s], wanted, rows, atol=1e-11)


def trade_arrival_rate(d: Any) -> Comparison:
    width, window = 10.0, 100
    bins = np.floor(d.t_s / width).astype(int)
    bins -= bins[0]
    counts = np.bincount(bins)
    mean = (window_sum(counts, window) / window)[: len(counts) - 1]
    z = np.append(np.nan, (counts[1:] - mean) / np.sqrt(np.maximum(mean, 1e-12)))
    done = np.where(bins > window, bins - 1, 0)
    z[0] = np.nan
    rate = np.where(bins > window, counts[done] / width, np.nan)
    wanted = {"rate": rate, "z": np.where(bins > window, z[done], np.nan)}
    return Comparison({"bin_s": width, "window": window}, [d.t_s], wanted)


def vpin(d: Any) -> Comparison:
    bucket, n = float(d.size.sum() // 500), 50
    # Volume bought as a function of volume traded: linear within a trade.
    traded, bought = np.cumsum(d.size), np.cumsum(np.where(d.side > 0, d.size, 0.0))
    ends = bucket * np.arange(traded[-1] // bucket + 1)
    buys = np.diff(np.interp(ends, np.append(0.0, traded), np.append(0.0, bought)))
    apart = np.abs(2.0 * buys - bucket)
    means = np.convolve(apart, np.ones(n))[n - 1 : len(apart)] / (n * bucket)
    done = (traded // bucket).astype(int)
    values = np.concatenate([np.full(n, np.nan), means])
    wanted = {"vpin": values[done], "buckets": np.where(done >= n, done, np.nan)}
    return Comparison({"bucket": bucket, "n": n}, [d.size, d.side], wanted)


def roll_spread(d: Any) -> Comparison:
    window = 300
    moves = np.diff(d.ticks)
    now, before, pairs = moves[1:], moves[:-1], window - 1
    products, sums = window_sum(now * before, pairs), (window_sum(now, pairs), window_sum(before, pairs))
    g = (pairs * products - sums[0] * sums[1]) / pairs**2
    g = np.append([np.nan, np.nan], g) * d.tick**2
    wanted = {"spread": 2.0 * np.sqrt(np.maximum(-g, 0.0)), "signed": -2.0 * np.sign(g) * np.sqrt(np.abs(g))}
    return Comparison({"window": window}, [d.price], wanted, atol=1e-6 * d.tick)


def regressions(x: Any, y: Any, window: int) -> tuple[Any, Any, Any]:
    """Slope, its t and r^2 of y on x over each window, about the window's means."""
    parts = [np.lib.stride_tricks.sliding_window_view(values, window) for values in (x, y)]
    x, y = (part - part.mean(axis=1, keepdims=True) for part in parts)
    xx, xy, yy = (x * x).sum(axis=1), (x * y).sum(axis=1), (y * y).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = xy / xx
        rest = (y - slope[:, None] * x) ** 2
        return slope, slope / np.sqrt(rest.sum(axis=1) / (window - 2) / xx), xy * xy / (xx * yy)


def binned(d: Any, width: float, flow: Any) -> tuple[Any, Any, Any]:
    """Which bin each trade is in, the last price of each bin, and the sum of the flow in it."""
    bins = np.floor(d.t_s / width).astype(int)
    bins -= bins[0]
    last = np.searchsorted(bins, np.arange(bins[-1] + 1), side="right") - 1
    return bins, d.price[last], np.bincount(bins, weights=flow)


def by_bin(d: Any, width: float, window: int, flow: Any, change: Any) -> tuple[Any, ...]:
    """Each trade's row of the regressions over the bins that were over by then."""
    bins, close, sums = binned(d, width, flow)
    columns = regressions(sums[1:], change(close), window)
    done = bins - 1 - window
    return tuple(np.where(done >= 0, column[np.maximum(done, 0)], np.nan) for column in columns)


def kyle_lambda(d: Any) -> Comparison:
    columns = by_bin(d, 10.0, 300, d.side * d.size, np.diff)
    wanted = dict(zip(("lambda_", "t_stat", "r2"), columns, strict=True))
    inputs = [d.price, d.size, d.side, d.t_s]
    # The slope is small against price / size; its t and r^2 tell whether it is right.
    return Comparison({"bin_s": 10.0, "window": 300}, inputs, wanted, rtol=1e-6, atol=0.0)


def hasbrouck_lambda(d: Any) -> Comparison:
    flow = d.side * np.sqrt(d.price * d.size)
    columns = by_bin(d, 60.0, 120, flow, lambda close: np.diff(np.log(close)))
    wanted = dict(zip(("lambda_", "t_stat"), columns[:2], strict=True))
    inputs = [d.price, d.size, d.side, d.t_s]
    return Comparison({"bin_s": 60.0, "window": 120}, inputs, wanted, rtol=1e-6, atol=0.0)


def benford_chi2(d: Any) -> Comparison:
    window = 5000
    digits = np.array([int(f"{size:.16e}"[0]) for size in d.size])
    seen = np.array([window_sum(digits == digit, window) for digit in range(1, 10)])
    expected = window * np.log10(1.0 + 1.0 / np.arange(1.0, 10.0))[:, None]
    statistic = ((seen - expected) ** 2 / expected).sum(axis=0)
    mad = np.abs(seen - expected).mean(axis=0) / window
    wanted = {"chi2": statistic, "p_value": stats.chi2.sf(statistic, 8), "mad": mad}
    return Comparison({"window": window}, [d.size], wanted, atol=1e-15)


def wash_trade_matched(d: Any) -> Comparison:
    window, horizon = 2000, 1.0
    waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
    change = np.zeros(len(d.size) + window + 1)
    for row, name in enumerate(zip(d.ticks, d.size, d.side, strict=True)):
        partners = waiting[name[0], name[1], -name[2]]
        while partners and (row - partners[0] >= window or d.t_s[row] - d.t_s[partners[0]] > horizon):
            partners.popleft()
        if partners:
            for one in (partners.popleft(), row):
                change[row] += d.size[one]
                change[one + window] -= d.size[one]
        else:
            waiting[name].append(row)
    share = np.cumsum(change)[: len(d.size)] / window_sum(d.size, window)
    inputs = [d.price, d.size, d.side, d.t_s]
    return Comparison({"horizon_s": horizon, "window": window}, inputs, {"share": share})


def volume_profile(d: Any) -> Comparison:
    rows = np.arange(499, len(d.size), 1999)
    lowest = d.ticks.min()
    out = []
    for row in rows:
        volume = np.bincount(d.ticks[: row + 1] - lowest, weights=d.size[: row + 1])
        centre = volume @ np.arange(len(volume)) / volume.sum()
        highest = np.flatnonzero(volume == volume.max())
        poc = highest[np.lexsort([highest, np.abs(highest - centre)])[0]]
        below = above = int(poc)
        first = int(d.ticks[: row + 1].min() - lowest)
        while volume[below : above + 1].sum() < 0.7 * volume.sum():
            up = volume[above + 1] if above + 1 < len(volume) else -1.0
            down = volume[below - 1] if below > first else -1.0
            above, below = (above + 1, below) if up >= down else (above, below - 1)
        out.append([poc, above, below])
    wanted = dict(zip(("poc", "vah", "val"), (np.array(out).T + lowest) * d.tick, strict=True))
    return Comparison({"tick": d.tick}, [d.price, d.size], wanted, rows)


TRADES: Table = {
    made.__name__: made
    for made in (
        *(trade_imbalance, taker_ratio, vwap_rolling, vwap_session, cvd, tick_rule, flow_ema_decay),
        *(hawkes_exp, hawkes_bivariate, trade_arrival_rate, vpin, roll_spread, kyle_lambda),
        *(hasbrouck_lambda, benford_chi2, wash_trade_matched, volume_profile),
    )
}


@pytest.mark.parametrize("key", TRADES)
def test_a_day_of_trades_gives_what_the_definition_says(trades: Any, key: str) -> None:
    assert_as_wanted(key, TRADES[key](trades))


@pytest.mark.parametrize("key", TRADES)
def test_a_day_of_trades_one_by_one_is_the_day(trades: Any, key: str) -> None:
    case = TRADES[key](trades)
    assert_streaming_is_batch(key, case.params, case.inputs)
