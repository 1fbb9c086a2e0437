"""The messages that the peers decode: Bybit deltas of real level changes, and Binance messages as recorded."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nanotick.session.sample import sample_files


def recorded(kind: str, path: Path | None = None) -> Iterator[bytes]:
    """Recorded Binance messages of one kind (`depthUpdate`, `trade`, `bookTicker`), as they came."""
    marker = f'"e":"{kind}"'.encode()
    with gzip.open(path or sample_files()[0]) as lines:
        for line in lines:
            message = line.split(b" ", 1)[1].strip()
            if marker in message:
                yield message


def bybit_deltas(levels: int, count: int = 400) -> list[bytes]:
    """Bybit `orderbook.50` deltas with so many levels, half a side, whose changes were recorded on Binance."""
    half = levels // 2
    made: list[bytes] = []
    for message in recorded("depthUpdate"):
        body: dict[str, Any] = json.loads(message)
        body = body.get("data", body)
        # The changes next to the touch: what a feed of 50 levels would carry.
        bids, asks = body["b"][-half:], body["a"][:half]
        if len(bids) < half or len(asks) < half:
            continue
        data = {
            "s": "BTCUSDT",
            "b": bids,
            "a": asks,
            "u": 177400507 + len(made),
            "seq": 66544703342 + len(made),
        }
        delta = {
            "topic": "orderbook.50.BTCUSDT",
            "type": "delta",
            "ts": body["E"],
            "data": data,
            "cts": body["T"],
        }
        made.append(json.dumps(delta, separators=(",", ":")).encode())
        if len(made) == count:
            break
    return made
