"""A run's journal as NumPy tables: the only place where the report touches the native module."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nanotick.errors import DataError, core_errors

if TYPE_CHECKING:
    from nanotick import _core

__all__ = ["Instrument", "Run", "dtype_of", "read"]

Table = npt.NDArray[np.void]

#: Kinds of fixed size that the report looks at.
TABLES = (
    "trade",
    "order",
    "fill",
    "connection",
    "place",
    "amend",
    "cancel",
    "cancel_all",
    "resync",
    "denied",
    "latency",
    "equity",
)
#: Kinds whose payload is JSON.
NOTES = {200: "session_start", 201: "session_end", 203: "reconcile", 204: "halt", 206: "note"}
POLL_RECORDS = 65_536


@dataclass(frozen=True)
class Instrument:
    """What the report needs of an instrument: price units per tick, coin units per lot, rates as fractions."""

    id: int
    symbol: str
    tick: float
    lot: float
    maker_fee: float = 0.0
    taker_fee: float = 0.0

    @property
    def unit(self) -> float:
        """Settlement coins in one lot at one tick."""
        return self.tick * self.lot


@dataclass
class Run:
    """Everything of one run that the report reads."""

    dir: Path
    instruments: list[Instrument]
    tables: Mapping[str, Table]
    start: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] | None = None
    notes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    risk_codes: dict[int, str] = field(default_factory=dict)
    records: int = 0

    def rows(self, kind: str, instrument: int | None = None) -> Table:
        """One kind's records, of one instrument if given. Empty if the journal has none.

        An execution that the venue told of more than once counts once.
        """
        table = self.tables[kind]
        if kind == "fill":
            _, first = np.unique(table[["instrument", "exec_id"]], return_index=True)
            table = table[np.sort(first)]
        if instrument is not None:
            table = table[table["instrument"] == instrument]
        return table

    def logged(self, event: str) -> dict[str, Any] | None:
        """The last line of `log.jsonl` about an event."""
        return next((line for line in reversed(self.log) if line.get("event") == event), None)


def dtype_of(
    layouts: Mapping[str, tuple[int, int, list[tuple[str, str, int]]]], kind: str
) -> np.dtype[np.void]:
    """The NumPy type of one kind of record, from what the native module says of its layout."""
    _, size, fields = layouts[kind]
    shown = [entry for entry in fields if not entry[0].startswith("_")]
    return np.dtype(
        {
            "names": [name for name, _, _ in shown],
            "formats": [form for _, form, _ in shown],
            "offsets": [offset for _, _, offset in shown],
            "itemsize": size,
        }
    )


def read(run_dir: Path) -> Run:
    """Reads a run's directory.

    Raises:
        DataError: if it is no run, or the journal does not begin with a session.
    """
    journal = run_dir / "journal"
    if not journal.is_dir():
        raise DataError(
            f"{run_dir} is not a run: it has no journal", "give a directory like runs/<time>-<name>"
        )
    from nanotick import _core

    with core_errors():
        reader = _core.JournalReader(str(journal))
        layouts = _core.record_layouts()
        tables = {kind: np.frombuffer(reader.table(kind), dtype_of(layouts, kind)) for kind in TABLES}
        notes, records = _read_notes(_core.JournalReader(str(journal)))
    starts = notes.pop("session_start", [])
    if not starts:
        raise DataError(
            f"{journal} does not begin with a session", "`nanotick journal verify` says what is in it"
        )
    ends = notes.pop("session_end", [])
    return Run(
        dir=run_dir,
        instruments=[_instrument(i, entry) for i, entry in enumerate(starts[0]["session"]["instruments"])],
        tables=tables,
        start=starts[0],
        end=ends[-1] if ends else None,
        notes=notes,
        log=list(_read_log(run_dir / "log.jsonl")),
        records=records,
        risk_codes=_core.risk_codes(),
    )


def _instrument(number: int, entry: Mapping[str, Any]) -> Instrument:
    return Instrument(
        id=number,
        symbol=str(entry["symbol"]),
        tick=float(entry["tick"]),
        lot=float(entry["lot"]),
        maker_fee=float(entry["maker_fee"]),
        taker_fee=float(entry["taker_fee"]),
    )


def _read_notes(reader: _core.JournalReader) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """The JSON records by kind, and how many records there are of any kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    count = 0
    while batch := reader.poll(POLL_RECORDS):
        count += len(batch)
        for kind, _seq, _wall_ns, payload in batch:
            if name := NOTES.get(kind):
                found.setdefault(name, []).append(json.loads(payload))
    return found, count


def _read_log(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)
