"""RSI(14), EMA(12), MACD(12, 26, 9) and Bollinger(20) per price: talipp, TA-Lib, plain Python.

Ours, `signals.ten`, updates ten formulas in its time.
"""

from __future__ import annotations

import random
from importlib import import_module

import numpy as np

from nanotick.bench.peers.chain import Chain
from nanotick.bench.timing import CLIENT_CPU, emit, pin, skip, time_calls

WINDOW = 200


def _prices(count: int) -> list[float]:
    step = random.Random(3)
    px, path = 100.0, []
    for _ in range(count):
        px += step.gauss(0, 0.05)
        path.append(px)
    return path


def _talipp(prices: list[float]) -> None:
    """Its incremental indicators."""
    library = import_module("talipp.indicators")
    indicators = [library.RSI(14), library.EMA(12), library.MACD(12, 26, 9), library.BB(20, 2.0)]

    def update(px: float) -> None:
        for indicator in indicators:
            indicator.add(px)

    # Its lists grow without bound: few batches, so that it is not measured on growth.
    emit("signals.ten.peer.talipp", time_calls(update, prices[:100], batches=40))


def _talib(prices: list[float]) -> None:
    """Its streaming functions over a window of 200 prices."""
    stream = import_module("talib.stream")
    window = np.array(prices[:WINDOW])

    def update(px: float) -> None:
        window[:-1] = window[1:]
        window[-1] = px
        stream.RSI(window, 14)
        stream.EMA(window, 12)
        stream.MACD(window, 12, 26, 9)
        stream.BBANDS(window, 20)

    emit("signals.ten.peer.talib", time_calls(update, prices[:300], batches=40))


def _main() -> None:
    """Measures each."""
    pin(CLIENT_CPU)
    prices = _prices(5000)
    for measure in (_talipp, _talib):
        try:
            measure(prices)
        except ImportError as missing:
            skip(f"signals.ten.peer.{measure.__name__[1:]}", str(missing))
    emit("signals.ten.peer.python", time_calls(Chain(bytes, "float").score, prices[:1000]))


if __name__ == "__main__":
    _main()
