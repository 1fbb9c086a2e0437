"""Journal records as plain dictionaries, for people and scripts. Not for volumes: tables are for those."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "read_records"]

#: Every kind of record by its number.
KINDS = {
    1: "book",
    2: "trade",
    3: "quote",
    4: "order",
    5: "fill",
    6: "balance",
    7: "position",
    8: "connection",
    9: "timer",
    10: "operator",
    100: "place",
    101: "amend",
    102: "cancel",
    103: "cancel_all",
    104: "resync",
    105: "set_timer",
    200: "session_start",
    201: "session_end",
    202: "denied",
    203: "reconcile",
    204: "halt",
    205: "latency",
    206: "note",
    207: "equity",
}
JSON_KINDS = frozenset({"session_start", "session_end", "reconcile", "halt", "note"})
POLL_RECORDS = 4_096


def read_records(
    journal: Path, *, kinds: set[str] | None = None, start: int = 0, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yields records with `seq`, `wall_ns`, `kind` and the fields of the kind.

    Args:
        journal: the folder of segments.
        kinds: only these, by name; all if empty.
        start: the first sequence number.
        limit: at most so many.
    """
    from nanotick import _core

    decode = _decoders(_core.record_layouts())
    reader = _core.JournalReader(str(journal))
    given = 0
    while batch := reader.poll(POLL_RECORDS):
        for number, seq, wall_ns, payload in batch:
            name = KINDS.get(number, f"kind_{number}")
            if seq < start or (kinds and name not in kinds):
                continue
            yield {"seq": seq, "wall_ns": wall_ns, "kind": name, **decode(name, payload)}
            given += 1
            if given == limit:
                return


def _decoders(
    layouts: dict[str, tuple[int, int, list[tuple[str, str, int]]]],
) -> Callable[[str, bytes], dict[str, Any]]:
    import numpy as np

    from nanotick.report.tables import dtype_of

    types = {name: dtype_of(layouts, name) for name in layouts}
    level = np.dtype([("px", "<i8"), ("qty", "<i8")])

    def decode(name: str, payload: bytes) -> dict[str, Any]:
        if name in JSON_KINDS:
            return {"body": json.loads(payload)}
        dtype = types.get(name)
        if dtype is None:
            return {"bytes": len(payload)}
        row = np.frombuffer(payload[: dtype.itemsize], dtype)[0]
        fields = {field: _plain(row[field]) for field in dtype.names or ()}
        if name == "book":
            fields |= _levels(fields, payload[dtype.itemsize :], level)
        return fields

    return decode


def _levels(head: dict[str, Any], payload: bytes, level: Any) -> dict[str, Any]:
    """The levels behind a book record's head: 8 bytes each if packed (offset from `base_px`, size), else 16."""
    import numpy as np

    if head["packed"]:
        packed = np.frombuffer(payload, [("px", "<i4"), ("qty", "<u4")])
        pairs = [(head["base_px"] + int(row["px"]), int(row["qty"])) for row in packed]
    else:
        pairs = [(int(row["px"]), int(row["qty"])) for row in np.frombuffer(payload, level)]
    return {"bids": pairs[: head["n_bids"]], "asks": pairs[head["n_bids"] :]}


def _plain(value: Any) -> Any:
    plain = value.item()
    return plain.decode("ascii", "replace") if isinstance(plain, bytes) else plain
