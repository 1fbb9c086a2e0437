"""`nanotick config`: what is in force, where each value comes from, and whether a file is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nanotick.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Show and check the configuration.")

File = Annotated[Path | None, typer.Option("--config", help="Project file instead of ./nanotick.toml.")]


@app.callback()
def group() -> None:
    """Show and check the configuration."""


@app.command()
def show(
    config: File = None,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    as_json: output.Json = False,
) -> None:
    """Print the configuration in force; secrets are redacted."""
    from nanotick.session.settings import load, redacted, to_toml

    resolved = load(file=config)
    if origin:
        lines = output.rows([("key", "value", "origin"), *resolved.rows()], left=True)
    else:
        lines = to_toml(resolved.config).splitlines()
    output.emit({"config": redacted(resolved.config), "origins": resolved.origins}, lines, as_json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to check.")], as_json: output.Json = False
) -> None:
    """Check a configuration file; exit code 3 if it is wrong."""
    from nanotick.session.settings import load

    resolved = load(file=file, alone=True)
    keys = sorted(resolved.origins)
    output.emit(
        {"ok": True, "file": str(file), "keys": keys}, [f"{file}: {len(keys)} keys, all right"], as_json
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of a configuration file, for editors."""
    from nanotick.session.config import json_schema

    output.text([json.dumps(json_schema(), indent=2)])
