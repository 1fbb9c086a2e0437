"""The messages that we and the peers are measured on: one generator, so that everybody gets the same bytes.

Order book deltas have the shape that Bybit documents for `orderbook.50`; the Binance messages are recorded.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from importlib import resources

__all__ = ["LEVELS", "bybit_deltas", "bybit_snapshot", "recorded"]

LEVELS = (4, 24, 50)
"""Level changes in a delta: a quiet moment, the usual, a busy one."""

TOUCH_TICKS = 970_000
DEPTH = 50
REMOVED = 0.25
SAMPLE = "binance_usdm_btcusdt_20240808_90s.gz"


def _level(ticks: int, size: str) -> list[str]:
    return [f"{ticks / 10:.2f}", size]


def _size(random_: random.Random) -> str:
    return f"{random_.uniform(0.001, 30):.3f}"


def _message(kind: str, update: int, bids: list[list[str]], asks: list[list[str]]) -> bytes:
    body = {
        "topic": f"orderbook.{DEPTH}.BTCUSDT",
        "type": kind,
        "ts": 1_687_940_967_466 + update,
        "data": {"s": "BTCUSDT", "b": bids, "a": asks, "u": update, "seq": 66_544_703_342 + update},
        "cts": 1_687_940_967_464 + update,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def bybit_snapshot() -> bytes:
    """The book before the first delta: update id 1, 50 levels a side."""
    sizes = random.Random(0)
    bids = [_level(TOUCH_TICKS - i, _size(sizes)) for i in range(DEPTH)]
    asks = [_level(TOUCH_TICKS + 1 + i, _size(sizes)) for i in range(DEPTH)]
    return _message("snapshot", 1, bids, asks)


def bybit_deltas(levels: int, count: int = 500) -> list[bytes]:
    """Deltas with so many level changes each, half of them bids, clustered at the touch, a quarter of them removals.

    Bids stay below asks in whatever order the deltas are applied, and update ids follow the snapshot's.
    """
    choice = random.Random(levels)
    weights = [1.0 / (1 + i) for i in range(DEPTH)]

    def side(sign: int, touch: int) -> list[list[str]]:
        keyed = sorted(range(DEPTH), key=lambda i: choice.random() ** (1.0 / weights[i]), reverse=True)
        offsets = sorted(keyed[: levels // 2])
        return [
            _level(touch + sign * i, "0" if choice.random() < REMOVED else _size(choice)) for i in offsets
        ]

    return [_message("delta", 2 + n, side(-1, TOUCH_TICKS), side(1, TOUCH_TICKS + 1)) for n in range(count)]


def recorded(kind: str, count: int = 500) -> list[bytes]:
    """The first messages of a kind (`depthUpdate`, `trade`, `bookTicker`) in the bundled Binance recording."""

    def matching() -> Iterator[bytes]:
        marks = (f'"e":"{kind}"'.encode(), f'"e": "{kind}"'.encode())
        sample = resources.files("nanotick").joinpath("data", "sample", SAMPLE)
        with sample.open("rb") as raw, gzip.open(raw) as lines:
            for line in lines:
                if any(mark in line for mark in marks):
                    yield line[line.index(b"{") :].strip()

    found: list[bytes] = []
    for message in matching():
        found.append(message)
        if len(found) == count:
            break
    return found
