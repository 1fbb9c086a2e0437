"""Making the bytes of an order request: a dict through a JSON encoder, or an f-string."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec

from nanotick.bench.peers.chain import Chain
from nanotick.bench.timing import CLIENT_CPU, emit, pin, skip, time_calls


def _request(n: int) -> dict[str, Any]:
    now_ms = time.time_ns() // 1_000_000
    order = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": f"{97000.1:.2f}",
        "timeInForce": "IOC",
        "orderLinkId": f"nt{n}",
    }
    header = {"X-BAPI-TIMESTAMP": str(now_ms), "X-BAPI-RECV-WINDOW": "5000"}
    return {"reqId": f"nt-{n}", "header": header, "op": "order.create", "args": [order]}


def _encoder(encode: Callable[[Any], Any]) -> Callable[[int], Any]:
    return lambda n: encode(_request(n))


def _main() -> None:
    """Measures each encoder."""
    pin(CLIENT_CPU)
    encoders: dict[str, Callable[[Any], Any]] = {
        "json": lambda request: json.dumps(request).encode(),
        "msgspec": msgspec.json.Encoder().encode,
    }
    try:
        encoders["orjson"] = import_module("orjson").dumps
    except ImportError as missing:
        skip("encode.bybit_create.peer.orjson", str(missing))
    numbers = range(500)
    for name, encode in encoders.items():
        emit(f"encode.bybit_create.peer.{name}", time_calls(_encoder(encode), numbers))
    chain = Chain(bytes, "float")
    figures = time_calls(lambda _: chain.order(True, 97_000.1, 97_000.0), numbers)
    emit("encode.bybit_create.peer.fstring", figures)


if __name__ == "__main__":
    _main()
