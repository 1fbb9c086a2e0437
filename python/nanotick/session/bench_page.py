"""The page of benchmark results, as Markdown: every figure of one run, and the bars that were set beforehand."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["BARS", "page"]

#: What was to be reached, in the result's own unit; a function of all results where it depends on the same run.
BARS: dict[str, tuple[str, Callable[[float, Mapping[str, float]], bool]]] = {
    "chain.rust.bybit24": ("≤ 600 ns", lambda value, _: value <= 600),
    "chain.numba.bybit24": ("≤ 620 ns", lambda value, _: value <= 620),
    "chain.python.bybit24": ("≤ 1300 ns", lambda value, _: value <= 1_300),
    "chain.rust.bybit4": ("≤ 300 ns", lambda value, _: value <= 300),
    "decode.binance_depth.gbps": ("≥ 1.2 GB/s", lambda value, _: value >= 1.2),
    "book.level_change": ("≤ 15 ns", lambda value, _: value <= 15),
    "journal.append64": ("≤ 60 ns", lambda value, _: value <= 60),
    "journal.oneway": ("≤ 300 ns", lambda value, _: value <= 300),
    "wire.spin.plain": (
        "≤ floor + 1500 ns",
        lambda value, all_: value <= all_.get("floor.tcp.spin", 0.0) + 1_500,
    ),
    "alloc.per_event": ("0", lambda value, _: value == 0),
    "import.time": ("≤ 100 ms", lambda value, _: value <= 100e6),
}


def page(found: Mapping[str, Any], command: str) -> str:
    """The page for the results of `bench`, naming the command that printed them."""
    results: Sequence[Mapping[str, Any]] = found["results"]
    values = {str(row["name"]): float(row["value"]) for row in results}
    out = [
        "# Benchmarks",
        "",
        f"<!-- Written by `{command}`: do not edit. -->",
        "",
        f"One run of `{command}` on {time.strftime('%Y-%m-%d', time.gmtime())}: {_machine()}, Python "
        f"{platform.python_version()}. Figures of different runs or machines do not compare; the ratios do, roughly.",
        "",
        "A figure in ns is the least average of many batches, or the median of the quietest window of samples where a",
        "single event is timed. A ratio is the best peer's time over ours, of this same run.",
        "",
        "## Against the bars",
        "",
        "| figure | bar | measured | |",
        "|---|---|---|---|",
    ]
    for name, (bar, holds) in BARS.items():
        if name in values:
            verdict = "" if holds(values[name], values) else "**missed**"
            out.append(f"| `{name}` | {bar} | {_number(values[name])} | {verdict} |")
        else:
            out.append(f"| `{name}` | {bar} | not measured | |")
    out += [
        "",
        "## All figures",
        "",
        "| figure | value | unit | best peer | its value | ratio | floor |",
        "|---|--:|---|---|--:|--:|--:|",
    ]
    for row in results:
        cells = [
            f"`{row['name']}`",
            _number(row["value"]),
            str(row["unit"]),
            f"`{row['peer']}`" if "peer" in row else "",
        ]
        cells += [_number(row[key]) if key in row else "" for key in ("peer_value", "ratio", "floor")]
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out) + "\n"


def _number(value: Any) -> str:
    number = float(value)
    if number >= 1_000:
        return f"{number:,.0f}"
    return f"{number:.0f}" if number == int(number) else f"{number:.3g}"


def _machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} CPUs, {names[0]}" if names else platform.machine()
