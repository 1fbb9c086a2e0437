"""`nanotick bench`: the benchmarks, beside peers and floors, in one run on one machine."""

from __future__ import annotations

from typing import Annotated

import typer

from nanotick.cli import output
from nanotick.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SUITES = ("hot",)


@app.command()
def bench(
    suite: Annotated[str, typer.Argument(help="What to measure: hot.")] = "hot",
    seconds: Annotated[float, typer.Option(min=0.05, max=60.0, help="Time for each figure.")] = 1.0,
    as_json: output.Json = False,
) -> None:
    """Measure and print figures; all of one run on one machine."""
    if suite not in SUITES:
        raise UsageError(f"{suite!r} is no suite", f"suites are {', '.join(SUITES)}")
    from nanotick.session.bench import bench as run

    found = run(suite, seconds=seconds)
    rows = [[r["name"], f"{r['value']:,.4g}", r["unit"]] for r in found["results"]]
    output.emit(found, output.rows([["figure", "value", "unit"], *rows]), as_json)
