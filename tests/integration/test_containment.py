"""A strategy that does what it must not loses its part in the session, and its orders; all else ends in good order."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import misbehaviour
import pytest
from sessions import Run, new_run, replay, run_session, session_process, venue_server

from nanotick.session.venue_process import VenueProcess

FILE = Path(misbehaviour.__file__)
needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None,
    reason="Numba is not installed: pip install 'nanotick[compiled]'",
)
LIMIT_MS = 400


def line_of(text: str) -> int:
    """The line of the file of strategies that holds `text`."""
    return next(i for i, line in enumerate(FILE.read_text().splitlines(), 1) if text in line)


def check_good_order(run: Run) -> None:
    """The orders are gone at the venue, both sides agree, and nothing was placed after the halt."""
    orders = run.ledger["orders"]
    assert len(orders) >= 2, "the strategy should have rested an order in each instrument"
    assert not run.open_orders(), run.open_orders()
    assert run.summary["reconciled"], run.summary
    assert run.summary["trouble"] is None
    assert run.summary["invariant_broken"] is None
    halt_seq = next(run.records("halt"))["seq"]
    assert all(record["seq"] < halt_seq for record in run.records("place", "amend"))
    assert any(record["seq"] > halt_seq for record in run.records("cancel"))
    assert list(run.records("session_end"))


#: Strategy → words that the halt's sentence must hold, and the line that it must name (by its text).
CASES: dict[str, tuple[list[str], str | None]] = {
    "Raises": (["on_book raised ValueError: the sun is in Aries"], "the sun is in Aries"),
    "RaisesBase": (["on_book raised SystemExit"], "raise SystemExit"),
    "Interrupts": (["on_book raised KeyboardInterrupt"], "raise KeyboardInterrupt"),
    "Loops": (["on_book ran longer than 400 ms", "must return at once"], None),
    "Returns": (["on_book returned dict", "callbacks return nothing"], None),
    "Recurses": (["on_book raised RecursionError"], "# without end"),
    "Floods": (["on_book ran longer than 400 ms"], None),
    "FloodsBriefly": (["too many of its orders were refused"], None),
    "Nonsense": (["too many of its orders were refused"], None),
    "Timers": (["on_book raised ValueError: timer must be from 1 to 256"], "ctx.set_timer(i"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_python_strategy_is_contained(venue: VenueProcess, tmp_path: Path, name: str) -> None:
    words, line = CASES[name]
    strategy = getattr(misbehaviour, name)()
    run = run_session(
        venue,
        strategy,
        tmp_path,
        seconds=2.5,
        live={"callback_limit_ms": LIMIT_MS},
        limits={"breaker_rejects": 10},
    )
    (why,) = run.halts()
    assert run.summary["halted"] == why
    for word in words:
        assert word in why
    if line is not None:
        assert f"{FILE}:{line_of(line)}" in why
    check_good_order(run)


@pytest.mark.parametrize("name", ["Raises", "FloodsBriefly", "Returns"])
def test_a_halted_session_replays_to_the_same_halt(venue: VenueProcess, tmp_path: Path, name: str) -> None:
    strategy = getattr(misbehaviour, name)
    run = run_session(venue, strategy(), tmp_path, seconds=2, limits={"breaker_rejects": 10})
    assert run.halts()
    found = replay(run.path, strategy())
    assert found["verified"], found["first_difference"]
    assert found["state_hash"] == run.summary["state_hash"]


COMPILED_CASES = {
    "writes_17_rows": "claims 17 order rows; a sheet has 16",
    "writes_a_bad_row": "order row 0: unknown operation",
    "claims_minus_one_rows": "claims -1 order rows",
}


@needs_numba
@pytest.mark.parametrize("name", COMPILED_CASES)
def test_a_compiled_strategy_is_contained(venue: VenueProcess, tmp_path: Path, name: str) -> None:
    run = run_session(venue, getattr(misbehaviour, name)(), tmp_path, seconds=2)
    (why,) = run.halts()
    assert COMPILED_CASES[name] in why
    check_good_order(run)


@needs_numba
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_compiled_code_that_raises_is_contained(venue: VenueProcess, tmp_path: Path) -> None:
    run = run_session(venue, misbehaviour.divides_by_zero(), tmp_path, seconds=2)
    (why,) = run.halts()
    assert "raised an exception" in why
    assert "NANOTICK_JIT=0" in why
    check_good_order(run)


@pytest.mark.parametrize(
    "name", ["LoopsStubbornly", "Sleeps", pytest.param("never_returns", marks=needs_numba)]
)
def test_what_cannot_be_interrupted_is_ended_with_its_orders_cancelled(
    venue: VenueProcess, tmp_path: Path, name: str
) -> None:
    child, path = session_process(
        venue, f"{FILE}:{name}", tmp_path, seconds=60, live={"callback_limit_ms": LIMIT_MS}
    )
    out, err = child.communicate(timeout=60)
    run = Run(path, {}, venue.ask("ledger")["venues"]["bybit"])
    assert child.returncode == 6, err
    assert out == ""
    error, hint = err.strip().splitlines()
    assert error.startswith("error: the strategy has not returned from `book` of ")
    assert "every order was cancelled, as the venue confirmed" in error
    assert hint.startswith("hint: ")
    assert len(run.ledger["orders"]) >= 2
    assert not run.open_orders(), run.open_orders()


def test_a_broken_journal_folder_is_told_before_anything_is_sent(venue: VenueProcess, tmp_path: Path) -> None:
    import json

    from sessions import request_of

    from nanotick import _core

    path = new_run(tmp_path)
    (path / "journal").rmdir()
    (path / "journal").write_text("not a folder")
    request = request_of(venue, misbehaviour.Resting(), seconds=1)
    with pytest.raises(_core.CoreError) as caught:
        _core.run_live(json.dumps(request).encode(), misbehaviour.Resting(), str(path))
    assert caught.value.code == 4
    assert "journal" in caught.value.message
    assert not venue.ask("ledger")["venues"]["bybit"]["orders"]


def test_the_well_behaved_one_is_left_alone(tmp_path: Path) -> None:
    with venue_server(tmp_path) as server:
        run = run_session(server, misbehaviour.Resting(), tmp_path, seconds=2)
    assert run.summary["halted"] is None
    assert not run.halts()
    assert len(run.ledger["orders"]) >= 2
    assert not run.open_orders()
