"""The end of a session that nobody planned: the journal it leaves, what the venue holds, and how signals end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from sessions import PATIENCE_S, Run, replay, session_process

from nanotick import _core
from nanotick.session.venue_process import VenueProcess
from nanotick.strategies import load


def verify(journal: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_core.journal_verify(str(journal)))
    return found


def wait_for_orders(run: Run, child: subprocess.Popen[str], at_least: int) -> None:
    """Until the session, read from outside while it runs, has placed so many orders."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and child.poll() is None:
        # The lock is there before the first segment.
        if any(run.journal.glob("*.ntj")) and len(list(run.records("place"))) >= at_least:
            return
        time.sleep(0.05)
    child.kill()
    raise AssertionError(f"no {at_least} orders: {child.communicate()}")


@pytest.mark.parametrize("name", ["quoter", "quoter-rust"])
def test_a_killed_session_leaves_a_journal_that_verifies_and_replays(
    venue: VenueProcess, tmp_path: Path, name: str
) -> None:
    child, path = session_process(venue, name, tmp_path, seconds=60)
    run = Run(path, {})
    wait_for_orders(run, child, 15)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    found = verify(run.journal)
    # What a killed process leaves is whole: the page cache keeps every record that was committed.
    assert found["damage"] == [] or found["recoverable_to"], found
    assert found["records"] > 100
    replayed = replay(path, load(name)())
    assert replayed["verified"], replayed["first_difference"]
    assert not replayed["ended"]
    assert replayed["cut_off"] is not None
    assert replayed["commands"] >= 10
    assert not replay(path, load(name)(requote_ticks=1.0, half_spread_bps=3.0))["verified"]


@pytest.mark.parametrize("torn", [1, 17, 64])
def test_a_torn_tail_costs_at_most_the_tail(venue: VenueProcess, tmp_path: Path, torn: int) -> None:
    """As if the machine had lost power while the last record was on its way to the disk."""
    child, path = session_process(venue, "quoter", tmp_path, seconds=60)
    run = Run(path, {})
    wait_for_orders(run, child, 6)
    child.kill()
    child.communicate()
    before = verify(run.journal)
    segment = max(run.journal.glob("*.ntj"))
    data = segment.read_bytes()
    end = len(data.rstrip(b"\0"))
    segment.write_bytes(data[: end - torn] + bytes(len(data) - end + torn))
    after = verify(run.journal)
    assert before["records"] - 2 <= after["records"] < before["records"], (before, after)
    assert after["damage"] == [], after
    assert after["recoverable_to"] == after["records"]


def test_damage_in_the_middle_is_named_and_not_replayed_over(venue: VenueProcess, tmp_path: Path) -> None:
    child, path = session_process(venue, "quoter", tmp_path, seconds=60)
    run = Run(path, {})
    wait_for_orders(run, child, 6)
    child.kill()
    child.communicate()
    segment = max(run.journal.glob("*.ntj"))
    data = bytearray(segment.read_bytes())
    middle = len(data.rstrip(b"\0")) // 2
    data[middle] ^= 0x40
    segment.write_bytes(data)
    found = verify(run.journal)
    assert found["damage"], found
    with pytest.raises(_core.CoreError) as caught:
        replay(path, load("quoter")())
    assert caught.value.code == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["quoter", "quoter-rust"])
def test_a_signal_ends_the_session_in_good_order(
    venue: VenueProcess, tmp_path: Path, name: str, number: signal.Signals
) -> None:
    child, path = session_process(venue, name, tmp_path, seconds=60)
    run = Run(path, {})
    wait_for_orders(run, child, 10)
    began = time.monotonic()
    child.send_signal(number)
    out, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, err
    assert err == ""
    assert time.monotonic() - began < 10
    summary = json.loads(out)
    assert summary["reconciled"]
    assert summary["halted"] is None
    run = Run(path, summary, venue.ask("ledger")["venues"]["bybit"])
    assert not run.open_orders()
    stop = [r["seq"] for r in run.records("operator")]
    assert len(stop) == 1
    assert all(r["seq"] < stop[0] for r in run.records("place"))
    replayed = replay(path, load(name)())
    assert replayed["verified"], replayed["first_difference"]
    assert replayed["ended"]


def test_a_run_cannot_be_written_twice(venue: VenueProcess, tmp_path: Path) -> None:
    """A second session in the folder of the first would spoil its journal."""
    from sessions import request_of

    child, path = session_process(venue, "quoter", tmp_path, seconds=60)
    run = Run(path, {})
    try:
        wait_for_orders(run, child, 1)
        request = json.dumps(request_of(venue, load("quoter")(), seconds=1)).encode()
        with pytest.raises(_core.CoreError) as caught:
            _core.run_live(request, load("quoter")(), str(path))
        assert caught.value.code in (4, 6)
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0
    assert verify(run.journal)["damage"] == []
