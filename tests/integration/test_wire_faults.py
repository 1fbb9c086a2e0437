"""Faults on the wire: what is lost comes back in sync and reconciled, and nothing is ordered in between."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sessions import PATIENCE_S, Run, replay, session_process, venue_server

from nanotick.session.venue_process import VenueProcess
from nanotick.strategies import load

PUBLIC, PRIVATE, TRADE, REST = 1, 2, 3, 4
UP, DOWN, STALE, GAP, SYNCED, RECONCILED = 1, 2, 3, 4, 5, 6


def wait_until(what: str, ready: Any, child: Any, patience_s: float = PATIENCE_S) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        assert child.poll() is None, child.communicate()
        if ready():
            return
        time.sleep(0.1)
    child.kill()
    raise AssertionError(f"{what} did not happen: {child.communicate()}")


def placed(run: Run) -> int:
    return sum(1 for _ in run.records("place")) if any(run.journal.glob("*.ntj")) else 0


def finish(child: Any) -> dict[str, Any]:
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, err
    summary: dict[str, Any] = json.loads(out)
    return summary


def check_never_traded_blind(run: Run) -> int:
    """From the journal alone: no order without reconciliation, or from a book that was stale or not in sync."""
    reconciled, links, synced, stale, orders = False, set[int](), set[int](), set[int](), 0
    for record in run.records("connection", "book", "place"):
        if record["kind"] == "book":
            if record["is_snapshot"]:
                synced.add(record["instrument"])
            stale.discard(record["instrument"])
            continue
        if record["kind"] == "place":
            orders += 1
            assert reconciled, f"record {record['seq']} was placed before reconciliation"
            assert record["instrument"] in synced - stale, (
                f"record {record['seq']} was placed from a bad book"
            )
            continue
        which, state, i = record["socket"], record["state"], record["instrument"]
        if state == DOWN and which in (PRIVATE, TRADE):
            reconciled = False
            links.discard(which)
        elif state == UP:
            links.add(which)
        elif which == REST and state == RECONCILED:
            reconciled = True
        elif which == PUBLIC and state == DOWN:
            synced.clear()
        elif which == PUBLIC and state == GAP:
            synced.discard(i)
        elif which == PUBLIC and state == STALE:
            stale.add(i)
    return orders


class Proxy:
    """A TCP relay in front of one address, which can drop what passes or hold a message in the middle."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.cut_in_frame = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self.pairs.append((client, server))
            for source, sink, downstream in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, downstream), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, downstream: bool) -> None:
        try:
            while data := source.recv(65_536):
                if downstream and self.cut_in_frame.is_set() and len(data) > 40:
                    self.cut_in_frame.clear()
                    # Half a frame, then silence, then the end.
                    sink.sendall(data[: len(data) // 2])
                    time.sleep(0.3)
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def drop(self) -> None:
        """Resets every connection."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self) -> None:
        self.listener.close()
        self.drop()


@pytest.fixture
def proxied(venue: VenueProcess) -> Iterator[tuple[VenueProcess, dict[str, Proxy]]]:
    """The venue with a relay in front of each kind of socket."""
    urls = venue.ready["urls"]["bybit"]
    proxies = {}
    for name in ("public", "private", "trade"):
        scheme, rest = urls[name].split("://")
        host, port = rest.split("/")[0].split(":")
        proxies[name] = Proxy((host, int(port)))
        urls[name] = f"{scheme}://{proxies[name].address}/" + rest.partition("/")[2]
    yield venue, proxies
    for proxy in proxies.values():
        proxy.close()


@pytest.mark.parametrize("name", ["public", "private", "trade"])
@pytest.mark.parametrize("how", ["dropped", "cut in a frame"])
def test_a_lost_socket_comes_back_in_good_order(
    proxied: tuple[VenueProcess, dict[str, Proxy]], tmp_path: Path, name: str, how: str
) -> None:
    venue, proxies = proxied
    child, path = session_process(venue, "quoter-rust", tmp_path, seconds=60)
    run = Run(path, {})
    wait_until("trading", lambda: placed(run) >= 5, child)
    if how == "dropped":
        proxies[name].drop()
    else:
        proxies[name].cut_in_frame.set()
    which = {"public": PUBLIC, "private": PRIVATE, "trade": TRADE}[name]

    def down() -> bool:
        links = run.records("connection")
        return any(r["socket"] == which and r["state"] == DOWN for r in links)

    wait_until("the loss", down, child)
    before = placed(run)
    wait_until("trading again", lambda: placed(run) >= before + 3, child)
    summary = finish(child)
    run = Run(path, summary, venue.ask("ledger")["venues"]["bybit"])
    held = {i["symbol"]: float(i["position"]) for i in summary["accounts"]["instruments"]}
    assert held == {symbol: float(p["qty"]) for symbol, p in run.ledger["positions"].items()}
    # An order that was lost with the order entry socket stays undecided: nobody says so before the venue's window
    # for it has closed.
    assert summary["reconciled"] or name == "trade", summary
    assert summary["reconnects"] >= 1
    assert not run.open_orders()
    assert check_never_traded_blind(run) >= 8
    replayed = replay(path, load("quoter-rust")())
    assert replayed["verified"], replayed["first_difference"]


def test_a_venue_that_stands_still_makes_the_book_stale(venue: VenueProcess, tmp_path: Path) -> None:
    child, path = session_process(venue, "quoter-rust", tmp_path, seconds=60)
    run = Run(path, {})
    wait_until("trading", lambda: placed(run) >= 5, child)
    assert venue._child is not None
    os.kill(venue._child.pid, signal.SIGSTOP)
    stopped_ns = time.time_ns()
    time.sleep(5)
    woken_ns = time.time_ns()
    os.kill(venue._child.pid, signal.SIGCONT)
    before = placed(run)
    wait_until("trading again", lambda: placed(run) >= before + 3, child)
    summary = finish(child)
    run = Run(path, summary, venue.ask("ledger")["venues"]["bybit"])
    # Two seconds is how old a book may be; what was on the way when it stopped arrives at once.
    silent = [r for r in run.records("place") if stopped_ns + 2_500_000_000 < r["wall_ns"] < woken_ns]
    assert not silent
    assert any(r["state"] == STALE for r in run.records("connection"))
    check_never_traded_blind(run)
    assert summary["reconciled"], summary
    assert not run.open_orders()


def test_a_venue_that_starts_anew_is_reconciled_before_anything_is_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [f"--listen=127.0.0.1:{port}"]
    with venue_server(tmp_path / "first", words=words) as first:
        child, path = session_process(first, "quoter-rust", tmp_path, seconds=90)
        run = Run(path, {})
        wait_until("trading", lambda: placed(run) >= 5, child)
        assert first._child is not None
        first._child.kill()
        first._child.wait()
    time.sleep(0.5)
    before = placed(run)
    time.sleep(0.5)
    assert placed(run) == before, "orders while the venue was gone"
    with venue_server(tmp_path / "second", words=words):

        def reconciled_again() -> bool:
            links = [(r["socket"], r["state"]) for r in run.records("connection")]
            down = max((i for i, link in enumerate(links) if link[1] == DOWN), default=len(links))
            return (REST, RECONCILED) in links[down:]

        wait_until("reconciliation", reconciled_again, child)
        time.sleep(1)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=PATIENCE_S)
    check_never_traded_blind(run)
    replayed = replay(path, load("quoter-rust")())
    assert replayed["verified"], replayed["first_difference"]
