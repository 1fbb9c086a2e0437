"""`nanotick help`: what is not the help of one command."""

from __future__ import annotations

import typer

from nanotick.cli import output
from nanotick.errors import exit_codes

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, help="Topics that are not the help of one command."
)


@app.callback()
def group() -> None:
    """Topics that are not the help of one command."""


@app.command("exit-codes")
def show_exit_codes(as_json: output.Json = False) -> None:
    """Print what each exit code means."""
    codes = exit_codes()
    output.emit(
        {"exit_codes": {str(code): meaning for code, meaning in codes.items()}},
        [f"{code:>3}  {meaning}" for code, meaning in codes.items()],
        as_json,
    )
