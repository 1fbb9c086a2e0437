"""`nanotick replay`: run a session again from its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nanotick.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def replay(
    run_dir: Annotated[Path, typer.Argument(help="A directory like runs/<time>-<name>.")],
    strategy: Annotated[
        str | None, typer.Option(help="The strategy; default: the one in the run's configuration.")
    ] = None,
    until: Annotated[int | None, typer.Option(min=1, help="Stop after this record.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Exit with 1 if any command differs.")] = False,
    as_json: output.Json = False,
) -> None:
    """Run a session again from its journal and compare every command with what was sent."""
    from nanotick.session.replay import replay as run

    found = run(run_dir, strategy, until)
    lines = [f"{found['events']:,} events, {found['commands']:,} commands"]
    if found["verified"]:
        lines.append("every command came out the same")
    else:
        lines.append(f"first difference: {found.get('first_difference')}")
    output.emit(found, lines, as_json)
    if verify and not found["verified"]:
        raise typer.Exit(1)
