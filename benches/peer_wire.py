"""Wire to wire over loopback for Python stacks: a venue that spins sends a delta and waits for the order it leads to.

The venue is a process of its own and times from its send to the order's last byte. The stacks are picows with
msgspec on uvloop, and websockets with json on asyncio.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import multiprocessing
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import picows
import uvloop
import websockets
from messages import bybit_deltas
from peer_chain import WAYS, Chain
from quiet import quiet_median, report

ROUNDS, WARM_UP = 3_000, 300
GAP_NS = 100_000
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def pin(cpu: int) -> None:
    """To one CPU, where the machine has so many and lets us."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {cpu % (os.cpu_count() or 1)})


def frame(payload: bytes) -> bytes:
    """A server's text frame."""
    size = len(payload)
    return b"\x81" + (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)) + payload


def shake_hands(connection: socket.socket) -> None:
    """The venue's half of the upgrade."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    lines = (line.partition(b":") for line in request.split(b"\r\n"))
    key = next(value.strip() for name, _, value in lines if name.lower() == b"sec-websocket-key")
    accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def await_order(connection: socket.socket) -> None:
    """Spins until a whole masked frame has come."""
    received, needed = b"", 1 << 30
    while len(received) < needed:
        try:
            part = connection.recv(4096)
        except BlockingIOError:
            continue
        if not part:
            raise ConnectionError("the client has gone")
        received += part
        if len(received) >= 4:
            size = received[1] & 127
            needed = 6 + size if size < 126 else 8 + int.from_bytes(received[2:4], "big")


def venue(results: Connection) -> None:
    """Plays the venue to one client after another."""
    pin(0)
    listener = socket.create_server(("127.0.0.1", 0))
    results.send(listener.getsockname()[1])
    messages = [frame(delta) for delta in bybit_deltas(24)]
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shake_hands(connection)
        time.sleep(0.2)
        connection.setblocking(False)
        samples = []
        with contextlib.suppress(OSError):
            for i in range(ROUNDS + WARM_UP):
                due = time.perf_counter_ns() + GAP_NS
                while time.perf_counter_ns() < due:
                    pass
                begun = time.perf_counter_ns()
                connection.send(messages[i % len(messages)])
                await_order(connection)
                samples.append(time.perf_counter_ns() - begun)
        connection.close()
        results.send(samples[WARM_UP:])


async def by_websockets(url: str) -> None:
    """The websockets package with json."""
    chain = Chain(WAYS["json"])
    async with websockets.connect(url, compression=None, ping_interval=None) as connection:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in connection:
                order = chain.on_message(message.encode() if isinstance(message, str) else message)
                await connection.send(order or b"", text=True)


async def by_picows(url: str) -> None:
    """picows with msgspec."""
    chain = Chain(WAYS["msgspec"])

    class Listener(picows.WSListener):  # type: ignore[misc]
        """Answers each frame from its callback."""

        def on_ws_frame(self, transport: picows.WSTransport, message: picows.WSFrame) -> None:
            """One message of the venue."""
            if message.msg_type == picows.WSMsgType.TEXT:
                order = chain.on_message(message.get_payload_as_bytes())
                transport.send(picows.WSMsgType.TEXT, order or b"")

    transport, _ = await picows.ws_connect(Listener, url)
    await transport.wait_disconnected()


def measure(
    name: str, run: Callable[[Awaitable[None]], None], client: Callable[[str], Awaitable[None]]
) -> None:
    """One stack against the venue."""
    run(client(url))
    samples = ours.recv()
    report(f"wire.peer.{name}", quiet_median(samples), min=min(samples))


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=venue, args=(theirs,), daemon=True)
    child.start()
    url = f"ws://127.0.0.1:{ours.recv()}/"
    pin(1)
    measure("picows_msgspec", uvloop.run, by_picows)
    measure("websockets_json", asyncio.run, by_websockets)
    child.kill()
