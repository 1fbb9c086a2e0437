"""Decoding alone, without making numbers of the texts: json, orjson and msgspec on the messages that we decode."""

from __future__ import annotations

import itertools
import json

import msgspec
import orjson
from messages import bybit_deltas, recorded
from peer_chain import Delta
from quiet import best_ns, report

if __name__ == "__main__":
    sets = {f"bybit{levels}": bybit_deltas(levels) for levels in (4, 24, 50)}
    for name, kind in (
        ("binance_depth", "depthUpdate"),
        ("binance_trade", "trade"),
        ("binance_quote", "bookTicker"),
    ):
        sets[name] = list(itertools.islice(recorded(kind), 400))
    ways = {"json": json.loads, "orjson": orjson.loads, "msgspec": msgspec.json.Decoder().decode}
    for name, messages in sets.items():
        for peer, decode in ways.items():
            report(f"decode.{name}.peer.{peer}", best_ns(decode, messages))
        if name.startswith("bybit"):
            report(f"decode.{name}.peer.msgspec_typed", best_ns(msgspec.json.Decoder(Delta).decode, messages))
