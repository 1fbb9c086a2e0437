"""One run's directory: its name, the resolved configuration, and the log of what happened around the engine."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from nanotick.errors import ConfigError
from nanotick.session.config import Config
from nanotick.session.settings import to_toml

__all__ = ["RunDir"]


class RunDir:
    """`<base>/<time>-<name>/` with `config.toml`, `journal/`, `report.html`, `report.json` and `log.jsonl`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, base: Path, name: str, config: Config) -> RunDir:
        """Makes a new directory, never one that is there, and writes the resolved configuration into it."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        for attempt in range(100):
            path = base / (f"{stamp}-{name}" + (f"-{attempt + 1}" if attempt else ""))
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if path.is_dir():
                    continue
                raise ConfigError(
                    f"run.dir: {base} is a file, not a folder", "set run.dir to a folder"
                ) from None
            except OSError as error:
                raise ConfigError(
                    f"run.dir: {path} cannot be made: {error.strerror}",
                    "set run.dir to a folder that you may write",
                ) from error
            run = cls(path)
            run.journal.mkdir()
            note = "The configuration in force, with secrets redacted. `nanotick config show --origin` says whence."
            (path / "config.toml").write_text(to_toml(config, note), encoding="utf-8")
            return run
        raise ConfigError(f"run.dir: a hundred runs have begun in {base} this very second")

    @property
    def journal(self) -> Path:
        """Where the journal's segments are."""
        return self.path / "journal"

    def log(self, event: str, **facts: Any) -> None:
        """Appends one line to `log.jsonl`."""
        line = {"time_ns": time.time_ns(), "event": event, **facts}
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
