"""`nanotick book`: order books from raw recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nanotick.cli import output
from nanotick.errors import DataError, UsageError, core_errors

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Order books from raw recordings.")

FORMATS = ("binance-usdm", "binance-coinm", "binance-spot", "bybit-linear")
#: What makes a recording fail; the rest is told and left to the reader.
FAULTS = ("mismatches", "gaps", "crossed")


@app.callback()
def group() -> None:
    """Order books from raw recordings."""


@app.command()
def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Parts of one recording, in their order.")
    ],
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")],
    as_json: output.Json = False,
) -> None:
    """Rebuild the book and compare its top with the venue's own quotes; exit code 1 if they differ."""
    if form not in FORMATS:
        raise UsageError(f"--format: {form!r} is no format", f"it is one of {', '.join(FORMATS)}")
    for path in files:
        if not path.is_file():
            raise DataError(f"there is no file {path}", "give the raw recording, plain, .gz or .zst")
    from nanotick import _core

    with core_errors():
        found: dict[str, Any] = json.loads(_core.book_verify([str(path) for path in files], form))
    found.pop("schema", None)
    held = not any(found.get(key) for key in FAULTS)
    output.emit(
        {"ok": held, **found},
        output.rows([("", "count"), *((key, str(value)) for key, value in found.items())]),
        as_json,
    )
    if not held:
        raise typer.Exit(1)
