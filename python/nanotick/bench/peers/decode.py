"""Decoding alone: Bybit deltas with 4, 24 and 50 levels, and recorded Binance depth, trade and bookTicker messages.

Prices and sizes end as numbers, as ours do; a decoder that leaves them as text is given `float` on top.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import msgspec

from nanotick.bench.messages import LEVELS, bybit_deltas, recorded
from nanotick.bench.peers.chain import levels_of
from nanotick.bench.peers.decoders import delta_decoders
from nanotick.bench.timing import CLIENT_CPU, emit, pin, skip, time_calls

Decode = Callable[[bytes], Any]


class _Depth(msgspec.Struct, gc=False):
    s: str
    U: int
    u: int
    E: int
    b: list[tuple[float, float]]
    a: list[tuple[float, float]]


class _Trade(msgspec.Struct, gc=False):
    s: str
    t: int
    p: float
    q: float
    T: int
    m: bool


class _Quote(msgspec.Struct, gc=False):
    s: str
    u: int
    b: float
    B: float
    a: float
    A: float
    E: int


class _Combined(msgspec.Struct, gc=False):
    data: msgspec.Raw


def _floats(levels: Any) -> list[tuple[float, float]]:
    return [(float(px), float(size)) for px, size in levels]


def _with_floats(decode: Decode, form: str) -> Decode:
    if form == "float":
        return decode
    levels = levels_of(form)

    def whole(message: bytes) -> Any:
        bids, asks = levels(decode(message))
        return _floats(bids), _floats(asks)

    return whole


def _bybit() -> None:
    """Deltas of each size, by each decoder."""
    for levels in LEVELS:
        messages = bybit_deltas(levels)
        for name, form, decode in delta_decoders():
            emit(f"decode.bybit{levels}.peer.{name}", time_calls(_with_floats(decode, form), messages, 40))


def _unwrapping(decode: Decode) -> Decode:
    """For messages of a combined stream, which stand one level down."""
    outer = msgspec.json.Decoder(_Combined).decode
    return lambda message: decode(outer(message).data)


def _dict_reader(loads: Decode, fields: Sequence[str]) -> Decode:
    def read(message: bytes) -> Any:
        body = loads(message)
        body = body.get("data", body)
        return [_floats(body[f]) if isinstance(body[f], list) else float(body[f]) for f in fields]

    return read


def _binance() -> None:
    """Recorded messages: throughput for depth, time a message for trades and quotes."""
    cases = (
        ("decode.binance_depth", "depthUpdate", _Depth, ("b", "a")),
        ("decode.binance_trade", "trade", _Trade, ("p", "q")),
        ("decode.binance_book_ticker", "bookTicker", _Quote, ("b", "B", "a", "A")),
    )
    for name, kind, struct, fields in cases:
        messages = recorded(kind)
        wrapped = b'"stream"' in messages[0]
        decoders: dict[str, Decode] = {"json": _dict_reader(json.loads, fields)}
        try:
            decoders["orjson"] = _dict_reader(import_module("orjson").loads, fields)
        except ImportError as missing:
            skip(f"{name}.peer.orjson", str(missing))
        inner = msgspec.json.Decoder(struct, strict=False).decode
        decoders["msgspec"] = _unwrapping(inner) if wrapped else inner
        mean_bytes = sum(map(len, messages)) / len(messages)
        for peer, decode in decoders.items():
            figures = time_calls(decode, messages, 40)
            if kind == "depthUpdate":
                speeds = {key: mean_bytes / ns for key, ns in figures.items()}
                emit(f"{name}.peer.{peer}", speeds, unit="GB/s")
            else:
                emit(f"{name}.peer.{peer}", figures)


if __name__ == "__main__":
    pin(CLIENT_CPU)
    _bybit()
    _binance()
