"""Writes `report.json` and `report.html` into a run's directory."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from nanotick.report.page import render
from nanotick.report.statistics import curves, figures, warnings
from nanotick.report.tables import Run, read

__all__ = ["assumptions", "report_on", "summarise", "write"]


def write(run_dir: Path) -> dict[str, Any]:
    """Reads the run in `run_dir` and writes both files; returns what `report.json` holds."""
    return report_on(read(run_dir))


def report_on(run: Run) -> dict[str, Any]:
    """Writes both files for a run that was read; returns what `report.json` holds."""
    lines = curves(run)
    numbers = summarise(run)
    _replace(run.dir / "report.json", json.dumps(numbers, indent=1, allow_nan=False) + "\n")
    _replace(run.dir / "report.html", render(run, lines, numbers, assumptions(run)))
    return numbers


def summarise(run: Run) -> dict[str, Any]:
    """All figures of a run."""
    numbers = {"schema": 1, "run": run.dir.name, **figures(run, curves(run))}
    reconciled, replayed = run.logged("reconciled"), run.logged("replayed")
    numbers["reconciled"] = None if reconciled is None else bool(reconciled.get("ok"))
    numbers["replay_verified"] = None if replayed is None else bool(replayed.get("verified"))
    numbers["assumptions"] = dict(assumptions(run))
    numbers["warnings"] = warnings(run, numbers)
    return numbers


def assumptions(run: Run) -> list[tuple[str, str]]:
    """What the figures rest on: a name and a sentence each."""
    config = _config(run.dir)
    venue = run.logged("venue") or {}
    speed = venue.get("speed")
    rates = sorted({(i.maker_fee, i.taker_fee) for i in run.instruments})
    fees = "; ".join(f"maker {1e4 * m:g} bp, taker {1e4 * t:g} bp" for m, t in rates)
    found = [
        (
            "Market",
            "A recording, played by the venue server on this machine: nobody reacts to our orders, and what "
            "we take from the book is there again with the next message.",
        ),
        (
            "Queue",
            "A resting order waits behind all size that stood at its price when it arrived, and is filled by "
            "recorded trades at or through its price.",
        ),
        ("Fees", f"{fees} of the value, charged at each fill."),
        (
            "Network",
            "Loopback sockets: a real venue is from half a millisecond to hundreds of milliseconds away.",
        ),
        (
            "Clock",
            "Receive times are this machine's; venue times are the recording's, moved to the time of playing.",
        ),
    ]
    if speed:
        found.append(
            (
                "Speed",
                f"Played at {speed:g} times the recorded speed: quotes live that much shorter than they did.",
            )
        )
    if mode := config.get("engine", {}).get("mode"):
        found.append(("Waiting", f"The engine's thread ran in {mode} mode; latencies hold for that mode."))
    if config.get("venue", {}).get("tls") is not None:
        found.append(
            (
                "Encryption",
                "TLS on every connection." if config["venue"]["tls"] else "None: plaintext sockets.",
            )
        )
    return found


def _config(run_dir: Path) -> dict[str, Any]:
    path = run_dir / "config.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _replace(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
