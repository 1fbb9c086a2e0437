"""`nanotick journal`: look into a journal from outside, while it is written or long after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nanotick.cli import output
from nanotick.errors import DataError, UsageError, core_errors

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Look into a journal.")

Where = Annotated[
    Path, typer.Argument(metavar="PATH", help="A journal, or the run's directory that holds one.")
]


@app.callback()
def group() -> None:
    """Look into a journal."""


@app.command()
def verify(path: Where, as_json: output.Json = False) -> None:
    """Check every record; exit code 4 if anything is damaged."""
    journal = _journal(path)
    from nanotick import _core

    with core_errors():
        found: dict[str, Any] = json.loads(_core.journal_verify(str(journal)))
    found.pop("schema", None)
    damage = found.get("damage") or []
    lines = [f"{found['records']:,} records in {found['segments']} segments"]
    lines += [f"damaged: {_sentence(item)}" for item in damage] or ["no damage"]
    if damage:
        lines.append(f"recoverable to record {found.get('recoverable_to')}")
    output.emit({"ok": not damage, **found}, lines, as_json)
    if damage:
        raise typer.Exit(DataError.exit_code)


@app.command()
def stat(path: Where, as_json: output.Json = False) -> None:
    """Count records and bytes by kind."""
    journal = _journal(path)
    from nanotick import _core

    with core_errors():
        found: dict[str, Any] = json.loads(_core.journal_stat(str(journal)))
    found.pop("schema", None)
    lines = [f"{key} {value}" for key, value in found.items() if not isinstance(value, (dict, list))]
    kinds = found.get("kinds")
    if isinstance(kinds, dict):
        head = ["kind", *next(iter(kinds.values()), {})]
        body = [[kind, *(f"{value:,}" for value in entry.values())] for kind, entry in kinds.items()]
        lines += ["", *output.rows([head, *body])]
    output.emit(found, lines, as_json)


@app.command()
def cat(
    path: Where,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given more than once.")
    ] = None,
    start: Annotated[int, typer.Option("--from", min=0, help="First sequence number.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many records.")] = None,
) -> None:
    """Print records as JSON, one a line."""
    from nanotick.session.records import KINDS, read_records

    unknown = set(kind or ()) - set(KINDS.values())
    if unknown:
        raise UsageError(
            f"--kind: {sorted(unknown)[0]!r} is no kind", f"kinds are {', '.join(KINDS.values())}"
        )
    with core_errors():
        for record in read_records(_journal(path), kinds=set(kind or ()), start=start, limit=limit):
            typer.echo(json.dumps(record))


@app.command()
def follow(
    path: Where,
    interval: Annotated[
        float, typer.Option(min=0.05, max=60.0, help="Seconds between two status lines.")
    ] = 0.5,
) -> None:
    """Print a status line as the journal grows, until the session in it ends."""
    from nanotick.session.follow import follow as run

    with core_errors():
        run(_journal(path), interval)


def _journal(path: Path) -> Path:
    if (path / "journal").is_dir():
        return path / "journal"
    if not path.exists():
        raise DataError(f"there is no journal {path}", "give a run's directory, or the journal folder in it")
    return path


def _sentence(item: Any) -> str:
    return item if isinstance(item, str) else ", ".join(f"{key} {value}" for key, value in item.items())
