"""The venue server against clients that others wrote: they connect, keep books and trade as they would at the venue.

Each test is skipped where its client is not installed; the Rust tests hold the server to their captured signatures.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nanotick._core", reason="the native module is not built")

from nanotick.session.venue_process import VenueProcess

PATIENCE_S = 20.0


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    # pybit notes a subscription only after it has sent it, and stumbles over an answer that is there sooner.
    arguments = ["--speed", "5", "--latency-ms", "20"]
    with VenueProcess(arguments, "testkey", "testsecret", tmp_path / "venue.log") as process:
        yield process


def eventually(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


def test_pybit_keeps_a_book_and_trades(venue: VenueProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    pybit = pytest.importorskip("pybit.unified_trading")
    trading = pytest.importorskip("pybit._websocket_trading")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    urls = venue.ready["urls"]["bybit"]
    sockets = urls["rest"].replace("http", "ws", 1)
    monkeypatch.setattr(pybit, "PUBLIC_WSS", sockets + "/v5/public/{CHANNEL_TYPE}")
    monkeypatch.setattr(pybit, "PRIVATE_WSS", urls["private"])
    monkeypatch.setattr(trading, "TRADE_WSS", urls["trade"])
    keys = {"testnet": False, "api_key": "testkey", "api_secret": "testsecret"}

    books: list[dict[str, Any]] = []
    events: list[tuple[str, dict[str, Any]]] = []
    replies: list[dict[str, Any]] = []
    lock = threading.Lock()

    def keep(message: dict[str, Any]) -> None:
        with lock:
            events.extend((message["topic"], entry) for entry in message["data"])

    def seen(topic: str, **wanted: str) -> bool:
        with lock:
            return any(t == topic and wanted.items() <= entry.items() for t, entry in events)

    public = pybit.WebSocket(testnet=False, channel_type="linear")
    private = pybit.WebSocket(channel_type="private", **keys)
    orders = pybit.WebSocketTrading(**keys)
    try:
        private.order_stream(keep)
        private.execution_stream(keep)
        private.position_stream(keep)
        public.orderbook_stream(50, "BTCUSDT", books.append)
        eventually(lambda: len(books) > 20)
        book = books[-1]["data"]
        assert len(book["b"]) == len(book["a"]) == 50
        bid = max(float(level[0]) for level in book["b"])
        assert bid < min(float(level[0]) for level in book["a"])

        common = {"category": "linear", "symbol": "BTCUSDT"}
        orders.place_order(
            replies.append, **common, side="Buy", orderType="Limit", qty="0.010", price=f"{bid - 500:.1f}",
            timeInForce="PostOnly", orderLinkId="rests",
        )  # fmt: skip
        eventually(lambda: seen("order", orderLinkId="rests", orderStatus="New"))
        orders.place_order(
            replies.append, **common, side="Sell", orderType="Market", qty="0.100", orderLinkId="takes"
        )
        eventually(lambda: seen("order", orderLinkId="takes", orderStatus="Filled"))
        eventually(lambda: seen("position", side="Sell", size="0.100"))
        orders.cancel_order(replies.append, **common, orderLinkId="rests")
        eventually(lambda: seen("order", orderLinkId="rests", orderStatus="Cancelled"))
        assert [reply["retCode"] for reply in eventually(lambda: len(replies) == 3 and replies)] == [0, 0, 0]

        rest = pybit.HTTP(**keys)
        rest.endpoint = urls["rest"]
        wallet = rest.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]["coin"][0][
            "walletBalance"
        ]
        ledger = venue.ask("ledger")["venues"]["bybit"]
        assert wallet == ledger["wallet"]
        fills = [(fill["px"], fill["qty"], fill["fee"]) for fill in ledger["fills"]]
        told = [entry for topic, entry in events if topic == "execution"]
        assert [(entry["execPrice"], entry["execQty"], entry["execFee"]) for entry in told] == fills
    finally:
        for socket in (public, private, orders):
            socket.exit()
