"""Price patterns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import talib
import talib.abstract

from nanotick.formulas.proving import Case
from oracles import datasets

TALIB = f"TA-Lib {talib.__version__}"


def cases() -> Iterator[Case]:
    """Candles of several symbols and lengths: some shapes are rare."""
    functions = {
        "cdl_doji": talib.CDLDOJI,
        "cdl_hammer": talib.CDLHAMMER,
        "cdl_engulfing": talib.CDLENGULFING,
    }
    for symbol, minutes in (("BTCUSDT", 5), ("ETHUSDT", 12), ("XRPUSDT", 7), ("LTCUSDT", 9)):
        bar = datasets.bars(symbol, minutes, count=300)
        inputs = [bar.open, bar.high, bar.low, bar.close]
        for key, function in functions.items():
            signal = function(*inputs).astype(float)
            signal[: talib.abstract.Function(function.__name__).lookback] = np.nan
            given = [bar.open, bar.close] if key == "cdl_engulfing" else inputs
            yield Case(key, {}, given, {"signal": signal}, TALIB, "library")
    bar = datasets.bars(count=300)
    inputs = [bar.open, bar.high, bar.low, bar.close]
    names = ("ha_open", "ha_high", "ha_low", "ha_close")
    values = talib.HA(*inputs)
    yield Case("heikin_ashi", {}, inputs, dict(zip(names, values, strict=True)), TALIB, "library")
    high, low, close = (np.concatenate([[np.nan], column[:-1]]) for column in inputs[1:])
    p = (high + low + close) / 3
    levels = {
        "p": p,
        "r1": 2 * p - low,
        "s1": 2 * p - high,
        "r2": p + (high - low),
        "s2": p - (high - low),
        "r3": high + 2 * (p - low),
        "s3": low - 2 * (high - p),
    }
    yield Case(
        "pivots_classic", {}, inputs[1:], levels, "closed form: levels of the bar before", "closed form"
    )
