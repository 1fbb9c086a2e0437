"""Volume and order flow of trades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy
import talib
from scipy import stats

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

SCIPY = f"SciPy {scipy.__version__}"
TALIB = f"TA-Lib {talib.__version__}"

ROWS = 250
NAN = np.nan


def cases() -> Iterator[Case]:
    """Each formula at its default, where the sample is long enough for it, and at other parameters."""
    yield from _money_flow()
    yield from _relative()
    yield from _vwap_session()
    yield from _vwap_rolling()
    yield from _profile()
    yield from _tick_rule()
    yield from _lee_ready()
    yield from _bulk()
    yield from _taken()
    yield from _timed()
    yield from _arrivals()


def _money_flow() -> Iterator[Case]:
    bars = datasets.bars(count=ROWS)
    hlcv = [bars.high, bars.low, bars.close, bars.volume]
    yield Case(
        "obv", {}, [bars.close, bars.volume], {"obv": talib.OBV(bars.close, bars.volume)}, TALIB, "library"
    )
    yield Case("adl", {}, hlcv, {"adl": talib.AD(*hlcv)}, TALIB, "library")
    for period in (20, 2, 5):
        yield Case("cmf", {"period": period}, hlcv, {"cmf": talib.CMF(*hlcv, period)}, TALIB, "library")
    for fast, slow in ((3, 10), (20, 7)):
        expected = {"adosc": talib.ADOSC(*hlcv, fast, slow)}
        yield Case("chaikin_osc", {"fast": fast, "slow": slow}, hlcv, expected, TALIB, "library")
    for period in (14, 2, 50):
        yield Case("mfi", {"period": period}, hlcv, {"mfi": talib.MFI(*hlcv, period)}, TALIB, "library")
    flat = [np.array([3.0, 3.0, 3.0, 4.0]), np.array([3.0, 3.0, 3.0, 3.0]), np.array([3.0, 3.0, 3.0, 4.0])]
    hand = "by hand: bars without range, without volume, without change"
    volume = np.array([7.0, 0.0, 0.0, 2.0])
    flat.append(volume)
    yield Case("adl", {}, flat, {"adl": [0.0, 0.0, 0.0, 2.0]}, hand, "scripted")
    yield Case("cmf", {"period": 2}, flat, {"cmf": [NAN, 0.0, 0.0, 1.0]}, hand, "scripted")
    yield Case("mfi", {"period": 2}, flat, {"mfi": [NAN, NAN, 50.0, 100.0]}, hand, "scripted")
    yield Case("obv", {}, [flat[2], volume], {"obv": [7.0, 7.0, 7.0, 9.0]}, hand, "scripted")


def _relative() -> Iterator[Case]:
    volume = datasets.bars(count=ROWS).volume
    for period in (20, 1, 60):
        expected = {"rvol": talib.RVOL(volume, period)}
        yield Case("relative_volume", {"period": period}, [volume], expected, TALIB, "library")
    quiet = np.array([0.0, 0.0, 3.0, 0.0, 1.0])
    hand = "by hand: no volume before"
    yield Case(
        "relative_volume", {"period": 2}, [quiet], {"rvol": [NAN, NAN, NAN, 0.0, 1 / 1.5]}, hand, "scripted"
    )
    for period in (100, 2, 20):
        z = stats.zscore(windows(np.log1p(volume), period), axis=1, ddof=1)[:, -1]
        expected = {"z": after_warmup(z, ROWS)}
        yield Case("volume_zscore", {"period": period}, [volume], expected, f"{SCIPY}: zscore", "library")
    hand = "by hand: no spread"
    yield Case(
        "volume_zscore", {"period": 3}, [np.full(5, 2.5)], {"z": [NAN, NAN, 0.0, 0.0, 0.0]}, hand, "scripted"
    )


def _vwap_session() -> Iterator[Case]:
    trades = datasets.trades(count=ROWS)
    columns = [trades.price, trades.size, trades.t_s]
    for reset_s, k in ((86400.0, 2.0), (0.5, 1.0)):
        session = np.floor(trades.t_s / reset_s)
        rows = []
        for end in range(1, ROWS + 1):
            held = session[:end] == session[end - 1]
            price, size = trades.price[:end][held], trades.size[:end][held]
            mean = np.average(price, weights=size)
            band = k * np.sqrt(np.average((price - mean) ** 2, weights=size))
            rows.append([mean, mean + band, mean - band])
        expected = dict(zip(("vwap", "upper", "lower"), np.array(rows).T, strict=True))
        how = "closed form: numpy.average over the session so far"
        yield Case("vwap_session", {"reset_s": reset_s, "k": k}, columns, expected, how, "closed form")
    bars = datasets.bars(count=ROWS)
    hlc = [bars.high, bars.low, bars.close]
    columns = [talib.TYPPRICE(*hlc), bars.volume, np.zeros(ROWS)]
    yield Case(
        "vwap_session", {}, columns, {"vwap": talib.VWAP(*hlc, bars.volume)}, f"{TALIB}: bars", "library"
    )
    columns = [
        np.array([5.0, 7.0, 9.0, 8.0]),
        np.array([0.0, 2.0, 0.0, 0.0]),
        np.array([9.0, 9.5, 9.9, 10.0]),
    ]
    expected = {name: [NAN, 7.0, 7.0, NAN] for name in ("vwap", "upper", "lower")}
    hand = "by hand: sizes of 0, the last in a new session"
    yield Case("vwap_session", {"reset_s": 10.0}, columns, expected, hand, "scripted")


def _vwap_rolling() -> Iterator[Case]:
    trades = datasets.trades(count=ROWS)
    columns = [trades.price, trades.size]
    for window in (100, 1, 7):
        sizes = windows(trades.size, window)
        vwap = (windows(trades.price, window) * sizes).sum(axis=1) / sizes.sum(axis=1)
        # The distances one by one: the newest price less a rounded mean would have few digits.
        distances = trades.price[window - 1 :, None] - windows(trades.price, window)
        expected = {"vwap": vwap, "dev_bps": 1e4 * (distances * sizes).sum(axis=1) / sizes.sum(axis=1) / vwap}
        expected = {name: after_warmup(values, ROWS) for name, values in expected.items()}
        how = "closed form: NumPy over each window"
        yield Case("vwap_rolling", {"window": window}, columns, expected, how, "closed form")
    columns = [np.array([5.0, 7.0, 9.0]), np.array([1.0, 0.0, 0.0])]
    expected = {"vwap": [NAN, 5.0, NAN], "dev_bps": [NAN, 4000.0, NAN]}
    yield Case("vwap_rolling", {"window": 2}, columns, expected, "by hand: no size in the window", "scripted")


def _profile() -> Iterator[Case]:
    price = np.array([100.0, 101.0, 99.0, 98.0, 101.0, 99.5, 99.0])
    size = np.array([5.0, 3.0, 2.0, 6.0, 3.0, 4.0, 4.0])
    # The fifth trade ties 98 and 101 at 6, the mean bin is 99.58; 99.5 is rounded to 100, which is even; at last 99
    # and 101 have 6 each beside the 9 of 100.
    poc = [100.0, 100.0, 100.0, 98.0, 101.0, 100.0, 100.0]
    seventy = {
        "poc": poc,
        "vah": [100.0, 101.0, 101.0, 100.0, 101.0, 101.0, 101.0],
        "val": [100.0, 100.0, 100.0, 98.0, 98.0, 99.0, 99.0],
    }
    half = {
        "poc": poc,
        "vah": [100.0, 100.0, 100.0, 99.0, 101.0, 101.0, 101.0],
        "val": [100.0, 100.0, 100.0, 98.0, 100.0, 100.0, 100.0],
    }
    for share, expected in ((0.7, seventy), (0.5, half)):
        params = {"tick": 1.0, "value_area": share}
        yield Case("volume_profile", params, [price, size], expected, "by hand: seven trades", "scripted")
    short = {
        "poc": [100.0, 100.0, 100.0, NAN, 101.0, 101.0, NAN],
        "vah": [100.0, 101.0, 101.0, NAN, 101.0, 101.0, NAN],
        "val": [100.0, 100.0, 100.0, NAN, 100.0, 100.0, NAN],
    }
    price = np.array([100.0, 101.0, 102.0, 99.0, 101.0, 101.0, 103.0])
    size = np.array([5.0, 3.0, 1.0, 9.0, 3.0, 0.25, 1.0])
    params = {"tick": 1.0, "bins": 3}
    yield Case("volume_profile", params, [price, size], short, "by hand: a table of three bins", "scripted")
    trades = datasets.trades(count=ROWS)
    for tick, share in ((0.5, 0.7), (10.0, 0.9), (2.0, 1.0)):
        rows = [_area(trades.price[:end], trades.size[:end], tick, share) for end in range(1, ROWS + 1)]
        expected = dict(zip(("poc", "vah", "val"), np.array(rows).T, strict=True))
        params = {"tick": tick, "value_area": share}
        how = "closed form: a histogram of all trades so far, searched from every start"
        yield Case("volume_profile", params, [trades.price, trades.size], expected, how, "closed form")


def _area(price: Any, size: Any, tick: float, share: float) -> list[float]:
    bins = np.rint(price / tick).astype(int)
    volume = np.bincount(bins - bins.min(), weights=size)
    places = np.arange(len(volume))
    mean = (places * volume).sum() / volume.sum()
    best = places[volume >= volume.max() * (1 - 1e-12)]
    low = high = poc = int(min(best, key=lambda place: (abs(place - mean), place)))
    while volume[low : high + 1].sum() < share * volume.sum() * (1 - 1e-12) or (
        share == 1.0 and high - low + 1 < len(volume)
    ):
        above = volume[high + 1] if high + 1 < len(volume) else -1.0
        below = volume[low - 1] if low > 0 else -1.0
        low, high = (low, high + 1) if above >= below else (low - 1, high)
    return [(place + bins.min()) * tick for place in (poc, high, low)]


def _moves(price: Any) -> Any:
    """The sign of the last change before or at each trade."""
    changes = np.sign(np.diff(price, prepend=price[0]))
    last = np.maximum.accumulate(np.where(changes != 0, np.arange(len(price)), 0))
    return changes[last]


def _tick_rule() -> Iterator[Case]:
    price = np.array([5.0, 5.0, 6.0, 6.0, 5.5, 5.5, 5.5, 7.0])
    expected = {"sign": [0.0, 0.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0]}
    yield Case("tick_rule", {}, [price], expected, "by hand: eight trades", "scripted")
    price = datasets.trades(count=ROWS).price
    how = "closed form: last change of the whole tape"
    yield Case("tick_rule", {}, [price], {"sign": _moves(price)}, how, "closed form")


def _lee_ready() -> Iterator[Case]:
    # Trades before any quote, above, below and at the mid price; the last row is a quote with a trade.
    price = np.array([5.0, 5.1, NAN, 5.3, 5.0, 5.2, NAN, 5.2, 5.2])
    bid = np.array([NAN, NAN, 5.1, NAN, NAN, NAN, 5.3, NAN, 4.9])
    ask = np.array([NAN, NAN, 5.3, NAN, NAN, NAN, 5.4, NAN, 5.1])
    t_s = np.array([0.0, 0.5, 1.0, 1.1, 1.2, 1.3, 2.0, 2.5, 3.0])
    columns = [price, bid, ask, t_s]
    expected = {"sign": [0.0, 1.0, NAN, 1.0, -1.0, 1.0, NAN, -1.0, 1.0]}
    yield Case("lee_ready", {}, columns, expected, "by hand: nine events", "scripted")
    # A quote counts one second later: until 2.0 there is none, the last trade meets that of 2.0.
    expected = {"sign": [0.0, 1.0, NAN, 1.0, -1.0, 1.0, NAN, 1.0, -1.0]}
    yield Case(
        "lee_ready", {"quote_lag_s": 1.0}, columns, expected, "by hand: nine events, lagged", "scripted"
    )
    # Room for one: the quote of 2 finds none beside that of 1, so from 3.0 on nothing is known until that of 5 counts.
    price = np.array([4.0, NAN, NAN, 5.0, 5.0, NAN, 5.0, 9.0])
    bid = np.array([NAN, 6.0, 2.0, NAN, NAN, 8.0, NAN, NAN])
    t_s = np.array([0.0, 1.0, 2.0, 2.5, 3.0, 5.0, 6.0, 7.0])
    expected = {"sign": [0.0, NAN, NAN, 1.0, NAN, NAN, NAN, 1.0]}
    params = {"quote_lag_s": 2.0, "max_quotes": 1}
    yield Case("lee_ready", params, [price, bid, bid, t_s], expected, "by hand: a full queue", "scripted")
    tape = datasets.tape(count=400)
    is_trade = ~np.isnan(tape.price)
    quotes = np.flatnonzero(~is_trade)
    mids = (tape.bid[quotes] + tape.ask[quotes]) / 2
    for lag in (0.0, 0.05):
        sign = np.full(len(tape.price), NAN)
        sign[is_trade] = _moves(tape.price[is_trade])
        for row in np.flatnonzero(is_trade):
            known = np.flatnonzero((quotes < row) & (tape.t_s[quotes] <= tape.t_s[row] - lag))
            if len(known) and tape.price[row] != mids[known[-1]]:
                sign[row] = np.sign(tape.price[row] - mids[known[-1]])
        columns = [tape.price, tape.bid, tape.ask, tape.t_s]
        how = "closed form: each trade looked up in the whole tape"
        yield Case("lee_ready", {"quote_lag_s": lag}, columns, {"sign": sign}, how, "closed form")


def _bulk() -> Iterator[Case]:
    one = datasets.minutes()
    close, volume = one.close[:ROWS].copy(), one.volume[:ROWS].copy()
    change = np.diff(close)
    for period, degrees in ((50, 0.25), (10, 3.0), (20, 1000.0)):
        ratio = change[period - 1 :] / windows(change, period).std(axis=1, ddof=1)
        share = stats.norm.cdf(ratio) if degrees >= 1000 else stats.t.cdf(ratio, degrees)
        bought = np.where(ratio == 0, 0.5, share) * volume[period:]
        expected = {"buy_volume": bought, "sell_volume": volume[period:] - bought}
        expected = {name: after_warmup(values, ROWS) for name, values in expected.items()}
        params = {"period": period, "df": degrees}
        oracle = f"{SCIPY}: stats.{'norm' if degrees >= 1000 else 't'}.cdf"
        yield Case("bulk_volume_classification", params, [close, volume], expected, oracle, "library")
    steady = [np.array([1.0, 2.0, 3.0, 3.0, 3.0]), np.array([4.0, 4.0, 4.0, 4.0, 0.0])]
    expected = {name: [NAN, NAN, 2.0, 2.0, 0.0] for name in ("buy_volume", "sell_volume")}
    hand = "by hand: equal changes, then none"
    yield Case("bulk_volume_classification", {"period": 2}, steady, expected, hand, "scripted")


def _taken() -> Iterator[Case]:
    trades = datasets.trades(count=ROWS)
    columns = [trades.size, trades.side]
    how = "closed form: NumPy over each window"
    for window, eps in ((100, 1e-9), (1, 0.01), (9, 1.0)):
        bought, sold = (windows(trades.size * (trades.side == side), window).sum(axis=1) for side in (1, -1))
        both = bought + sold
        expected = {"imbalance": (bought - sold) / both, "buy_ratio": bought / both}
        expected = {name: after_warmup(values, ROWS) for name, values in expected.items()}
        yield Case("trade_imbalance", {"window": window}, columns, expected, how, "closed form")
        ratio = np.log((bought + eps * both) / (sold + eps * both))
        expected = {"log_ratio": after_warmup(ratio, ROWS)}
        yield Case("taker_ratio", {"window": window, "eps": eps}, columns, expected, how, "closed form")
    columns = [np.array([2.0, 0.0, 0.0, 5.0]), np.array([1.0, 1.0, -1.0, 0.0])]
    expected = {"imbalance": [NAN, 1.0, 0.0, 0.0], "buy_ratio": [NAN, 1.0, 0.5, 0.5]}
    hand = "by hand: windows without volume of a known side"
    yield Case("trade_imbalance", {"window": 2}, columns, expected, hand, "scripted")
    expected = {"log_ratio": [NAN, np.log(1.5 / 0.5), 0.0, 0.0]}
    yield Case("taker_ratio", {"window": 2, "eps": 0.5}, columns, expected, hand, "scripted")


def _timed() -> Iterator[Case]:
    trades = datasets.trades(count=ROWS)
    columns = [trades.size, trades.side, trades.t_s]
    flow = trades.size * trades.side
    for reset_s, bar_s in ((86400.0, 60.0), (2.0, 0.25), (0.3, 0.7)):
        sums = {}
        for name, length in (("cvd", reset_s), ("bar_delta", bar_s)):
            parts = np.split(flow, np.flatnonzero(np.diff(np.floor(trades.t_s / length))) + 1)
            sums[name] = np.concatenate([np.cumsum(part) for part in parts])
        how = "closed form: numpy.cumsum of each session and bar"
        yield Case("cvd", {"reset_s": reset_s, "bar_s": bar_s}, columns, sums, how, "closed form")
    for tau in (10.0, 0.05):
        ages = trades.t_s[:, None] - trades.t_s[None, :]
        weights = np.tril(np.exp(-np.maximum(ages, 0.0) / tau))
        signed, both = weights @ flow, weights @ trades.size
        expected = {"flow": signed / tau, "intensity": weights.sum(axis=1) / tau, "ratio": signed / both}
        how = "closed form: explicit sum over the kernel"
        yield Case("flow_ema_decay", {"tau_s": tau}, columns, expected, how, "closed form")
    empty = [np.zeros(2), np.array([1.0, -1.0]), np.array([3.0, 3.0])]
    expected = {"flow": [0.0, 0.0], "intensity": [0.5, 1.0], "ratio": [0.0, 0.0]}
    yield Case("flow_ema_decay", {"tau_s": 2.0}, empty, expected, "by hand: sizes of 0", "scripted")


def _arrivals() -> Iterator[Case]:
    t_s = datasets.trades(count=600).t_s
    for bin_s, window in ((0.02, 60), (0.1, 5), (0.5, 2)):
        bins = np.floor(t_s / bin_s).astype(int)
        counts = np.bincount(bins - bins[0]).astype(float)
        rows = []
        for bin_now in bins - bins[0]:
            before = counts[max(bin_now - 1 - window, 0) : max(bin_now - 1, 0)]
            if len(before) < window:
                rows.append([NAN, NAN])
                continue
            mean, count = before.mean(), counts[bin_now - 1]
            rows.append([count / bin_s, (count - mean) / np.sqrt(max(mean, 1e-12))])
        expected = dict(zip(("rate", "z"), np.array(rows).T, strict=True))
        how = "closed form: numpy.bincount of the whole tape"
        params = {"bin_s": bin_s, "window": window}
        yield Case("trade_arrival_rate", params, [t_s], expected, how, "closed form")
    # Bins 0 to 8 hold 2, 0, 1, 3, 0, 0, 0, 2 and 1 trades.
    t_s = np.array([0.1, 0.2, 2.5, 3.0, 3.5, 3.9, 7.0, 7.1, 8.5])
    expected = {
        "rate": [NAN, NAN, NAN, 1.0, 1.0, 1.0, 0.0, 0.0, 2.0],
        "z": [NAN, NAN, NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0 / 1e-6],
    }
    params = {"bin_s": 1.0, "window": 2}
    yield Case("trade_arrival_rate", params, [t_s], expected, "by hand: nine trades", "scripted")
