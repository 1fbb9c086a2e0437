"""What a Python program does from a Bybit delta's bytes to an order's bytes: decode, book, two moving averages, order.

The same decisions as the `two-ema` strategy. The decoders are the standard library's json, orjson and msgspec; the
book is two dictionaries and their best prices, which is faster in Python than a sorted container.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
from messages import bybit_deltas
from quiet import best_ns, report

MAX_NOTIONAL = 10_000.0


class Data(msgspec.Struct, gc=False):
    """The body of a delta."""

    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]
    u: int
    seq: int


class Delta(msgspec.Struct, gc=False):
    """A delta, typed: msgspec's fastest way."""

    topic: str
    type: str
    ts: int
    data: Data
    cts: int


def side_of(book: dict[float, float], changes: Any, best: float, better: Callable[..., float]) -> float:
    """Applies one side's changes; returns its best price. It is searched for only when the best level has gone."""
    for px_text, qty_text in changes:
        px, qty = float(px_text), float(qty_text)
        if qty:
            book[px] = qty
            best = better(best, px) if best else px
        else:
            book.pop(px, None)
            if px == best:
                best = better(book, default=0.0)
    return best


class Chain:
    """Book, averages and orders of one instrument."""

    def __init__(self, levels: Callable[[bytes], tuple[Any, Any]]) -> None:
        self.levels = levels
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.bid = self.ask = 0.0
        self.fast = self.slow = 0.0
        self.orders = 0

    def on_message(self, message: bytes) -> bytes | None:
        """One message; the order it led to."""
        bids, asks = self.levels(message)
        bid = self.bid = side_of(self.bids, bids, self.bid, max)
        ask = self.ask = side_of(self.asks, asks, self.ask, min)
        mid = (bid + ask) / 2
        self.fast += 0.1 * (mid - self.fast)
        self.slow += 0.02 * (mid - self.slow)
        side, px = ("Buy", ask) if self.fast > self.slow else ("Sell", bid)
        if px * 0.001 > MAX_NOTIONAL or abs(px - mid) > 0.02 * mid:
            return None
        self.orders += 1
        return (
            f'{{"reqId":"{self.orders}","header":{{"X-BAPI-TIMESTAMP":"{time.time_ns() // 1_000_000}"}},'
            f'"op":"order.create","args":[{{"category":"linear","symbol":"BTCUSDT","side":"{side}",'
            f'"orderType":"Limit","qty":"0.001","price":"{px:.1f}","timeInForce":"IOC","orderLinkId":"nt1-{self.orders}"}}]}}'
        ).encode()


def by_dict(loads: Callable[[bytes], Any]) -> Callable[[bytes], tuple[Any, Any]]:
    """Levels from a decoder that gives dictionaries."""

    def levels(message: bytes) -> tuple[Any, Any]:
        data = loads(message)["data"]
        return data["b"], data["a"]

    return levels


def by_struct() -> Callable[[bytes], tuple[Any, Any]]:
    """Levels from msgspec's typed decoder."""
    decode = msgspec.json.Decoder(Delta).decode

    def levels(message: bytes) -> tuple[Any, Any]:
        data = decode(message).data
        return data.b, data.a

    return levels


WAYS = {"json": by_dict(json.loads), "orjson": by_dict(orjson.loads), "msgspec": by_struct()}

if __name__ == "__main__":
    deltas = bybit_deltas(24)
    for name, way in WAYS.items():
        report(f"chain.peer.{name}", best_ns(Chain(way).on_message, deltas))
