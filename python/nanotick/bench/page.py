"""The page `docs/reference/benchmarks.md`, made from a run: when, on what machine, which bars were met, all figures."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path
from typing import Any

from nanotick.bench.bars import more_is_better

__all__ = ["amount", "machine", "page"]

HEAD = """\
# Benchmarks

Made by `make bench` on {date}; not written by hand. All figures are of one run on one machine:

| | |
|---|---|
{machine}

"""

HOW = {
    "hot": """\
- Times of work are the least mean over at least 40 batches; `quiet` is the median in the quietest tenth of them. Single
  trips (`journal.oneway`, `wire.*`, `floor.*`) are quoted by the median in the quietest window of 200 or more.
- A chain is everything that a live session does between the return of `recv` and the call of `send`: decoding, the
  venue's sequence rule, the journal on disk, book, view, strategy, risk, the order table, encoding, masking and the
  stamps of every stage. Each message causes one order. `bybit24` is a Bybit `orderbook.50` delta of 24 levels (about
  650 bytes), `bybit4` one of 4. The strategy is the crossing of two averages; `.signals` has the engine evaluate ten
  formulas beside it. Between messages, untimed, the order is ended as a venue would end it.
- Peers do the same on the same bytes: decode, book, RSI, EMA, MACD and Bollinger, a price check, the order as bytes.
  `chain.peer.msgspec_two_ema` has only the two averages. None of them keeps a journal, an order table or a full risk
  check. `ratio` is against the fastest of them.
- `wire.*` is a round trip over loopback: a spinning venue process sends a delta, the chain answers with an order.
  `floor.tcp.*` is the same with nothing between, bare TCP and 300 bytes. `wire.peer.python_spin_msgspec` is what no
  library does: a bare Python socket polled without pause.
""",
    "formulas": """\
- `formulas.update.*` is one update in the core, through the face by which the engine calls it; `formulas.call.*` one
  call from Python. talipp is measured on its first 100 values, before its lists grow.
- `formulas.batch.*` is a batch of a million points called from Python, a point, the allocation of the outputs with it.
  Ours and TA-Lib's take turns on the same arrays, several calls a turn, so that each mostly finds the caches as it left
  them itself. Where TA-Lib needs several calls for the same outputs, it makes them all; where ours gives more outputs
  (`bollinger` has five), it computes them all. Ours keeps to the catalogue's rules: windows that do not drift, input
  that is no number rejected, the bits of streaming.
- `formulas.talib.least` and `.median` are over all of TA-Lib's functions that are in tiers 1 and 2.
""",
}
"""How to read a suite."""

TITLES = {"hot": "The path from bytes to order", "formulas": "Formulas"}

STAMPS = "the stamps of the stages are part of it (`runtime.clock.stamp` each)"
REASONS = {
    "chain.rust.bybit24": STAMPS,
    "chain.numba.bybit24": STAMPS,
    "chain.python.bybit24": (
        "what it takes beyond `chain.rust.bybit24` is the interpreter; the fastest peer keeps neither a journal nor an "
        "order table, and checks no limits but two"
    ),
    "formulas.call.atr": (
        "three numbers to read and a loop that takes rows apart; the call itself is as fast as the others, and "
        "talipp's "
        "average true range is one of its cheapest indicators"
    ),
    "formulas.talib.least": (
        "a batch has the bits of streaming and checks its rows. `chaikin_osc` keeps a compensated line and looks after "
        "averages that vanish; `cdl_doji` waits for one addition a row in the windows that it compares bodies with; "
        "`momentum` is one subtraction, and checking that its input is a number takes a quarter more"
    ),
    "chain.rust.bybit4": (
        f"{STAMPS}; the stages cost more in turn than by themselves, presumably by caches and branch prediction"
    ),
}
"""Why a bar is missed, where that is known; looked up only when it is."""


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "CPUs": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        found.setdefault(key.strip(), value.strip())
    name = found.get("model name", platform.machine())
    return f"{name}, family {found.get('cpu family', '?')} model {found.get('model', '?')}"


def amount(value: float, unit: str) -> str:
    """A figure with its unit, in digits that mean something."""
    if unit == "ns":
        for size, name in ((1e6, "ms"), (1e3, "µs")):
            if value >= size * 10:
                return f"{value / size:.1f} {name}"
        return f"{value:.0f} ns" if value >= 100 else f"{value:.1f} ns"
    return f"{value:.2f} {unit}" if unit != "1" else f"{value:g}"


def _bar_row(bar: dict[str, Any]) -> str:
    if bar["value"] is None:
        return f"| {bar['what']} (`{bar['name']}`) | {bar['limit']:g} | | | not measured |"
    unit = bar["unit"]
    limit = "≥ " if more_is_better(unit) else "≤ "
    limit = "0" if bar["limit"] == 0 else limit + amount(bar["limit"], unit)
    ratio = "" if bar["ratio"] is None else f"{bar['ratio']:.1f}x"
    if bar["ratio_wanted"] is not None:
        limit += f", ≥ {bar['ratio_wanted']:g}x"
    why = REASONS.get(bar["name"], "the reason is not known yet")
    met = "yes" if bar["met"] else f"**no**: {why}"
    return f"| {bar['what']} (`{bar['name']}`) | {limit} | {amount(bar['value'], unit)} | {ratio} | {met} |"


def _row(row: dict[str, Any]) -> str:
    unit = row["unit"]
    cells = [f"`{row['name']}`", amount(row["value"], unit), amount(row["quiet_p50"], unit)]
    peer = "" if row["peer"] is None else f"`{row['peer']}` {amount(row['peer_value'], unit)}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}x"
    floor = "" if row["floor"] is None else amount(row["floor"], unit)
    return "| " + " | ".join([*cells, peer, ratio, floor]) + " |"


def page(found: list[dict[str, Any]]) -> str:
    """The whole page of a run, a part for each suite."""
    about = "\n".join(f"| {key} | {value} |" for key, value in machine().items())
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    return HEAD.format(date=date, machine=about) + "".join(_part(of) for of in found)


def _part(found: dict[str, Any]) -> str:
    suite = found["suite"]
    ours = [r for r in found["results"] if ".peer." not in r["name"]]
    theirs = [r for r in found["results"] if ".peer." in r["name"]]
    lines = ["", f"## {TITLES[suite]}", "", HOW[suite]]
    lines += ["| what | bar | measured | ratio to the best peer | met |", "|---|---:|---:|---:|---|"]
    lines += [_bar_row(bar) for bar in found["bars"]]
    lines += [
        "",
        "### Ours" if suite == "hot" else "### All formulas",
        "",
        "| figure | value | quiet | best peer | ratio | floor |",
        "|---|---:|---:|---|---:|---:|",
    ]
    lines += [_row(row) for row in ours]
    if suite == "hot":
        lines += ["", "### Peers", "", "| figure | value | quiet |", "|---|---:|---:|"]
        lines += [
            f"| `{r['name']}` | {amount(r['value'], r['unit'])} | {amount(r['quiet_p50'], r['unit'])} |"
            for r in theirs
        ]
    if found["skipped"]:
        lines += ["", "Not measured:", "", *(f"- {line}" for line in found["skipped"])]
    return "\n".join(lines) + "\n"
