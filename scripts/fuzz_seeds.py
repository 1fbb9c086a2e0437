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


def binance_session(messages: list[bytes]) -> bytes:
    """A snapshot and the diffs around it, an order and its fill, as lines for a client."""
    snapshot = next((m for m in messages if b"lastUpdateId" in m), b"{}")
    diffs = [m for m in messages if b"depthUpdate" in m][:6]
    update = {
        "e": "ORDER_TRADE_UPDATE", "E": 1723161256299, "T": 1723161256299,
        "o": {
            "s": "BTCUSDT", "c": "nt1-3", "S": "BUY", "o": "LIMIT", "f": "GTX", "q": "0.010", "p": "57000.0",
            "ap": "57000.0", "sp": "0", "x": "TRADE", "X": "FILLED", "i": 7, "l": "0.010", "z": "0.010",
            "L": "57000.0", "N": "USDT", "n": "0.1", "T": 1723161256299, "t": 9, "m": True, "R": False,
        },
    }  # fmt: skip
    answer = {
        "id": "1",
        "status": 200,
        "result": {"orderId": 7, "symbol": "BTCUSDT", "clientOrderId": "nt1-3"},
    }
    lines = [b"3" + b'{"listenKey":"abc"}', *(b"0" + diff for diff in diffs), b"3" + snapshot, b"7"]
    lines += [
        b"2" + json.dumps(answer).encode(),
        b"1" + json.dumps(update).encode(),
        b"6",
        b"3[]",
        b"55",
        b"4",
    ]
    return b"\n".join(lines)


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
    snapshots = [delta.replace(b'"type":"delta"', b'"type":"snapshot"') for delta in bybit[:2]]
    private = [
        b'1{"op":"auth","success":true,"conn_id":"a"}',
        b'2{"op":"auth","retCode":0,"retMsg":"OK","connId":"a"}',
        b'2{"reqId":"nt1-3","retCode":0,"retMsg":"OK","op":"order.create","data":{"orderId":"x","orderLinkId":"nt1-3"}}',
        b'1{"topic":"order","data":[{"category":"linear","symbol":"BTCUSDT","orderId":"x","orderLinkId":"nt1-3",'
        b'"side":"Buy","orderStatus":"Filled","price":"57000.0","qty":"0.010","leavesQty":"0","cumExecQty":"0.010"}]}',
        b'1{"topic":"execution","data":[{"category":"linear","symbol":"BTCUSDT","orderId":"x","orderLinkId":"nt1-3",'
        b'"side":"Buy","execId":"e1","execPrice":"57000.0","execQty":"0.010","execFee":"0.1","execType":"Trade",'
        b'"isMaker":true,"execTime":"1723161256299"}]}',
        b'1{"topic":"execution","data":[{"category":"linear","symbol":"BTCUSDT","orderId":"x","orderLinkId":"nt1-3",'
        b'"side":"Buy","execId":"e2","execPrice":"0","execQty":"0.010","execFee":"0","execType":"Trade"}]}',
        b'3{"retCode":0,"retMsg":"OK","result":{"list":[],"nextPageCursor":""},"time":1723161256299}',
    ]
    session = b"\n".join(
        [b"0" + part for part in [*snapshots, *bybit[:4]]] + [b"7", *private, b"6", b"55", b"4"]
    )
    lines = [b"1723100000000000000 " + message + b"\n" for message in messages[:12]]
    seeds = {
        "fuzz_binance": messages,
        "fuzz_bybit": bybit,
        "fuzz_bybit_client": [session, b"\n".join(private), *(b"0" + part for part in snapshots)],
        "fuzz_binance_client": [binance_session(messages)],
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
