"""Writes the fuzz corpus from the bundled recordings: one file a message, the shapes that differ and a few of each."""

from __future__ import annotations

import gzip
import json
import re
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "python" / "nanotick" / "data" / "sample"
PER_SHAPE = 6


def recorded() -> list[bytes]:
    """Messages of different shapes: their text with all digits alike is the shape."""
    seen: Counter[bytes] = Counter()
    chosen = []
    for path in sorted(SAMPLE.glob("binance_usdm_*usdt_*.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                message = line.split(b" ", 1)[1].strip()
                shape = re.sub(rb"\d+", b"0", message)[:120]
                seen[shape] += 1
                if seen[shape] <= PER_SHAPE and len(message) < 20_000:
                    chosen.append(message)
    return chosen


def bybit_of(message: bytes) -> bytes | None:
    """A Binance depth or trade message in Bybit's words."""
    body: dict[str, Any] = json.loads(message)
    body = body.get("data", body)
    symbol = body.get("s")
    if body.get("e") == "depthUpdate":
        made: dict[str, Any] = {
            "topic": f"orderbook.50.{symbol}",
            "type": "delta",
            "ts": body["E"],
            "data": {"s": symbol, "b": body["b"][:24], "a": body["a"][:24], "u": body["u"], "seq": body["u"]},
            "cts": body["E"],
        }
    elif body.get("e") == "trade":
        one = {
            "T": body["T"],
            "s": symbol,
            "S": "Buy",
            "v": body["q"],
            "p": body["p"],
            "L": "PlusTick",
            "i": "a-b",
        }
        one["BT"] = False
        made = {"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": body["E"], "data": [one]}
    else:
        return None
    return json.dumps(made, separators=(",", ":")).encode()


def client_steps(bybit: list[bytes]) -> list[bytes]:
    """Stories for the whole client: each step a byte that says what happens, a length, and the bytes themselves."""

    def step(what: int, payload: bytes = b"") -> bytes:
        return struct.pack("<BH", what, len(payload)) + payload

    public, private, trade = 0, 1, 2
    opened = b"".join(step(63 + socket) for socket in (public, private, trade))
    ready = (
        step(public, b'{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}')
        + step(private, b'{"success":true,"ret_msg":"","op":"auth","conn_id":"1"}')
        + step(private, b'{"success":true,"ret_msg":"","op":"subscribe","conn_id":"1"}')
        + step(trade, b'{"retCode":0,"retMsg":"OK","op":"auth","connId":"1"}')
    )
    order = (
        b'{"topic":"order","id":"1","creationTime":1,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a",'
        b'"orderLinkId":"nt1-1","side":"Buy","orderType":"Limit","price":"100.10","qty":"0.010","timeInForce":"GTC",'
        b'"orderStatus":"New","leavesQty":"0.010","cumExecQty":"0","rejectReason":"EC_NoError","updatedTime":"1"}]}'
    )
    fill = (
        b'{"topic":"execution","id":"1","creationTime":1,"data":[{"category":"linear","symbol":"BTCUSDT",'
        b'"orderId":"a","orderLinkId":"nt1-1","execId":"e1","execType":"Trade","side":"Buy","execPrice":"100.10",'
        b'"execQty":"0.010","execFee":"-0.0002","isMaker":true,"execTime":"1"}]}'
    )
    account = (
        b'{"topic":"position","data":[{"symbol":"BTCUSDT","side":"Sell","size":"0.01","positionIdx":0}]}',
        b'{"topic":"wallet","creationTime":1,"data":[{"coin":[{"coin":"USDT","walletBalance":"10.5"}]}]}',
    )
    ack = b'{"reqId":"nt1-1.c1","retCode":0,"retMsg":"OK","op":"order.create","data":{"orderId":"a"}}'
    page = b'{"retCode":0,"retMsg":"OK","result":{"list":[],"nextPageCursor":""}}'
    orders = step(183) + step(trade, ack) + step(private, order) + step(private, fill)
    stories = [
        ready + orders + b"".join(step(private, text) for text in account) + step(255),
        ready + step(153) + step(110, page) * 12 + step(255) * 3,
    ]
    for message in bybit[:40]:
        whole = message.replace(b'"type":"delta"', b'"type":"snapshot"')
        stories.append(step(public, whole) + step(public, message) + step(93) + step(public, message))
    return [opened + story for story in stories]


def frames() -> list[bytes]:
    """WebSocket frames behind the byte that chooses the reader's role and the pieces."""

    def frame(first: int, payload: bytes, mask: bytes = b"") -> bytes:
        size, masked = len(payload), 0x80 if mask else 0
        short = size < 126
        head = bytes([first, size | masked]) if short else struct.pack(">BBH", first, 126 | masked, size)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if mask else payload
        return head + mask + body

    text = frame(0x81, b'{"op":"pong"}') + frame(0x89, b"hi") + frame(0x88, b"\x03\xe8bye")
    pieces = frame(0x01, b"he") + frame(0x8A, b"") + frame(0x00, b"l") + frame(0x80, "lö".encode())
    long = frame(0x82, bytes(300))
    masked = frame(0x81, b'{"op":"ping"}', b"\x01\x02\x03\x04")
    return [
        bytes([0]) + text,
        bytes([2]) + pieces,
        bytes([20]) + long,
        bytes([1]) + masked,
        bytes([3]) + masked * 3,
    ]


def main() -> int:
    """Writes into the folder given, one folder a target."""
    base = Path(sys.argv[1])
    messages = recorded()
    bybit = [made for message in messages if (made := bybit_of(message))]
    lines = [b"1723100000000000000 " + message + b"\n" for message in messages[:12]]
    seeds = {
        "fuzz_binance": messages,
        "fuzz_bybit": bybit,
        "fuzz_bybit_client": client_steps(bybit),
        "fuzz_websocket": frames(),
        "fuzz_record": [bytes([kind]) + bytes(n) for kind in range(24) for n in (40, 48, 64, 128, 160)],
        "fuzz_journal": [b"", bytes([0, 2, 0, 255]), bytes([0, 4, 2, 0]), bytes([200, 3, 1, 0])],
        "fuzz_recording": [
            b"".join(lines[:3]),
            b"".join(lines),
            gzip.compress(b"".join(lines[:2])),
            b"12 {}\n",
        ],
    }
    for target, inputs in seeds.items():
        folder = base / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / f"seed-{number:03}").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
