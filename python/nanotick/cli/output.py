"""How the command speaks: one JSON object or text on stdout, `error:` and `hint:` lines on stderr."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from nanotick.errors import InvariantError, NanotickError

__all__ = ["SCHEMA", "Json", "emit", "error_body", "failure", "rows", "text", "unexpected"]

#: Version of every JSON object that the command prints.
SCHEMA = 1

#: The option that every command with a result has.
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def emit(data: Mapping[str, Any], lines: Iterable[str], as_json: bool) -> None:
    """Prints a result: `data` as one JSON object, or else `lines` for people."""
    if as_json:
        print(json.dumps({"schema": SCHEMA, **data}, default=str, allow_nan=False))
        return
    text(lines)


def text(lines: Iterable[str]) -> None:
    """Prints lines for people on stdout."""
    for line in lines:
        print(line)


def rows(table: Sequence[Sequence[str]], *, left: bool = False) -> list[str]:
    """A table in columns, its head first. Columns after the first stand right, or `left` if they are words."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return [
        "  ".join(
            cell.ljust(width) if left or i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def failure(error: NanotickError, *, as_json: bool, debug: bool) -> int:
    """Reports an error that nanotick understands; returns its exit code."""
    if debug:
        traceback.print_exception(error)
    print(f"{_paint('error:')} {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "error": error_body(error)}))
    return error.exit_code


def error_body(error: NanotickError) -> dict[str, Any]:
    """An error as it stands in a JSON object."""
    return {"code": error.exit_code, "message": error.message, "hint": error.hint}


def unexpected(error: Exception, *, as_json: bool, debug: bool) -> int:
    """Reports an error that nobody foresaw: a bug, or a native module that is not there."""
    if isinstance(error, ImportError) and (error.name or "").startswith("nanotick._core"):
        known = NanotickError(
            f"the native part of nanotick could not be loaded: {error}",
            "in a clone run `make build`; otherwise reinstall nanotick for this Python and this machine",
        )
    elif isinstance(error, ImportError) and error.name:
        known = NanotickError(
            f"this needs the package {error.name!r}, which is not installed",
            "install the extra that brings it, for example `pip install 'nanotick[all]'`",
        )
    else:
        known = InvariantError(
            f"unexpected {type(error).__name__}: {error}",
            "this is a bug: run again with --debug and report what it prints",
        )
    known.__cause__ = error
    return failure(known, as_json=as_json, debug=debug)


def _paint(word: str) -> str:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty():
        return word
    return f"\x1b[31m{word}\x1b[0m"
