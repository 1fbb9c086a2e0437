"""The speed that nanotick sets out to reach, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["BARS", "FORMULAS", "HOT", "SINGLE", "Bar", "judge", "more_is_better"]

#: The formulas whose single update has a bar.
SINGLE = ("ema", "rsi", "macd", "bollinger", "atr", "zscore")


class Bar(NamedTuple):
    """A goal: at most `limit` (at least, for speeds), plus the floor where there is one; and so many times a peer."""

    what: str
    name: str
    limit: float
    ratio: float | None = None
    over_floor: bool = False


HOT = (
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


FORMULAS = (
    *(Bar(f"one update of {key} in the core", f"formulas.update.{key}", 10) for key in SINGLE),
    *(
        Bar(
            f"one call of {key} from Python",
            f"formulas.call.{key}",
            60,
            ratio=None if key == "zscore" else 20,
        )
        for key in SINGLE
    ),
    Bar("an exponential average over a million points, a point", "formulas.batch.ema", 3),
    Bar("rolling median over 1000", "formulas.window1000.median", 100),
    Bar("rolling maximum and minimum over 1000", "formulas.window1000.max_min", 100),
    Bar("rolling quantile over 1000", "formulas.window1000.quantile", 100),
    Bar("a tick of one of 125 symbols in their correlation matrix", "formulas.tick.correlation125", 2000),
    Bar("all streaming formulas of tier 1 on one tick", "formulas.tick.first_tier", 2000),
    Bar("batches: the least ratio to TA-Lib", "formulas.talib.least", 1.0),
    Bar("batches: the median ratio to TA-Lib", "formulas.talib.median", 2.0),
)

#: By suite.
BARS = {"hot": HOT, "formulas": FORMULAS}


def more_is_better(unit: str) -> bool:
    """Speeds and ratios; of all else, less is."""
    return unit.endswith("/s") or unit == "x"


def judge(suite: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each bar: `what name value unit limit ratio ratio_wanted met`. Value and `met` are None if not measured."""
    by_name = {row["name"]: row for row in rows}
    judged = []
    for bar in BARS[suite]:
        row = by_name.get(bar.name)
        if row is None or (bar.over_floor and row["floor"] is None):
            judged.append(
                {"what": bar.what, "name": bar.name, "value": None, "limit": bar.limit, "met": None}
            )
            continue
        value = row["value"] - row["floor"] if bar.over_floor else row["value"]
        met = value >= bar.limit if more_is_better(row["unit"]) else value <= bar.limit
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
