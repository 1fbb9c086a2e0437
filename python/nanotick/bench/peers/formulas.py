"""Formulas from Python: a call for one value beside talipp, and a million points beside TA-Lib.

Ours and the peer's take turns on the same arrays, so that both see the same machine; a turn is several calls, so that
each mostly finds the caches as it left them itself. Every formula of tiers 1 and 2
that TA-Lib has is here. Both allocate their outputs; a peer that needs several calls for the same outputs makes them
all.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from nanotick.bench.bars import SINGLE
from nanotick.bench.timing import CLIENT_CPU, emit, pin, skip, time_calls
from nanotick.formulas import get

__all__ = [
    "CALLS_A_TURN",
    "POINTS",
    "SLOW_S",
    "TURNS",
    "Call",
    "batches",
    "figures",
    "market",
    "one_by_one",
    "our_call",
    "over_bars",
    "per_row",
    "seconds",
    "talib_calls",
]

POINTS = 1_000_000
TURNS = 7
CALLS_A_TURN = 5
#: Slower than this for a million points, it has shorter turns.
SLOW_S = 0.1

Call = Callable[[], Any]


def market() -> dict[str, Any]:
    """A walk on a grid of cents with bars around it, the same each time."""
    draw = np.random.default_rng(20240808)
    close = np.round(1000.0 + draw.normal(0.0, 0.3, POINTS).cumsum(), 2)
    opened = np.round(close + draw.normal(0.0, 0.3, POINTS), 2)
    high = np.round(np.maximum(opened, close) + draw.exponential(0.2, POINTS), 2)
    low = np.round(np.minimum(opened, close) - draw.exponential(0.2, POINTS), 2)
    volume = np.round(draw.exponential(50.0, POINTS), 3)
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume}


def talib_calls(talib: Any, m: dict[str, Any]) -> dict[str, tuple[dict[str, Any], Call]]:
    """By key: our parameters, and the peer's call at the same ones."""
    o, h, low, c, v = (m[name] for name in ("open", "high", "low", "close", "volume"))
    return {
        "sma": ({"period": 20}, lambda: talib.SMA(c, 20)),
        "ema": ({"period": 20}, lambda: talib.EMA(c, 20)),
        "rma": ({"period": 14}, lambda: talib.RMA(c, 14)),
        "wma": ({"period": 20}, lambda: talib.WMA(c, 20)),
        "dema": ({"period": 20}, lambda: talib.DEMA(c, 20)),
        "tema": ({"period": 20}, lambda: talib.TEMA(c, 20)),
        "hma": ({"period": 20}, lambda: talib.HMA(c, 20)),
        "zlema": ({"period": 20}, lambda: talib.ZLEMA(c, 20)),
        "kama": ({"period": 10}, lambda: talib.KAMA(c, 10)),
        "vwma": ({"period": 20}, lambda: talib.VWMA(c, v, 20)),
        "lsma": ({"period": 14}, lambda: talib.LINEARREG(c, 14)),
        "linreg_slope": ({"period": 14}, lambda: talib.LINEARREG_SLOPE(c, 14)),
        "donchian": ({"period": 20}, lambda: talib.DONCHIAN(h, low, 20)),
        "supertrend": ({"period": 10, "mult": 3.0}, lambda: talib.SUPERTREND(h, low, c, 10, 3.0)),
        "parabolic_sar": ({}, lambda: talib.SAR(h, low, 0.02, 0.2)),
        "dmi": (
            {"period": 14},
            lambda: (talib.PLUS_DI(h, low, c, 14), talib.MINUS_DI(h, low, c, 14), talib.DX(h, low, c, 14)),
        ),
        "adx": ({"period": 14}, lambda: talib.ADX(h, low, c, 14)),
        "aroon": ({"period": 25}, lambda: (talib.AROON(h, low, 25), talib.AROONOSC(h, low, 25))),
        "rsi": ({"period": 14}, lambda: talib.RSI(c, 14)),
        "rsi_cutler": ({"period": 14}, lambda: talib.CMOU(c, 14)),
        "cmo": ({"period": 14}, lambda: talib.CMOU(c, 14)),
        "stoch": ({"k": 14, "smooth": 3, "d": 3}, lambda: talib.STOCH(h, low, c, 14, 3, 0, 3, 0)),
        "stoch_rsi": ({"rsi_n": 14, "k": 14, "d": 3}, lambda: talib.STOCHRSI(c, 14, 14, 3, 0)),
        "williams_r": ({"period": 14}, lambda: talib.WILLR(h, low, c, 14)),
        "cci": ({"period": 20}, lambda: talib.CCI(h, low, c, 20)),
        "momentum": ({"period": 10}, lambda: talib.MOM(c, 10)),
        "roc": ({"period": 10}, lambda: talib.ROC(c, 10)),
        "macd": ({}, lambda: talib.MACD(c, 12, 26, 9)),
        "ppo": ({}, lambda: talib.PPO(c, 12, 26, 1)),
        "trix": ({"period": 15}, lambda: talib.TRIX(c, 15)),
        "tsi": ({}, lambda: talib.TSI(c, 25, 13)),
        "efficiency_ratio": ({"period": 10}, lambda: talib.ER(c, 10)),
        "awesome": ({}, lambda: talib.AO(h, low, 5, 34)),
        "ultimate_osc": ({}, lambda: talib.ULTOSC(h, low, c, 7, 14, 28)),
        "percent_rank": ({"period": 100}, lambda: talib.PERCENTRANK(c, 100)),
        "cdl_doji": ({}, lambda: talib.CDLDOJI(o, h, low, c)),
        "cdl_hammer": ({}, lambda: talib.CDLHAMMER(o, h, low, c)),
        "cdl_engulfing": ({}, lambda: talib.CDLENGULFING(o, h, low, c)),
        "heikin_ashi": ({}, lambda: talib.HA(o, h, low, c)),
        "true_range": ({}, lambda: talib.TRANGE(h, low, c)),
        "atr": ({"period": 14}, lambda: talib.ATR(h, low, c, 14)),
        "natr": ({"period": 14}, lambda: talib.NATR(h, low, c, 14)),
        "bollinger": ({"period": 20, "k": 2.0}, lambda: talib.BBANDS(c, 20, 2.0, 2.0)),
        "keltner": ({}, lambda: talib.KC(h, low, c, 20, 10, 2.0)),
        "obv": ({}, lambda: talib.OBV(c, v)),
        "adl": ({}, lambda: talib.AD(h, low, c, v)),
        "cmf": ({"period": 20}, lambda: talib.CMF(h, low, c, v, 20)),
        "chaikin_osc": ({}, lambda: talib.ADOSC(h, low, c, v, 3, 10)),
        "mfi": ({"period": 14}, lambda: talib.MFI(h, low, c, v, 14)),
        "relative_volume": ({"period": 20}, lambda: talib.RVOL(v, 20)),
    }


def our_call(key: str, params: dict[str, Any], m: dict[str, Any]) -> Call:
    """A batch of ours over the same arrays."""
    formula = get(key)(**params)
    inputs = [m.get(name, m["close"]) for name, _ in formula.columns]
    return lambda: formula.batch(*inputs)


def seconds(call: Call) -> float:
    """One call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def figures(times: list[float]) -> dict[str, float]:
    """Nanoseconds a point."""
    per_point = sorted(t / POINTS * 1e9 for t in times)
    return {
        "min": per_point[0],
        "p50": statistics.median(per_point),
        "quiet_p50": statistics.median(per_point),
    }


def batches() -> None:
    """A million points of each, ours and TA-Lib's in turn."""
    m = market()
    try:
        talib = import_module("talib")
    except ImportError as missing:
        skip("formulas.batch.*.peer.talib", str(missing))
        talib = None
    for key, (params, theirs) in talib_calls(talib, m).items():
        ours = our_call(key, params, m)
        calls = [ours] if talib is None else [ours, theirs]
        a_turn = 1 if max(seconds(call) for call in calls) > SLOW_S else CALLS_A_TURN
        times: list[list[float]] = [[] for _ in calls]
        for _ in range(TURNS):
            for call, into in zip(calls, times, strict=True):
                into.extend(seconds(call) for _ in range(a_turn))
        names = [f"formulas.batch.{key}", f"formulas.batch.{key}.peer.talib"]
        for name, into in zip(names, times, strict=False):
            emit(name, figures(into))


def over_bars(update: Callable[[float, float, float], Any]) -> Callable[[Any], None]:
    """A loop over rows with the call written out, as a program would have it."""

    def run(rows: Any) -> None:
        for high, low, close in rows:
            update(high, low, close)

    return run


def per_row(of_all: dict[str, float], rows: int) -> dict[str, float]:
    """Of one row."""
    return {name: value / rows for name, value in of_all.items()}


def one_by_one() -> None:
    """A call for one value, ours and talipp's."""
    step = random.Random(3)
    px, rows = 100.0, []
    for _ in range(1000):
        px += step.gauss(0, 0.05)
        rows.append((px + step.random() * 0.1, px - step.random() * 0.1, px))
    closes = [close for *_, close in rows]
    for key in SINGLE:
        update = get(key)().update
        if key == "atr":
            emit(f"formulas.call.{key}", per_row(time_calls(over_bars(update), [rows]), len(rows)))
        else:
            emit(f"formulas.call.{key}", time_calls(update, closes))
    try:
        library, ohlcv = import_module("talipp.indicators"), import_module("talipp.ohlcv").OHLCV
    except ImportError as missing:
        skip("formulas.call.*.peer.talipp", str(missing))
        return
    peers = {
        "ema": library.EMA(20),
        "rsi": library.RSI(14),
        "macd": library.MACD(12, 26, 9),
        "bollinger": library.BB(20, 2.0),
    }
    # Its lists grow without bound: few values, so that it is not measured on growth.
    for key, indicator in peers.items():
        emit(f"formulas.call.{key}.peer.talipp", time_calls(indicator.add, closes[:100], batches=40))
    candles = [ohlcv(close, high, low, close) for high, low, close in rows[:100]]
    emit("formulas.call.atr.peer.talipp", time_calls(library.ATR(14).add, candles, batches=40))


if __name__ == "__main__":
    pin(CLIENT_CPU)
    one_by_one()
    batches()
