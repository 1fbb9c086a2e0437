"""`report.html`: one file with everything in it, readable in the light and in the dark, on paper and on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from nanotick.report.charts import Chart, Marks, Series, duration, percentile_bars
from nanotick.report.statistics import Curves, InstrumentCurves
from nanotick.report.tables import Run

__all__ = ["money", "render"]

COLOURS = ("var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)")


def render(run: Run, lines: Curves, numbers: dict[str, Any], assumed: Sequence[tuple[str, str]]) -> str:
    """The whole page.

    Args:
        run: the run that was read.
        lines: its curves.
        numbers: what `report.json` holds.
        assumed: what the figures rest on, a name and a sentence each.
    """
    parts = [
        f"<h1>{escape(run.dir.name)}</h1>",
        f'<p class="sub">{escape(_subtitle(run, numbers))}</p>',
        _tiles(numbers),
        *(f'<p class="warn">{escape(text)}</p>' for text in numbers["warnings"]),
        *_account(lines),
        *_positions(lines),
        *(section for part in lines.by_instrument for section in _fills(part)),
        *_latency(numbers["latency_ns"]),
        _section("Instruments", "", _instrument_table(numbers)),
        _section("Orders", "", _order_table(numbers)),
        _section(
            "What was assumed",
            "The figures above are true of this session under these conditions only.",
            _words(assumed),
        ),
    ]
    if links := _link_table(run):
        parts.append(_section("Connections", "", links))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(run.dir.name)} · nanotick</title><style>{_style()}</style></head>\n<body>\n"
        + "\n".join(parts)
        + f"\n<footer>{escape(_footer(run))}</footer>\n</body></html>\n"
    )


def _style() -> str:
    return (files("nanotick.report") / "report.css").read_text(encoding="utf-8")


def money(value: float | None) -> str:
    """An amount of the settlement coin: cents where they matter, more digits for small amounts."""
    if value is None:
        return "–"
    digits = 2 if abs(value) >= 100 else 4
    return f"{value:,.{digits}f}".replace("-", "−")


def _subtitle(run: Run, numbers: dict[str, Any]) -> str:
    session = run.start.get("session", {})
    words = [session.get("strategy", {}).get("name"), session.get("venue")]
    words.append(", ".join(instrument.symbol for instrument in run.instruments))
    words.append(f"{numbers['seconds']:.0f} s")
    return " · ".join(str(word) for word in words if word)


def _tiles(numbers: dict[str, Any]) -> str:
    net = numbers["net_pnl"]
    total = numbers["latency_ns"].get("total") or {}
    tiles = [
        (money(net), "net profit, USDT", "good" if net > 0 else "bad" if net < 0 else ""),
        (money(numbers["fees_paid"]), "fees paid, USDT", ""),
        (money(numbers["max_drawdown"]), "deepest drawdown, USDT", ""),
        (f"{numbers['fills']:,}", f"fills of {numbers['orders']:,} orders", ""),
        (_percent(numbers["maker_share"]), "of fills as maker", ""),
        (duration(total["p50"]) if total else "–", "median, bytes in to bytes out", ""),
        _verdict(numbers["reconciled"], "account equals the venue's", "account DIFFERS from the venue's"),
        _verdict(numbers["replay_verified"], "replay gave every command", "replay gave OTHER commands"),
    ]
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile"><b class="{css}">{escape(value)}</b><span>{escape(label)}</span></div>'
            for value, label, css in tiles
        )
        + "</div>"
    )


def _verdict(held: bool | None, good: str, bad: str) -> tuple[str, str, str]:
    if held is None:
        return ("–", f"not checked: {good}", "")
    return ("yes", good, "good") if held else ("no", bad, "bad")


def _account(lines: Curves) -> Iterable[str]:
    if not lines.t.size:
        return
    pnl = Chart(
        "Net profit over time",
        "net profit, USDT",
        [Series("net profit", lines.t, lines.net_pnl, COLOURS[0], fill=True)],
        zero_line=True,
    )
    fall = Chart(
        "Drawdown over time",
        "drawdown, USDT",
        [Series("drawdown", lines.t, lines.drawdown, "var(--sell)", fill=True)],
        height=150,
        zero_line=True,
    )
    note = (
        "Cash from all fills and fees, plus the position at the mid price. "
        "The lower chart is the distance to the best moment so far."
    )
    yield _section("Equity and drawdown", note, pnl.svg() + fall.svg())


def _positions(lines: Curves) -> Iterable[str]:
    held = [part for part in lines.by_instrument if part.t.size]
    if not held:
        return
    chart = Chart(
        "Position over time",
        "position, USDT",
        [
            Series(
                part.instrument.symbol, part.t, part.position * part.mid, COLOURS[i % len(COLOURS)], step=True
            )
            for i, part in enumerate(held)
        ],
        zero_line=True,
    )
    yield _section("Position", "Value at the mid price; above zero is long.", chart.legend() + chart.svg())


def _fills(part: InstrumentCurves) -> Iterable[str]:
    if not part.t.size:
        return
    buy = part.fill_sign > 0

    def marks(name: str, side: Any, maker: bool) -> Marks:
        chosen = side & (part.fill_maker == maker)
        up = side is buy
        return Marks(
            name,
            part.fill_t[chosen],
            part.fill_px[chosen],
            "var(--buy)" if up else "var(--sell)",
            "up" if up else "down",
            hollow=not maker,
        )

    sell = ~buy
    chart = Chart(
        f"Fills of {part.instrument.symbol} on the mid price",
        f"price, {escape(part.instrument.symbol)}",
        [Series("mid price", part.t, part.mid, "var(--soft)", thin=True)],
        [
            marks("bought, maker", buy, True),
            marks("sold, maker", sell, True),
            marks("bought, taker", buy, False),
            marks("sold, taker", sell, False),
        ],
        height=290,
    )
    yield _section(f"Fills, {part.instrument.symbol}", "", chart.legend() + chart.svg())


def _latency(stages: dict[str, dict[str, int]]) -> Iterable[str]:
    if not stages:
        return
    note = (
        "From the CPU's counter. Pale: minimum to p99.9; full: p50 to p90; black: median; orange: p99; "
        "dot: the longest. "
        "On a machine that is shared or not pinned the tail is the machine's, not the program's."
    )
    rows = [(stage, {k: float(v) for k, v in r.items()}) for stage, r in stages.items()]
    head = ["stage", "count", "min", "p50", "p90", "p99", "p99.9", "max"]
    body = [
        [stage, f"{r['count']:,}", *(duration(r[k]) for k in ("min", "p50", "p90", "p99", "p999", "max"))]
        for stage, r in stages.items()
    ]
    yield _section("Latency by stage", note, percentile_bars(rows, "Latency by stage") + _table(head, body))


def _instrument_table(numbers: dict[str, Any]) -> str:
    head = [
        "",
        "net profit",
        "fees",
        "turnover",
        "orders",
        "fills",
        "maker",
        "bought",
        "sold",
        "position",
        "largest",
    ]
    body = [
        [
            entry["symbol"],
            money(entry["net_pnl"]),
            money(entry["fees_paid"]),
            money(entry["turnover"]),
            f"{entry['orders']:,}",
            f"{entry['fills']:,}",
            _percent(entry["maker_fills"] / entry["fills"] if entry["fills"] else None),
            *(f"{entry[key]:.6g}" for key in ("bought", "sold", "position", "max_position")),
        ]
        for entry in numbers["instruments"]
    ]
    return _table(head, body)


def _order_table(numbers: dict[str, Any]) -> str:
    rows = [
        ("orders placed", numbers["orders"]),
        ("amended", numbers["amends"]),
        ("cancelled", numbers["cancels"]),
    ]
    rows += [(f"refused by risk: {code}", count) for code, count in numbers["denied"].items()]
    return _table(["", "count"], [[name, f"{count:,}"] for name, count in rows])


def _link_table(run: Run) -> str:
    table = run.rows("connection")
    if not table.size:
        return ""
    sockets = {1: "market data", 2: "private", 3: "order entry", 4: "REST"}
    states = {1: "up", 2: "down", 3: "stale", 4: "gap", 5: "synced", 6: "reconciled"}
    keys, counts = np.unique(
        np.stack([table["socket"].astype(int), table["state"].astype(int)], axis=1),
        axis=0,
        return_counts=True,
    )
    return _table(
        ["", "event", "times"],
        [
            [sockets.get(int(a), f"socket {a}"), states.get(int(b), f"state {b}"), f"{int(n):,}"]
            for (a, b), n in zip(keys, counts, strict=True)
        ],
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _section(title: str, note: str, body: str) -> str:
    shown = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{shown}{body}</section>"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'


def _words(rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in rows)
    return f'<table class="words"><tbody>{body}</tbody></table>'


def _footer(run: Run) -> str:
    made = f"nanotick {run.start.get('version', '')}".strip()
    return (
        f"{made}. Read from the journal by a process of its own: {run.records:,} records. "
        "The same figures: report.json."
    )
