"""One price through RSI, EMA, MACD and Bollinger bands: talipp, and TA-Lib's streaming calls over a window of 200."""

from __future__ import annotations

import itertools
import json

import numpy as np
import talib
from messages import recorded
from quiet import best_ns, report
from talib import stream
from talipp.indicators import BB, EMA, MACD, RSI

WINDOW = 200


def prices(count: int) -> list[float]:
    """Recorded trade prices."""
    bodies = (json.loads(message) for message in itertools.islice(recorded("trade"), count))
    return [float(body.get("data", body)["p"]) for body in bodies]


def by_talib(window: np.ndarray) -> None:
    """The four, newest value only."""
    stream.RSI(window, 14)
    stream.EMA(window, 12)
    stream.MACD(window, 12, 26, 9)
    stream.BBANDS(window, 20)


if __name__ == "__main__":
    values = prices(1_500)
    indicators = [RSI(14), EMA(12), MACD(12, 26, 9), BB(20, 2.0)]

    def by_talipp(price: float) -> None:
        """The four, by adding a value."""
        for indicator in indicators:
            indicator.add(price)

    report("signals.four.peer.talipp", best_ns(by_talipp, values, 4))
    array = np.array(values)
    windows = [np.ascontiguousarray(array[i : i + WINDOW]) for i in range(len(values) - WINDOW)]
    report("signals.four.peer.talib", best_ns(by_talib, windows, 10), version=talib.__version__)
