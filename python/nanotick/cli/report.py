"""`nanotick report`: figures and the page of a run, from its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nanotick.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def report(
    run_dir: Annotated[Path, typer.Argument(help="A directory like runs/<time>-<name>.")],
    as_json: output.Json = False,
) -> None:
    """Write report.html and report.json for a run."""
    from nanotick.report.write import write

    numbers = write(run_dir)
    output.emit({**numbers, "run_dir": str(run_dir)}, [str(run_dir / "report.html")], as_json)
