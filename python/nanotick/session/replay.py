"""Replaying a run: the same journal and the same strategy must give the same commands."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from nanotick.errors import DataError, core_errors

__all__ = ["replay"]


def replay(run_dir: Path, strategy: str | None = None, until: int | None = None) -> dict[str, Any]:
    """Replays the run in `run_dir` and compares.

    Args:
        run_dir: the run.
        strategy: the strategy's name; by default the one of the run, with its parameters.
        until: the last record to look at.

    Returns:
        `verified`, `events`, `commands`, `first_difference` and `state_hash`.

    Raises:
        DataError: if it is no run.
    """
    config = run_dir / "config.toml"
    if not (run_dir / "journal").is_dir() or not config.is_file():
        raise DataError(f"{run_dir} is not a run", "give a directory like runs/<time>-<name>")
    chosen = tomllib.loads(config.read_text(encoding="utf-8"))["strategy"]
    from nanotick import _core
    from nanotick.strategies import load

    made = load(strategy or chosen["name"])(**chosen.get("params", {}))
    with core_errors():
        found: dict[str, Any] = json.loads(_core.replay(str(run_dir), made, until))
    found.pop("schema", None)
    return found
