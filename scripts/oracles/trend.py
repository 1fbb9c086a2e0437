"""Trend and moving averages."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas
import scipy
import scipy.integrate
import scipy.stats
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
    yield from averages()
    yield from by_volume_and_time()
    yield from lines()
    yield from adaptive()
    yield from channels()
    yield from clouds()
    yield from stops()
    yield from directional()


def averages() -> Iterator[Case]:
    """TA-Lib and tulipy on closes; TA-Lib takes no period of 1, where an average is the price itself."""
    close = datasets.closes(count=ROWS)
    functions = {
        "sma": talib.SMA,
        "ema": talib.EMA,
        "rma": talib.RMA,
        "wma": talib.WMA,
        "dema": talib.DEMA,
        "tema": talib.TEMA,
        "zlema": talib.ZLEMA,
    }
    for key, function in functions.items():
        for period in (2, 20, 51):
            yield Case(key, {"period": period}, [close], {key: function(close, period)}, TALIB, "library")
        yield Case(
            key, {"period": 1}, [close], {key: close}, "closed form: a period of 1 is identity", "closed form"
        )
    for period in (2, 7, 20, 51):
        yield Case("hma", {"period": period}, [close], {"hma": talib.HMA(close, period)}, TALIB, "library")
        median = pandas.Series(close).rolling(period).median().to_numpy()
        oracle = f"pandas {pandas.__version__}"
        yield Case("rolling_median", {"period": period}, [close], {"median": median}, oracle, "library")
    expected = datasets.after_warmup(tulipy.wma(close, 13), ROWS)
    yield Case("wma", {"period": 13}, [close], {"wma": expected}, TULIPY, "library")
    expected = datasets.after_warmup(tulipy.hma(close, 16), ROWS)
    yield Case("hma", {"period": 16}, [close], {"hma": expected}, TULIPY, "library")


def by_volume_and_time() -> Iterator[Case]:
    """VWMA; and the average by elapsed time, as an integral of the price's straight lines."""
    one = datasets.minutes()
    close, volume = one.close[:ROWS].copy(), one.volume[:ROWS].copy()
    for period in (2, 20, 51):
        expected = {"vwma": talib.VWMA(close, volume, period)}
        yield Case("vwma", {"period": period}, [close, volume], expected, TALIB, "library")
    volume = volume * (np.arange(ROWS) % 12 < 6)
    with np.errstate(invalid="ignore"):
        sums = [datasets.windows(x, 4).sum(axis=1) for x in (close * volume, volume)]
        expected = {"vwma": datasets.after_warmup(sums[0] / sums[1], ROWS)}
    yield Case(
        "vwma",
        {"period": 4},
        [close, volume],
        expected,
        "closed form: direct sums, NaN without volume",
        "closed form",
    )
    trades = datasets.trades(120)
    for tau_s in (0.5, 3.0, 60.0):
        expected = {"ema": _integrated(trades.price, trades.t_s, tau_s)}
        yield Case(
            "ema_irregular",
            {"tau_s": tau_s},
            [trades.price, trades.t_s],
            expected,
            f"scipy {scipy.__version__} quad over the linear interpolant",
            "closed form",
        )


def _integrated(price: Any, t_s: Any, tau_s: float) -> Any:
    """The interpolant times exp(-s / tau) / tau, integrated back to the first observation; that one before it."""
    t_s = t_s - t_s[0]  # digits for the points between two observations
    out = []
    for now in range(len(price)):
        value = price[0] * np.exp(-t_s[now] / tau_s)
        for place in range(1, now + 1):
            a, b = t_s[place - 1], t_s[place]
            if a == b:
                continue
            slope = (price[place] - price[place - 1]) / (b - a)

            def integrand(s: float, place: int = place, a: float = a, slope: float = slope) -> float:
                weight = float(np.exp(-(t_s[now] - s) / tau_s) / tau_s)  # noqa: B023
                return weight * float(price[place - 1] + slope * (s - a))

            value += scipy.integrate.fixed_quad(np.vectorize(integrand), a, b, n=20)[0]
        out.append(value)
    return np.array(out)


def lines() -> Iterator[Case]:
    """TA-Lib and SciPy, window by window, on closes."""
    close = datasets.closes(count=ROWS)
    for period in (2, 14, 51):
        expected = {"lsma": talib.LINEARREG(close, period)}
        yield Case("lsma", {"period": period}, [close], expected, TALIB, "library")
        expected = {"slope": talib.LINEARREG_SLOPE(close, period)}
        note = "TA-Lib subtracts products of large sums: of a flat window it gives 2e-9"
        yield Case(
            "linreg_slope", {"period": period}, [close], expected, TALIB, "library", 1e-8, 1.0, note=note
        )
    scipy_name = f"scipy {scipy.__version__}"
    flat = np.concatenate([close[:40], np.full(40, close[39]), close[40:140]])
    for series, period in ((close, 14), (close, 51), (flat, 3), (flat, 20)):
        fits = [
            scipy.stats.linregress(np.arange(period), window - window[0])
            for window in datasets.windows(series, period)
        ]
        with np.errstate(invalid="ignore"):
            flat_windows = np.ptp(datasets.windows(series, period), axis=1) == 0
            r2 = np.where(flat_windows, 0.0, [fit.rvalue**2 for fit in fits])
        expected = {"r2": datasets.after_warmup(r2, len(series))}
        note = "a flat window is 0 by definition" if flat_windows.any() else ""
        yield Case("linreg_r2", {"period": period}, [series], expected, scipy_name, "library", note=note)
        slopes = datasets.after_warmup([fit.slope for fit in fits], len(series))
        yield Case("linreg_slope", {"period": period}, [series], {"slope": slopes}, scipy_name, "library")


def adaptive() -> Iterator[Case]:
    """Kaufman's average and the crossing of two."""
    close = datasets.closes(count=ROWS)
    for period in (2, 10, 51):
        yield Case("kama", {"period": period}, [close], {"kama": talib.KAMA(close, period)}, TALIB, "library")
    values = talipp.indicators.KAMA(14, 5, 20, input_values=list(close))
    expected = {"kama": np.array([np.nan if x is None else x for x in values])}
    yield Case("kama", {"period": 14, "fast": 5, "slow": 20}, [close], expected, TALIPP, "library")
    flat = np.concatenate([close[:60], np.full(40, close[59]), close[60:120]])
    yield Case("kama", {"period": 8}, [flat], {"kama": talib.KAMA(flat, 8)}, TALIB, "library")
    for fast, slow, band in ((10, 50, 0.0), (2, 9, 0.0005), (1, 2, 0.0)):
        means = [talib.SMA(close, period) if period > 1 else close for period in (fast, slow)]
        # Averages that are equal differ in their last digits as TA-Lib sums them.
        diff = np.round(means[0] / means[1] - 1.0, 13)
        state = np.where(np.isnan(diff), np.nan, 1.0 * (diff > band) - 1.0 * (diff < -band))
        params = {"fast": fast, "slow": slow, "band": band}
        oracle = f"closed form from {TALIB} SMA"
        yield Case("ma_crossover", params, [close], {"state": state, "diff": diff}, oracle, "library")


def channels() -> Iterator[Case]:
    """Lines through extremes on five-minute bars."""
    bar = datasets.bars(count=ROWS)
    high, low, close = bar.high, bar.low, bar.close
    for period in (2, 20, 51):
        upper, middle, lower = talib.DONCHIAN(high, low, period)
        expected = {"upper": upper, "middle": middle, "lower": lower}
        yield Case("donchian", {"period": period}, [high, low], expected, TALIB, "library")
        down, up = talib.AROON(high, low, period)
        expected = {"up": up, "down": down, "osc": talib.AROONOSC(high, low, period)}
        yield Case("aroon", {"period": period}, [high, low], expected, TALIB, "library")
    ticks = [np.round(x / 50.0) for x in (high, low)]
    down, up = talib.AROON(*ticks, 9)
    yield Case("aroon", {"period": 9}, ticks, {"up": up, "down": down}, TALIB, "library", note="many ties")
    for period, mult in ((22, 3.0), (5, 1.5), (2, 1.0)):
        room = mult * talib.ATR(high, low, close, period)
        expected = {
            "long_stop": talib.MAX(high, period) - room,
            "short_stop": talib.MIN(low, period) + room,
        }
        params = {"period": period, "mult": mult}
        yield Case("chandelier_exit", params, [high, low, close], expected, TALIB, "library")
    for period in (2, 14, 30):
        values = talipp.indicators.CHOP(period, input_values=_candles(bar))
        expected = np.array([np.nan if x is None else x for x in values])
        expected[period - 1] = np.nan
        note = "talipp takes high - low as the first true range: one row earlier, and right from the next on"
        yield Case(
            "choppiness",
            {"period": period},
            [high, low, close],
            {"chop": expected},
            TALIPP,
            "library",
            note=note,
        )
    flat = np.full(30, 7.0)
    expected = {"chop": np.full(30, np.nan)}
    yield Case("choppiness", {}, [flat, flat, flat], expected, "closed form: 0/0 is NaN", "closed form")


def _candles(bar: Any) -> list[Any]:
    columns = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return [talipp.ohlcv.OHLCV(*map(float, row)) for row in zip(*columns, strict=True)]


def clouds() -> Iterator[Case]:
    """Ichimoku from windows that are cut out one by one, and talipp's, which shifts its lines."""
    bar = datasets.bars(count=ROWS)
    high, low, close = bar.high, bar.low, bar.close
    for tenkan, kijun, senkou in ((9, 26, 52), (5, 3, 8), (1, 2, 1)):

        def middle(period: int) -> Any:
            lines = [datasets.windows(high, period).max(axis=1), datasets.windows(low, period).min(axis=1)]
            return datasets.after_warmup((lines[0] + lines[1]) / 2, ROWS)

        lines = {"tenkan": middle(tenkan), "kijun": middle(kijun)}
        lines["span_a"] = (lines["tenkan"] + lines["kijun"]) / 2
        lines |= {"span_b": middle(senkou), "chikou": close.copy()}
        for values in lines.values():
            values[: max(tenkan, kijun, senkou) - 1] = np.nan
        params = {"tenkan": tenkan, "kijun": kijun, "senkou": senkou}
        oracle = "closed form: extremes of each window"
        yield Case("ichimoku", params, [high, low, close], lines, oracle, "closed form")
    # talipp gives the cloud that is in force: the fast span of 26 rows before, and the slow one of 27.
    points = talipp.indicators.Ichimoku(26, 9, 26, 52, 26, input_values=_candles(bar))

    def line(name: str, shift: int) -> Any:
        values = [getattr(point, name, None) for point in points][shift:][: ROWS - 27]
        return np.array([np.nan if row < 51 else value for row, value in enumerate(values)], dtype=np.float64)

    expected = {
        "tenkan": line("conversion_line", 0),
        "kijun": line("base_line", 0),
        "span_a": line("cloud_leading_fast_line", 26),
        "span_b": line("cloud_leading_slow_line", 27),
    }
    inputs = [column[: ROWS - 27].copy() for column in (high, low, close)]
    note = "talipp's first spans come a row late"
    yield Case("ichimoku", {}, inputs, expected, TALIPP, "library", skip=52, note=note)


def stops() -> Iterator[Case]:
    """Supertrend and parabolic SAR, on bars that turn often."""
    for symbol, period, mult in (("BTCUSDT", 10, 3.0), ("ETHUSDT", 2, 1.0), ("SOLUSDT", 7, 0.7)):
        bar = datasets.bars(symbol, count=ROWS)
        inputs = [bar.high, bar.low, bar.close]
        line, direction = talib.SUPERTREND(*inputs, period, mult)
        expected = {"supertrend": line, "direction": np.where(np.isnan(line), np.nan, direction)}
        yield Case("supertrend", {"period": period, "mult": mult}, inputs, expected, TALIB, "library")
    for symbol, accel, max_accel in (
        ("BTCUSDT", 0.02, 0.2),
        ("ETHUSDT", 0.1, 0.1),
        ("SOLUSDT", 0.3, 1.0),
        ("XRPUSDT", 0.5, 0.2),
        ("ADAUSDT", 0.01, 0.05),
    ):
        bar = datasets.bars(symbol, count=ROWS)
        expected = {"sar": talib.SAR(bar.high, bar.low, accel, max_accel)}
        params = {"accel": accel, "max_accel": max_accel}
        yield Case("parabolic_sar", params, [bar.high, bar.low], expected, TALIB, "library")


def directional() -> Iterator[Case]:
    """Directional movement and its average, on five-minute bars."""
    bar = datasets.bars(count=ROWS)
    inputs = [bar.high, bar.low, bar.close]
    for period in (1, 2, 14, 51):
        # Of one bar, TA-Lib gives the plain ratio and not percent.
        percent = 100.0 if period == 1 else 1.0
        expected = {
            "plus_di": percent * talib.PLUS_DI(*inputs, period),
            "minus_di": percent * talib.MINUS_DI(*inputs, period),
        }
        if period > 1:
            expected["dx"] = talib.DX(*inputs, period)
            yield Case(
                "adx", {"period": period}, inputs, {"adx": talib.ADX(*inputs, period)}, TALIB, "library"
            )
        yield Case("dmi", {"period": period}, inputs, expected, TALIB, "library")
    flat = [np.full(20, 5.0)] * 3
    expected = {name: np.where(np.arange(20) < 3, np.nan, 0.0) for name in ("plus_di", "minus_di", "dx")}
    yield Case("dmi", {"period": 3}, flat, expected, "closed form: 0/0 is 0", "closed form")
