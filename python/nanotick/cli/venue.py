"""`nanotick venue`: the venue server, which plays a recording and matches orders against it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nanotick.errors import DataError, UsageError, core_errors

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="The venue server.")

PROTOCOLS = ("bybit", "binance")


@app.callback()
def group() -> None:
    """The venue server."""


@app.command()
def serve(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Raw recording to play; give it once a file. Default: the bundled one."),
    ] = None,
    protocol: Annotated[str, typer.Option(help="bybit, binance, or both with a comma.")] = "bybit,binance",
    listen: Annotated[
        str, typer.Option(help="HOST:PORT to listen on; port 0 takes free ones.")
    ] = "127.0.0.1:0",
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve wss and https with a certificate made for this run.")
    ] = False,
    speed: Annotated[str, typer.Option(help="How much faster than recorded, or `max`.")] = "1",
    balance: Annotated[str, typer.Option(help="Deposit of the one account, settlement coins.")] = "100000",
    latency_ms: Annotated[int, typer.Option(min=0, max=60_000, help="How long a request travels.")] = 0,
) -> None:
    """Serve a recording in a venue's protocol. The first line on stdout is JSON with the addresses.

    The client's key and secret are NANOTICK_VENUE__KEY and NANOTICK_VENUE__SECRET of the environment, or else
    demo-key and demo-secret.
    """
    from nanotick import _core
    from nanotick.session.sample import sample_files

    files = data or sample_files()
    for path in files:
        if not path.is_file():
            raise DataError(
                f"there is no recording {path}", "give --data a raw recording (<receive ns> <json> lines)"
            )
    config = {
        "data": [str(path) for path in files],
        "protocols": _protocols(protocol),
        "listen": _address(listen),
        "tls": tls,
        "speed": _speed(speed),
        "balance": balance,
        "latency_ms": latency_ms,
    } | {
        name: os.environ[variable]
        for name, variable in (("api_key", "NANOTICK_VENUE__KEY"), ("api_secret", "NANOTICK_VENUE__SECRET"))
        if os.environ.get(variable)
    }
    with core_errors():
        _core.venue_serve(json.dumps(config).encode(), _print_ready)


def _print_ready(ready: bytes) -> None:
    sys.stdout.write(ready.decode().strip() + "\n")
    sys.stdout.flush()


def _protocols(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in PROTOCOLS]
    if unknown or not names:
        raise UsageError(
            f"--protocol: {', '.join(unknown) or 'nothing'} is no protocol",
            f"it is one of {', '.join(PROTOCOLS)}",
        )
    return names


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"--listen: {text!r} is not HOST:PORT", "for example --listen 127.0.0.1:8080")
    return text


def _speed(text: str) -> float | str:
    """The factor, or `max` for as fast as possible."""
    if text == "max":
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 1_000.0:
        raise UsageError(
            f"--speed: {text!r} is neither a number from 0.01 to 1000 nor `max`", "for example --speed 3"
        )
    return value
