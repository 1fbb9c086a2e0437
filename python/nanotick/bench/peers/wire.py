"""Wire to wire over loopback for Python stacks: a delta sent → the order received, timed by the simulated venue.

The venue spins on one CPU and sends a delta each 200 µs; the client under test has the other CPU to itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import multiprocessing
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any

import msgspec

from nanotick.bench.messages import bybit_deltas
from nanotick.bench.peers.chain import Chain
from nanotick.bench.peers.decoders import FloatDelta
from nanotick.bench.timing import CLIENT_CPU, SERVER_CPU, emit, pin, skip, time_samples

ORDERS = 3000
WARM_UP = 300
GAP_NS = 100_000
WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
now = time.perf_counter_ns


def _frame(payload: bytes) -> bytes:
    if len(payload) < 126:
        return bytes([0x81, len(payload)]) + payload
    return b"\x81\x7e" + struct.pack(">H", len(payload)) + payload


def _accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    fields = dict(line.lower().split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    key = next(
        line.split(b":")[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    )
    assert fields[b"upgrade"] == b"websocket"  # noqa: S101
    answer = base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + answer + b"\r\n\r\n"
    )
    return connection


def _one_order(connection: socket.socket) -> None:
    """Spins until one masked frame of less than 64 KiB is there, whole."""
    received, whole = b"", 1 << 30
    while len(received) < whole:
        try:
            chunk = connection.recv(4096)
        except BlockingIOError:
            continue
        if not chunk:
            raise ConnectionError
        received += chunk
        if len(received) >= 4:
            short = received[1] & 127
            whole = 6 + short if short < 126 else 8 + (received[2] << 8 | received[3])


def _venue(listening: Any, results: Any) -> None:
    """Serves one client after another; the samples of each go into `results`."""
    pin(SERVER_CPU)
    listener = socket.create_server(("127.0.0.1", 0))
    frames = [_frame(message) for message in bybit_deltas(24)]
    listening.put(listener.getsockname()[1])
    while True:
        took = []
        connection = _accept(listener)
        time.sleep(0.2)
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            for i in range(WARM_UP + ORDERS):
                due = now() + GAP_NS
                while now() < due:
                    pass
                sent = now()
                connection.send(frames[i % len(frames)])
                _one_order(connection)
                if i >= WARM_UP:
                    took.append(now() - sent)
        results.put(took)
        connection.close()


OnMessage = Callable[[bytes], bytes | None]
Client = Callable[[str, OnMessage], Coroutine[Any, Any, None]]


async def _websockets(url: str, on_message: OnMessage) -> None:
    connect = import_module("websockets").connect
    async with connect(url, compression=None, ping_interval=None) as connection:
        async for message in connection:
            await connection.send(on_message(message), text=True)


async def _picows(url: str, on_message: OnMessage) -> None:
    picows = import_module("picows")

    class Listener(picows.WSListener):  # type: ignore[misc, name-defined]
        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            transport.send(picows.WSMsgType.TEXT, on_message(frame.get_payload_as_bytes()))

    transport, _ = await picows.ws_connect(Listener, url)
    await transport.wait_disconnected()


async def _until_closed(client: Client, url: str, on_message: OnMessage) -> None:
    # The venue ends a client by closing its connection; each library calls that an exception of its own.
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client(url, on_message), 30)


def _spin(url: str, on_message: OnMessage) -> None:
    """A bare socket that is polled without pause: the best that Python can do, and no library does."""
    port = int(url.rsplit(":", 1)[1].rstrip("/"))
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: "
        + base64.b64encode(b"sixteen bytes ok")
        + b"\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    connection.recv(4096)
    connection.setblocking(False)
    while True:
        try:
            message = connection.recv(4096)
        except BlockingIOError:
            continue
        if not message:
            return
        order = on_message(message[4:]) or b""
        # An all-zero mask is a mask, and saves a bare Python client the masking.
        connection.send(b"\x81\xfe" + struct.pack(">H", len(order)) + bytes(4) + order)


def _main() -> None:
    """Measures each stack against the same venue."""
    processes = multiprocessing.get_context("spawn")
    listening, results = processes.Queue(), processes.Queue()
    server = processes.Process(target=_venue, args=(listening, results), daemon=True)
    server.start()
    url = f"ws://127.0.0.1:{listening.get(timeout=30)}/"
    pin(CLIENT_CPU)

    def run(name: str, serve: Callable[[OnMessage], None], chain: Chain) -> None:
        try:
            serve(chain.on_message)
        except ImportError as missing:
            skip(f"wire.peer.{name}", str(missing))
            return
        took = results.get(timeout=60)
        if len(took) == ORDERS:
            emit(f"wire.peer.{name}", time_samples(took), value="quiet_p50")
        else:
            skip(f"wire.peer.{name}", f"{len(took)} of {ORDERS} orders came back")

    def loop(client: Client, library: str) -> Callable[[OnMessage], None]:
        def serve(on_message: OnMessage) -> None:
            import_module(library)
            uvloop = library == "picows"
            runner = import_module("uvloop").run if uvloop else asyncio.run
            runner(_until_closed(client, url, on_message))

        return serve

    lax = msgspec.json.Decoder(FloatDelta, strict=False).decode
    run("websockets_json", loop(_websockets, "websockets"), Chain(json.loads, "dict"))
    run("picows_msgspec", loop(_picows, "picows"), Chain(lax, "float"))
    run("python_spin_msgspec", lambda on_message: _spin(url, on_message), Chain(lax, "float"))
    server.kill()


if __name__ == "__main__":
    _main()
