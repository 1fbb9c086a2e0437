"""Momentum and oscillators."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas
import talib
import talipp.indicators
import talipp.ohlcv
import tulipy

from nanotick.formulas.proving import Case
from oracles import datasets

TALIB = f"TA-Lib {talib.__version__}"
TALIPP = f"talipp {importlib.metadata.version('talipp')}"
TULIPY = f"tulipy {importlib.metadata.version('tulipy')}"
ROWS = 240


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    yield from strength()
    yield from ranks()
    yield from ranges()
    yield from convergence()
    yield from changes()
    yield from pressure()
    yield from positions()


def _series(*parts: float | Any) -> Any:
    return np.concatenate([np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in parts])


def strength() -> Iterator[Case]:
    """Rises against falls."""
    close = datasets.closes(count=ROWS)
    for period in (2, 14, 51):
        yield Case("rsi", {"period": period}, [close], {"rsi": talib.RSI(close, period)}, TALIB, "library")
        cmo = talib.CMOU(close, period)
        # Where nothing moved both are 0/0 there: the definitions say 0 and 50.
        still = datasets.after_warmup(np.ptp(datasets.windows(close, period + 1), axis=1) == 0, ROWS) == 1
        cmo = np.where(still, 0.0, cmo)
        yield Case("cmo", {"period": period}, [close], {"cmo": cmo}, TALIB, "library")
        yield Case(
            "rsi_cutler", {"period": period}, [close], {"rsi": (100 + cmo) / 2}, f"{TALIB} CMOU", "library"
        )
    expected = {"cmo": datasets.after_warmup(tulipy.cmo(close, 9), ROWS)}
    yield Case("cmo", {"period": 9}, [close], expected, TULIPY, "library")
    flat = np.full(12, 7.5)
    for key, output, value in (("rsi", "rsi", 50.0), ("rsi_cutler", "rsi", 50.0), ("cmo", "cmo", 0.0)):
        expected = {output: np.where(np.arange(12) < 4, np.nan, value)}
        yield Case(key, {"period": 4}, [flat], expected, "closed form: 0/0 as the row states", "closed form")
    for k in (5, 14):
        fast_k, fast_d = talib.STOCHRSI(close, 14, k, 3, 0)
        expected = {"fast_k": fast_k, "fast_d": fast_d}
        yield Case("stoch_rsi", {"k": k}, [close], expected, TALIB, "library")


def ranks() -> Iterator[Case]:
    """Ranks among the values before, and Connors' mean of three."""
    close = datasets.closes(count=ROWS)
    for series, period in ((close, 100), (close, 7), (np.round(close / 50), 30)):
        expected = {"pr": talib.PERCENTRANK(series, period)}
        yield Case("percent_rank", {"period": period}, [series], expected, TALIB, "library")
    change = np.sign(np.diff(close, prepend=close[0]))
    streak = np.zeros(ROWS)
    for row in range(1, ROWS):
        same = change[row] == change[row - 1]
        streak[row] = change[row] * (1.0 + (abs(streak[row - 1]) if same else 0.0))
    for rsi_n, streak_n, rank_n in ((3, 2, 100), (5, 4, 20), (14, 30, 3)):
        parts = [
            talib.RSI(close, rsi_n),
            talib.RSI(streak, streak_n),
            talib.PERCENTRANK(talib.ROC(close, 1), rank_n),
        ]
        params = {"rsi_n": rsi_n, "streak_n": streak_n, "rank_n": rank_n}
        expected = {"crsi": sum(parts) / 3}
        yield Case("connors_rsi", params, [close], expected, f"{TALIB} RSI and PERCENTRANK", "library")


def ranges() -> Iterator[Case]:
    """Places within ranges, on five-minute bars; those without a range by hand."""
    bar = datasets.bars(count=ROWS)
    inputs = [bar.high, bar.low, bar.close]
    for k, smooth, d in ((14, 3, 3), (5, 1, 2), (30, 7, 1)):
        slow_k, slow_d = talib.STOCH(*inputs, k, smooth, 0, d, 0)
        params = {"k": k, "smooth": smooth, "d": d}
        expected = {"slow_k": slow_k, "slow_d": slow_d}
        yield Case("stoch", params, inputs, expected, TALIB, "library")
    for period in (2, 14, 51):
        expected = {"willr": talib.WILLR(*inputs, period)}
        yield Case("williams_r", {"period": period}, inputs, expected, TALIB, "library")
    rows = zip(bar.open, *inputs, bar.volume, strict=True)
    candles = [talipp.ohlcv.OHLCV(*map(float, row)) for row in rows]
    ibs = np.array(talipp.indicators.IBS(input_values=candles), dtype=np.float64)
    yield Case("ibs", {}, inputs, {"ibs": ibs}, TALIPP, "library", note="no bar of these is without a range")
    flat = [np.full(9, 7.5)] * 3
    for key, params, expected in (
        ("ibs", {}, {"ibs": np.full(9, 0.5)}),
        ("williams_r", {"period": 1}, {"willr": np.full(9, -50.0)}),
        ("stoch", {"k": 2, "smooth": 1, "d": 1}, {"slow_k": _series(np.nan, np.full(8, 50.0))}),
        ("stoch_rsi", {"rsi_n": 2, "k": 2, "d": 1}, {"fast_k": _series([np.nan] * 3, np.full(6, 50.0))}),
    ):
        given = flat[:1] if key == "stoch_rsi" else flat
        yield Case(key, params, given, expected, "closed form: the middle of no range", "closed form")
    for period in (1, 20, 100):
        highest = datasets.after_warmup(datasets.windows(bar.high, period).max(axis=1), ROWS)
        expected = {"ratio": bar.close / highest}
        oracle = "closed form: the maximum of each window"
        yield Case("high_ratio", {"period": period}, [bar.high, bar.close], expected, oracle, "closed form")


def convergence() -> Iterator[Case]:
    """Averages against averages."""
    close = datasets.closes(count=ROWS)
    bar = datasets.bars(count=ROWS)
    for fast, slow, signal in ((12, 26, 9), (3, 10, 16), (2, 51, 2)):
        values = talib.MACD(close, fast, slow, signal)
        params = {"fast": fast, "slow": slow, "signal": signal}
        expected = dict(zip(("macd", "signal", "hist"), values, strict=True))
        yield Case("macd", params, [close], expected, TALIB, "library")
        params = {"fast": fast, "slow": slow}
        expected = {"ppo": talib.PPO(close, fast, slow, 1)}
        yield Case("ppo", params, [close], expected, TALIB, "library")
    for fast, slow in ((5, 34), (2, 3), (7, 51)):
        expected = {"ao": talib.AO(bar.high, bar.low, fast, slow)}
        yield Case("awesome", {"fast": fast, "slow": slow}, [bar.high, bar.low], expected, TALIB, "library")
    for period in (2, 15, 30):
        yield Case("trix", {"period": period}, [close], {"trix": talib.TRIX(close, period)}, TALIB, "library")
    for long, short in ((25, 13), (5, 20), (2, 2)):
        expected = {"tsi": talib.TSI(close, long, short)}
        yield Case("tsi", {"long": long, "short": short}, [close], expected, TALIB, "library")
    expected = {"tsi": _series([np.nan] * 5, np.zeros(4))}
    yield Case(
        "tsi", {"long": 3, "short": 3}, [np.full(9, 7.5)], expected, "closed form: 0/0 is 0", "closed form"
    )


def changes() -> Iterator[Case]:
    """A price against an earlier one, or against its mean."""
    close = datasets.closes(count=ROWS)
    for period in (1, 10, 51):
        yield Case(
            "momentum", {"period": period}, [close], {"mom": talib.MOM(close, period)}, TALIB, "library"
        )
        yield Case("roc", {"period": period}, [close], {"roc": talib.ROC(close, period)}, TALIB, "library")
    zeros = _series(0.0, 2.0, 0.0, 3.0)
    expected = {"roc": [np.nan, np.nan, -100.0, np.nan]}
    yield Case("roc", {"period": 1}, [zeros], expected, "closed form: NaN after a zero", "closed form")
    for period in (2, 10, 51):
        ratio = talib.ER(close, period)
        still = datasets.after_warmup(np.ptp(datasets.windows(close, period + 1), axis=1) == 0, ROWS) == 1
        expected = {"er": np.where(still, 0.0, ratio)}
        yield Case("efficiency_ratio", {"period": period}, [close], expected, TALIB, "library")
    flat = {"er": _series([np.nan] * 3, np.zeros(6))}
    yield Case(
        "efficiency_ratio", {"period": 3}, [np.full(9, 7.5)], flat, "closed form: 0/0 is 0", "closed form"
    )
    for period in (2, 14, 51):
        expected = {"disparity": 100 * (close / talib.SMA(close, period) - 1)}
        yield Case("disparity_index", {"period": period}, [close], expected, f"{TALIB} SMA", "library")


def pressure() -> Iterator[Case]:
    """CCI and the ultimate oscillator, on five-minute bars."""
    bar = datasets.bars(count=ROWS)
    inputs = [bar.high, bar.low, bar.close]
    for period in (2, 5, 20, 51):
        yield Case("cci", {"period": period}, inputs, {"cci": talib.CCI(*inputs, period)}, TALIB, "library")
    for periods in ((7, 14, 28), (20, 3, 9), (1, 2, 2)):
        expected = {"ultosc": talib.ULTOSC(*inputs, *periods)}
        params = dict(zip(("p1", "p2", "p3"), periods, strict=True))
        yield Case("ultimate_osc", params, inputs, expected, TALIB, "library")
    flat = [np.full(9, 7.1)] * 3
    expected = {"cci": _series([np.nan] * 2, np.zeros(7))}
    yield Case("cci", {"period": 3}, flat, expected, "closed form: 0 without deviation", "closed form")
    expected = {"ultosc": _series([np.nan] * 3, np.full(6, 50.0))}
    params = {"p1": 1, "p2": 2, "p3": 3}
    yield Case("ultimate_osc", params, flat, expected, "closed form: half of no range", "closed form")


def positions() -> Iterator[Case]:
    """Momentum as positions."""
    close = datasets.closes(count=ROWS)
    for lookback, com, target, ann in (
        (20, 60.0, 0.4, 365.0),
        (1, 3.0, 1.0, 525_600.0),
        (100, 0.5, 0.1, 365.0),
    ):
        returns = pandas.Series(close).pct_change()
        sigma = np.sqrt(ann * returns.ewm(com=com).var(bias=True).shift(1).to_numpy())
        earlier = _series([np.nan] * lookback, close[:-lookback])
        with np.errstate(divide="ignore"):
            # Of a single return the deviation is zero, but for pandas' rounding.
            position = np.where(sigma < 1e-12, 0.0, np.sign(close / earlier - 1) * target / sigma)
        position[: max(lookback, 2)] = np.nan
        params = {"lookback": lookback, "com": com, "target": target, "ann": ann}
        expected = {"position": position}
        yield Case("ts_momentum", params, [close], expected, f"pandas {pandas.__version__} ewm", "library")
    for lookback, skip, q in ((30, 1, 0.1), (5, 0, 0.34), (1, 3, 0.5)):
        returns = np.log1p(datasets.returns_matrix(count=100))
        weights = np.full(returns.shape, np.nan)
        side = max(1, int(q * returns.shape[1]))
        for row in range(lookback + skip - 1, len(returns)):
            score = returns[row - skip - lookback + 1 : row - skip + 1].sum(axis=0)
            order = np.argsort(-score, kind="stable")
            weights[row] = 0.0
            weights[row, order[:side]] = 1 / side
            weights[row, order[-side:]] = -1 / side
        params = {"lookback": lookback, "skip": skip, "q": q}
        oracle = "closed form: a stable sort of direct sums"
        yield Case("xs_momentum", params, [returns], {"weights": weights}, oracle, "closed form")
