"""The live status line: a reader of the journal in a process of its own, which cannot slow the engine down."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nanotick import _core

__all__ = ["Totals", "follow"]

POLL_RECORDS = 65_536
SESSION_END, PLACE, FILL, DENIED = 201, 100, 5, 202
FIRST_COMMAND, FIRST_FACT = 100, 200
#: A journal that has not grown for so long is taken for dead.
SILENCE_S = 60.0


@dataclass
class Totals:
    """What has been seen so far."""

    events: int = 0
    orders: int = 0
    fills: int = 0
    denied: int = 0
    ended: bool = False

    def add(self, kind: int) -> None:
        """Counts one record."""
        if kind < FIRST_COMMAND:
            self.events += 1
        self.orders += kind == PLACE
        self.fills += kind == FILL
        self.denied += kind == DENIED
        self.ended = self.ended or kind == SESSION_END

    def line(self, seconds: float) -> str:
        """The status line."""
        denied = f"  {self.denied} refused" if self.denied else ""
        return f"{seconds:5.0f} s  {self.events:>8,} events  {self.orders:>5,} orders  {self.fills:>5,} fills{denied}"


def follow(journal: Path, interval_s: float) -> None:
    """Writes the line to stderr until the session ends: over itself on a terminal, as lines elsewhere."""
    from nanotick import _core

    reader = _core.JournalReader(str(journal))
    totals = Totals()
    began = grew = time.monotonic()
    terminal = sys.stderr.isatty()
    while not totals.ended and time.monotonic() - grew < SILENCE_S:
        if _drain(reader, totals):
            grew = time.monotonic()
        line = totals.line(time.monotonic() - began)
        sys.stderr.write(f"\r{line}\x1b[K" if terminal else f"{line}\n")
        sys.stderr.flush()
        time.sleep(interval_s)
    if terminal:
        sys.stderr.write("\n")


def _drain(reader: _core.JournalReader, totals: Totals) -> bool:
    grown = False
    while batch := reader.poll(POLL_RECORDS):
        grown = True
        for kind, _seq, _wall_ns, _payload in batch:
            totals.add(kind)
    return grown
