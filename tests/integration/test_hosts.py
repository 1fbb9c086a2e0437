"""One strategy, three hosts: the same journal gives the same commands in each, and another strategy does not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from sessions import Run, replay, run_session, venue_server

from nanotick.strategies import load

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None,
    reason="Numba is not installed: pip install 'nanotick[compiled]'",
)
HOSTS = ["", pytest.param("-compiled", marks=needs_numba), "-rust"]


@pytest.fixture(scope="module")
def two_ema_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A session of the two averages, run by the engine's own strategy: replayed below by the Python ones."""
    folder = tmp_path_factory.mktemp("two-ema")
    limits = {"max_orders_per_s": 20, "breaker_rejects": 64, "breaker_window_ms": 1}
    with venue_server(folder) as server:
        return run_session(server, load("two-ema-rust")(), folder, seconds=4, limits=limits)


def test_the_session_did_something_worth_comparing(quoter_run: Run, two_ema_run: Run) -> None:
    for run, least_fills in ((quoter_run, 1), (two_ema_run, 5)):
        assert run.summary["halted"] is None, run.summary
        assert run.summary["reconciled"], run.summary
        assert run.summary["orders"] >= 20
        assert run.summary["fills"] >= least_fills
        assert not run.open_orders()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("name", ["quoter", "two-ema"])
def test_every_host_gives_the_same_commands(name: str, host: str, quoter_run: Run, two_ema_run: Run) -> None:
    run = quoter_run if name == "quoter" else two_ema_run
    found = replay(run.path, load(name + host)())
    assert found["verified"], found["first_difference"]
    assert found["ended"]
    assert found["commands"] == run.summary["commands"]
    assert found["state_hash"] == run.summary["state_hash"]


@pytest.mark.parametrize("name", ["quoter", "two-ema"])
def test_compiled_code_run_as_plain_python_gives_the_same_commands(
    name: str, quoter_run: Run, two_ema_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANOTICK_JIT", "0")
    run = quoter_run if name == "quoter" else two_ema_run
    found = replay(run.path, load(f"{name}-compiled")())
    assert found["verified"], found["first_difference"]
    assert found["state_hash"] == run.summary["state_hash"]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("quoter", {"half_spread_bps": 0.6}),
        ("quoter-rust", {"requote_ticks": 500.0}),
        ("quoter", {"min_interval_ns": 900e6}),
        pytest.param("quoter-compiled", {"quote_notional": 900.0}, marks=needs_numba),
    ],
)
def test_another_strategy_is_told_from_the_recorded_one(
    name: str, params: dict[str, float], quoter_run: Run
) -> None:
    found = replay(quoter_run.path, load(name)(**params))
    assert not found["verified"]
    difference = found["first_difference"]
    assert difference["seq"] > 0
    assert difference["journal"] != difference["replay"]


def test_a_replay_up_to_a_record_looks_no_further(quoter_run: Run) -> None:
    places = [record["seq"] for record in quoter_run.records("place")]
    other = load("quoter")(half_spread_bps=3.0)
    first = replay(quoter_run.path, other)["first_difference"]["seq"]
    assert first <= places[0]
    before = replay(quoter_run.path, other, first - 2)
    assert before["verified"], before["first_difference"]
    assert before["commands"] == 0


def test_the_command_replays_the_run_too(quoter_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from nanotick.cli import main

    assert main(["replay", str(quoter_run.path), "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["verified"], said["first_difference"]) == (1, True, None)


def test_a_replay_of_nothing_is_bad_data(tmp_path: Path) -> None:
    from nanotick import _core

    (tmp_path / "journal").mkdir()
    with pytest.raises(_core.CoreError) as caught:
        replay(tmp_path, load("quoter")())
    assert caught.value.code == 4
