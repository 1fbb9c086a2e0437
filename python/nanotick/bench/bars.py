"""The speed that nanotick sets out to reach, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["BARS", "Bar", "judge"]


class Bar(NamedTuple):
    """A goal: at most `limit` (at least, for speeds), plus the floor where there is one; and so many times a peer."""

    what: str
    name: str
    limit: float
    ratio: float | None = None
    over_floor: bool = False


BARS = (
    Bar("delta of 24 levels → order bytes, Rust strategy", "chain.rust.bybit24", 600, ratio=10),
    Bar("delta of 24 levels → order bytes, strategy compiled by Numba", "chain.numba.bybit24", 620, ratio=10),
    Bar("delta of 24 levels → order bytes, strategy in Python", "chain.python.bybit24", 1300, ratio=10),
    Bar("delta of 4 levels → order bytes, Rust strategy", "chain.rust.bybit4", 300),
    Bar("decoding recorded Binance USD-M depth", "decode.binance_depth", 1.2),
    Bar("book, a level change of the recorded diffs", "book.level_change", 15),
    Bar("journal, appending 64 bytes", "journal.append64", 60),
    Bar("journal, one way to a spinning reader process", "journal.oneway", 300),
    Bar(
        "wire to wire, plaintext, spinning: over the bare ping-pong", "wire.spin.plain", 1500, over_floor=True
    ),
    Bar("allocations an event in the steady state", "alloc.per_event", 0),
    Bar("`import nanotick`", "import.time", 100e6),
)


def judge(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each bar: `what name value unit limit ratio ratio_wanted met`. Value and `met` are None if not measured."""
    by_name = {row["name"]: row for row in rows}
    judged = []
    for bar in BARS:
        row = by_name.get(bar.name)
        if row is None or (bar.over_floor and row["floor"] is None):
            judged.append(
                {"what": bar.what, "name": bar.name, "value": None, "limit": bar.limit, "met": None}
            )
            continue
        value = row["value"] - row["floor"] if bar.over_floor else row["value"]
        met = value >= bar.limit if row["unit"].endswith("/s") else value <= bar.limit
        wanted = bar.ratio if row["ratio"] is not None else None
        judged.append(
            {
                "what": bar.what,
                "name": bar.name,
                "value": value,
                "unit": row["unit"],
                "limit": bar.limit,
                "ratio": row["ratio"],
                "ratio_wanted": wanted,
                "met": met and (wanted is None or row["ratio"] >= wanted),
            }
        )
    return judged
