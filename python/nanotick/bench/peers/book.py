"""Applying level changes to a book: sorted containers, plain dicts, and sorted lists with bisection. Time a change."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec

from nanotick.bench.messages import bybit_deltas
from nanotick.bench.peers.decoders import FloatDelta
from nanotick.bench.timing import CLIENT_CPU, emit, pin, skip, time_calls

CHANGES = 24
Changes = list[tuple[float, float]]


def _keyed_book(
    make: Callable[[], Any], best_bid: Callable[[Any], Any], best_ask: Callable[[Any], Any]
) -> Any:
    bids, asks = make(), make()

    def apply(delta: tuple[Changes, Changes]) -> tuple[Any, Any]:
        for side, changes in ((bids, delta[0]), (asks, delta[1])):
            for px, size in changes:
                if size:
                    side[px] = size
                else:
                    side.pop(px, None)
        return best_bid(bids), best_ask(asks)

    return apply


class _BisectBook:
    """Prices and sizes in two sorted lists a side; bids by negated price, so that the best comes first."""

    def __init__(self) -> None:
        self.sides: list[tuple[list[float], list[float], float]] = [([], [], -1.0), ([], [], 1.0)]

    def apply(self, delta: tuple[Changes, Changes]) -> tuple[float, float]:
        """Applies a delta and gives the touch."""
        for (prices, sizes, sign), changes in zip(self.sides, delta, strict=True):
            for px, size in changes:
                key = px * sign
                at = bisect.bisect_left(prices, key)
                known = at < len(prices) and prices[at] == key
                if known and size:
                    sizes[at] = size
                elif known:
                    del prices[at], sizes[at]
                elif size:
                    prices.insert(at, key)
                    sizes.insert(at, size)
        return -self.sides[0][0][0], self.sides[1][0][0]


def _main() -> None:
    """Measures each book on the same decoded deltas."""
    pin(CLIENT_CPU)
    decode = msgspec.json.Decoder(FloatDelta, strict=False).decode
    deltas = [(m.data.b, m.data.a) for m in map(decode, bybit_deltas(CHANGES))]
    books = {"dict": _keyed_book(dict, max, min), "bisect": _BisectBook().apply}
    try:
        sorted_dict = import_module("sortedcontainers").SortedDict
        books["sortedcontainers"] = _keyed_book(
            sorted_dict, lambda side: side.peekitem(-1), lambda side: side.peekitem(0)
        )
    except ImportError as missing:
        skip("book.level_change.peer.sortedcontainers", str(missing))
    for name, apply in books.items():
        figures = time_calls(apply, deltas)
        emit(f"book.level_change.peer.{name}", {key: ns / CHANGES for key, ns in figures.items()})


if __name__ == "__main__":
    _main()
