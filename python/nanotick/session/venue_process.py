"""The venue server as a child process: start it, learn its addresses, ask for its ledger, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from nanotick.errors import NanotickError, VenueError, from_code
from nanotick.session.http import get_json

__all__ = ["VenueProcess"]

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


@dataclass
class VenueProcess:
    """`nanotick venue serve` in a process of its own. A context manager: it is stopped on leaving.

    The key and the secret go through the environment, where only this user can see them; never through arguments.
    """

    arguments: Sequence[str]
    key: str
    secret: str
    log: Path
    ready: dict[str, Any] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> VenueProcess:
        """Starts it and waits until it listens.

        Raises:
            NanotickError: what the server said was wrong, with its exit code.
        """
        environment = os.environ | {"NANOTICK_VENUE__KEY": self.key, "NANOTICK_VENUE__SECRET": self.secret}
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C is for us, and we stop the server when we are done.
            self._child = subprocess.Popen(
                [sys.executable, "-m", "nanotick", "venue", "serve", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        try:
            self.ready = self._first_line(self._child)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it: politely, then for good."""
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child.stdout is not None:
            child.stdout.close()
        self._child = None

    def ask(self, path: str) -> dict[str, Any]:
        """What the control port answers to `GET /_control/<path>`."""
        answer = get_json(f"{self.ready['urls']['control']}/{path}", self.ready.get("ca_file"))
        if not isinstance(answer, dict):
            raise VenueError(
                f"the venue server answered {path} with something else than an object", f"see {self.log}"
            )
        return answer

    def _first_line(self, child: subprocess.Popen[bytes]) -> dict[str, Any]:
        line = _read_line(child.stdout, READY_TIMEOUT_S)
        if not line.strip():
            raise self._failure(child)
        try:
            ready: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise VenueError(f"the venue server said {line[:80]!r} where its addresses should be") from error
        return ready

    def _failure(self, child: subprocess.Popen[bytes]) -> NanotickError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1)
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
        hints = [line.removeprefix("hint: ") for line in said if line.startswith("hint: ")]
        if child.returncode is None:
            return VenueError(
                f"the venue server was not ready after {READY_TIMEOUT_S:.0f} s", f"see {self.log}"
            )
        message = errors[-1] if errors else f"the venue server ended with exit code {child.returncode}"
        return from_code(
            child.returncode if errors else VenueError.exit_code,
            f"venue server: {message}",
            hints[-1] if hints else f"see {self.log}",
        )


def _read_line(pipe: Any, timeout_s: float) -> bytes:
    """One line, or what there was of it when the pipe closed or the time was up."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        if not selector.select(timeout_s):
            return b""
    line: bytes = pipe.readline()
    return line
