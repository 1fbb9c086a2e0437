"""The demo: venue server, live session, reconciliation, replay and report, each in the process that it belongs to."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nanotick.errors import NanotickError, RefusedError, from_code
from nanotick.session import reconcile
from nanotick.session.config import Config
from nanotick.session.instruments import fetch
from nanotick.session.live import Link, live_request, make_strategy, next_epoch, run_live
from nanotick.session.records import read_records
from nanotick.session.replay import replay
from nanotick.session.rundir import RunDir
from nanotick.session.sample import RECORDED_SECONDS, sample_files
from nanotick.session.venue_process import VenueProcess

__all__ = ["demo", "verdict"]

REPORT_TIMEOUT_S = 60.0
#: Loading and the first connection, before the recording moves.
START_ALLOWANCE_S = 2.0

Say = Callable[[str], None]


def demo(config: Config, say: Say, *, show_status: bool = False) -> dict[str, Any]:
    """Runs the demo.

    Args:
        config: everything that may be chosen.
        say: told what happens, a sentence each.
        show_status: whether a reader process writes a live status line to stderr.

    Returns:
        The keys that `nanotick demo --json` promises.

    Raises:
        VenueError: if the venue server or a connection to it failed.
        InvariantError: if the engine found itself wrong.
    """
    strategy = make_strategy(config)
    run = RunDir.create(Path(config.run.dir), "demo", config)
    began = time.monotonic()
    venue = VenueProcess(
        _venue_arguments(config),
        key=config.venue.key or secrets.token_hex(9),
        secret=config.venue.secret or secrets.token_hex(18),
        log=run.path / "venue.log",
    )
    with venue:
        run.log("venue", protocol=config.venue.protocol, speed=config.demo.speed, tls=config.venue.tls)
        say(f"venue server: {config.venue.protocol} protocol, recording at {config.demo.speed:g}x")
        with _status_line(run, show_status):
            summary = _live(config, strategy, run, venue)
        ledger = venue.ask("ledger")["venues"][config.venue.protocol]
    differences = reconcile.differences(_our_account(run), reconcile.from_ledger(ledger))
    if not summary["reconciled"]:
        differences.append("the engine's own reconciliation at the end of the session did not come out even")
    run.log("reconciled", ok=not differences, differences=differences)
    say("replaying the journal")
    replayed = replay(run.path)
    run.log("replayed", **replayed)
    say("writing the report")
    figures = _report(run)
    run.log("done", seconds=time.monotonic() - began)
    return _result(summary, figures, replayed, differences, run)


def _venue_arguments(config: Config) -> list[str]:
    words = [f"--data={path}" for path in sample_files()]
    words += [
        f"--protocol={config.venue.protocol}",
        f"--speed={config.demo.speed:g}",
        f"--balance={config.demo.balance}",
    ]
    return [*words, "--tls"] if config.venue.tls else words


def _live(config: Config, strategy: Any, run: RunDir, venue: VenueProcess) -> dict[str, Any]:
    protocol = config.venue.protocol
    urls = venue.ready["urls"][protocol]
    link = Link(urls, venue.key, venue.secret, venue.ready.get("ca_file"))
    request = live_request(
        config,
        link,
        fetch(protocol, urls["rest"], config.venue.symbols, link.ca_file),
        strategy,
        epoch=next_epoch(Path(config.run.dir)),
        duration_s=(config.demo.seconds or RECORDED_SECONDS) / config.demo.speed + START_ALLOWANCE_S,
        start_cash=config.demo.balance,
    )
    summary = run_live(request, strategy, run.path)
    run.log(
        "session",
        **{key: summary.get(key) for key in ("events", "orders", "fills", "bad_messages", "halted")},
    )
    return summary


def _our_account(run: RunDir) -> reconcile.Account:
    from nanotick import _core

    records = list(read_records(run.journal, kinds={"session_start", "fill"}))
    session = records[0]["body"]["session"]
    # The venue may tell of an execution more than once, on the stream and when asked: its id says so.
    fills = {(r["instrument"], r["exec_id"]): r for r in records if r["kind"] == "fill"}.values()
    return reconcile.from_fills(fills, session["instruments"], session["start_cash"], _core.order_id_text)


@contextmanager
def _status_line(run: RunDir, wanted: bool) -> Iterator[None]:
    """A process that reads the journal as it grows and shows how far it is."""
    if not wanted:
        yield
        return
    words = [sys.executable, "-m", "nanotick", "journal", "follow", str(run.path)]
    child = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        try:
            # It ends by itself when it has read the session's last record.
            child.wait(2)
        except subprocess.TimeoutExpired:
            child.terminate()
            child.wait()


def _report(run: RunDir) -> dict[str, Any]:
    """Writes the report in a process of its own: a reader of the journal like any other."""
    words = [sys.executable, "-m", "nanotick", "report", str(run.path), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=REPORT_TIMEOUT_S, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        reason = said[-1].removeprefix("error: ") if said else done.stderr.strip()[-200:]
        raise from_code(
            done.returncode, f"the report failed: {reason}", f"nanotick report {run.path} --debug"
        )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _result(
    summary: dict[str, Any],
    figures: dict[str, Any],
    replayed: dict[str, Any],
    differences: list[str],
    run: RunDir,
) -> dict[str, Any]:
    return {
        "events": summary["events"],
        "orders": figures["orders"],
        "fills": figures["fills"],
        "net_pnl": figures["net_pnl"],
        "fees_paid": figures["fees_paid"],
        "position": {entry["symbol"]: entry["position"] for entry in figures["instruments"]},
        "max_drawdown": figures["max_drawdown"],
        "latency_ns": figures["latency_ns"],
        "replay": replayed,
        "halted": summary.get("halted"),
        "reconciled": not differences,
        "differences": differences,
        "warnings": figures["warnings"],
        "run_dir": str(run.path),
        "report": str(run.path / "report.html"),
    }


def verdict(result: dict[str, Any]) -> NanotickError | None:
    """What is wrong with a finished demo, if anything."""
    if result["halted"]:
        return RefusedError(
            f"the strategy was halted and its orders cancelled: {result['halted']}",
            f"nanotick journal cat {result['run_dir']} --kind halt --kind denied",
        )
    if not result["reconciled"]:
        first = result["differences"][0]
        return NanotickError(
            f"the account is not reconciled with the venue: {first}", f"see {result['report']}"
        )
    if not result["replay"]["verified"]:
        return NanotickError(
            f"the replay gave other commands: {result['replay'].get('first_difference')}",
            f"nanotick replay {result['run_dir']}",
        )
    return None
