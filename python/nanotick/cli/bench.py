"""`nanotick bench`: the benchmarks, beside peers and floors, in one run on one machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nanotick.cli import output
from nanotick.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SUITES = ("hot", "formulas")


@app.command()
def bench(
    suite: Annotated[str, typer.Argument(help="What to measure: hot, formulas or all.")] = "hot",
    seconds: Annotated[float, typer.Option(min=0.05, max=60.0, help="Time for each figure.")] = 1.0,
    peers: Annotated[bool, typer.Option("--peers", help="Measure other libraries beside us.")] = False,
    write_docs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as a page in Markdown too.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Measure and print figures; all of one run on one machine."""
    if suite not in (*SUITES, "all"):
        raise UsageError(f"{suite!r} is no suite", f"suites are {', '.join(SUITES)} and all")
    from nanotick.bench.page import machine
    from nanotick.session.bench import bench as run
    from nanotick.session.bench import write_page

    suites = SUITES if suite == "all" else (suite,)
    found = [run(name, seconds=seconds, peers=peers, on_step=_say) for name in suites]
    if write_docs is not None:
        write_page(found, write_docs)
    joined = {key: [row for of in found for row in of[key]] for key in ("results", "bars", "skipped")}
    output.emit({"suite": suite, **joined, "machine": machine()}, _lines(joined), as_json)


def _say(step: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"measuring: {step}", err=True)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    from nanotick.bench.page import amount

    def row(r: dict[str, Any]) -> list[str]:
        peer = "" if r["peer"] is None else f"{r['peer']} {amount(r['peer_value'], r['unit'])}"
        ratio = "" if r["ratio"] is None else f"{r['ratio']:.1f}x"
        floor = "" if r["floor"] is None else amount(r["floor"], r["unit"])
        return [
            r["name"],
            amount(r["value"], r["unit"]),
            amount(r["quiet_p50"], r["unit"]),
            peer,
            ratio,
            floor,
        ]

    head = ["figure", "value", "quiet", "best peer", "ratio", "floor"]
    yield from output.rows([head, *(row(r) for r in found["results"])])
    judged = [bar for bar in found["bars"] if bar["met"] is not None]
    missed = [bar for bar in judged if not bar["met"]]
    yield ""
    yield f"{len(judged) - len(missed)} of {len(judged)} bars met"
    for bar in missed:
        yield f"missed: {bar['what']}: {amount(bar['value'], bar['unit'])}, bar {amount(bar['limit'], bar['unit'])}"
    yield from found["skipped"]
