"""`nanotick version`: which build this is."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer

from nanotick.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def show(as_json: output.Json = False) -> None:
    """Print the versions of nanotick, its native part and Python."""
    data: dict[str, Any] = {"version": package_version(), "python": platform.python_version()}
    try:
        from nanotick import _core

        data["build"] = _core.build_info()
    except ImportError:
        data["build"] = None
    lines = [version_line(), f"Python {data['python']}"]
    build = data["build"]
    lines += [f"{key} {value}" for key, value in build.items()] if build else ["native part: not built"]
    output.emit(data, lines, as_json)


def package_version() -> str:
    """The installed version, or `0+unknown` in a bare source tree."""
    try:
        return version("nanotick")
    except PackageNotFoundError:
        return "0+unknown"


def version_line() -> str:
    """What `nanotick --version` prints."""
    return f"nanotick {package_version()}"
