"""One way from process to process, 64 bytes with the time of sending: Pipe, Queue, socket pair, shared memory."""

from __future__ import annotations

import multiprocessing
import socket
import struct
import time
from collections.abc import Callable
from multiprocessing import shared_memory
from typing import Any

from nanotick.bench.timing import CLIENT_CPU, SERVER_CPU, emit, pin, time_samples

MESSAGES = 4000
GAP_NS = 50_000
STAMPED = struct.Struct("<q56x")
now = time.perf_counter_ns


def _paced(send: Callable[[bytes], Any]) -> None:
    pin(SERVER_CPU)
    due = now() + 100_000_000
    for _ in range(MESSAGES):
        due = max(due + GAP_NS, now())
        while now() < due:
            pass
        send(STAMPED.pack(now()))


def _to_pipe(connection: Any) -> None:
    _paced(connection.send_bytes)


def _to_socket(connection: socket.socket) -> None:
    _paced(connection.sendall)


def _to_queue(queue: Any) -> None:
    pin(SERVER_CPU)
    # The queue's feeder thread needs the interpreter: a sender that spins would measure its own greed.
    for _ in range(MESSAGES // 2):
        time.sleep(0.0002)
        queue.put(STAMPED.pack(now()))


def _words(memory: shared_memory.SharedMemory) -> Any:
    assert memory.buf is not None  # noqa: S101
    return memory.buf.cast("q")


def _to_memory(name: str) -> None:
    pin(SERVER_CPU)
    memory = shared_memory.SharedMemory(name=name)
    words = _words(memory)
    time.sleep(0.2)
    due = now()
    for i in range(1, MESSAGES + 1):
        due = max(due + GAP_NS // 2, now())
        while now() < due:
            pass
        words[1] = now()
        words[0] = i
    words.release()
    memory.close()


def _received(receive: Callable[[], bytes], count: int = MESSAGES) -> list[int]:
    took = []
    for _ in range(count):
        message = receive()
        took.append(now() - STAMPED.unpack(message)[0])
    return took


def _spin_on(memory: shared_memory.SharedMemory, sender: Any) -> list[int]:
    words, seen, took = _words(memory), 0, []
    while seen < MESSAGES and (sender.is_alive() or words[0] != seen):
        for _ in range(10_000):
            if (number := words[0]) != seen:
                at, sent = now(), words[1]
                # If the next number is there already, the time may be the next one's.
                if words[0] == number:
                    took.append(at - sent)
                seen = number
                break
    words.release()
    return took


def _main() -> None:
    """Measures each way between two pinned processes."""
    processes = multiprocessing.get_context("spawn")
    pin(CLIENT_CPU)

    def run(name: str, target: Any, argument: Any, collect: Callable[[Any], list[int]]) -> None:
        sender = processes.Process(target=target, args=(argument,), daemon=True)
        sender.start()
        emit(f"journal.oneway.peer.{name}", time_samples(collect(sender)), value="quiet_p50")
        sender.join()

    receiver, sender_end = processes.Pipe(duplex=False)
    run("pipe", _to_pipe, sender_end, lambda _: _received(receiver.recv_bytes))
    near, far = socket.socketpair()
    run("socketpair", _to_socket, far, lambda _: _received(lambda: near.recv(64)))
    queue: Any = processes.Queue()
    run("queue", _to_queue, queue, lambda _: _received(queue.get, MESSAGES // 2))
    memory = shared_memory.SharedMemory(create=True, size=4096)
    run("shared_memory", _to_memory, memory.name, lambda sender: _spin_on(memory, sender))
    memory.close()
    memory.unlink()


if __name__ == "__main__":
    _main()
