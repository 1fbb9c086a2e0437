"""`nanotick bench`: the benchmarks, beside peers and floors, in one run on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nanotick.cli import output
from nanotick.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SUITES = ("hot",)


@app.command()
def bench(
    suite: Annotated[str, typer.Argument(help="What to measure: hot.")] = "hot",
    peers: Annotated[bool, typer.Option("--peers", help="Measure other libraries in the same run.")] = False,
    seconds: Annotated[float, typer.Option(min=0.05, max=60.0, help="Time for each figure.")] = 1.0,
    write_docs: Annotated[Path | None, typer.Option(help="Write the table to this Markdown file.")] = None,
    as_json: output.Json = False,
) -> None:
    """Measure and print figures, beside peers and floors of the same run."""
    if suite not in SUITES:
        raise UsageError(f"{suite!r} is no suite", f"suites are {', '.join(SUITES)}")
    from nanotick.session.bench import bench as run
    from nanotick.session.bench import peer_scripts

    found = run(suite, seconds=seconds, peers=peer_scripts(Path("benches")) if peers else ())
    if write_docs is not None:
        from nanotick.session.bench_page import page

        command = f"nanotick bench {suite}" + (" --peers" if peers else "")
        write_docs.write_text(page(found, command), encoding="utf-8")
    head = ["figure", "value", "unit", "best peer", "ratio"]
    rows = [
        [row["name"], f"{row['value']:,.4g}", row["unit"], row.get("peer", ""), str(row.get("ratio", ""))]
        for row in found["results"]
    ]
    output.emit(found, output.rows([head, *rows]), as_json)
