"""`nanotick demo`: the main job, end to end, on the bundled recording."""

from __future__ import annotations

import sys
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nanotick.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Venue(StrEnum):
    """Protocols that the venue server speaks."""

    bybit = "bybit"
    binance = "binance"


class Mode(StrEnum):
    """How the engine's thread waits."""

    spin = "spin"
    adaptive = "adaptive"
    block = "block"


@app.command()
def demo(
    seconds: Annotated[
        float | None,
        typer.Option(min=1.0, max=90.0, help="Seconds of the recording to play; default: all 90."),
    ] = None,
    venue: Annotated[Venue | None, typer.Option(help="Protocol to speak. [default: bybit]")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="A ready-made strategy or FILE.py:NAME. [default: quoter]")
    ] = None,
    tls: Annotated[bool | None, typer.Option("--tls", help="Encrypt all connections.")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=100.0, help="How much faster than recorded. [default: 3]")
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="How the engine waits: spin is fastest and takes a core. [default: adaptive]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Project file instead of ./nanotick.toml.")] = None,
    open_report: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_json: output.Json = False,
) -> None:
    """Trade on a real recording over real sockets, reconcile, replay, and write a report."""
    from nanotick.session.demo import demo as run
    from nanotick.session.demo import verdict
    from nanotick.session.settings import load

    overrides = {
        "demo.seconds": seconds,
        "demo.speed": speed,
        "venue.protocol": venue and venue.value,
        "venue.tls": tls,
        "strategy.name": strategy,
        "engine.mode": mode and mode.value,
    }
    resolved = load(overrides, file=config)
    terminal = sys.stderr.isatty()
    result = run(resolved.config, _say if terminal else _silent, show_status=terminal and not as_json)
    wrong = verdict(result)
    told = {} if wrong is None else {"error": output.error_body(wrong)}
    output.emit({**result, **told}, _lines(result), as_json)
    if open_report:
        webbrowser.open(Path(result["report"]).resolve().as_uri())
    if wrong is not None:
        raise typer.Exit(output.failure(wrong, as_json=False, debug=False))


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _silent(_sentence: str) -> None:
    pass


def _lines(result: dict[str, Any]) -> list[str]:
    from nanotick.report.charts import duration

    replay = result["replay"]
    figures = [
        ("", "value"),
        ("events", f"{result['events']:,}"),
        ("orders", f"{result['orders']:,}"),
        ("fills", f"{result['fills']:,}"),
        ("net profit, USDT", f"{result['net_pnl']:,.4f}"),
        ("fees paid, USDT", f"{result['fees_paid']:,.4f}"),
        *((f"position {symbol}", f"{size:g}") for symbol, size in result["position"].items()),
        ("reconciled with the venue", "yes" if result["reconciled"] else "NO"),
        ("replay gave every command", f"yes, {replay['commands']:,}" if replay["verified"] else "NO"),
    ]
    stages = [["latency", "count", "p50", "p99", "p99.9", "max"]]
    for stage, row in result["latency_ns"].items():
        stages.append(
            [stage, f"{row['count']:,}", *(duration(row[key]) for key in ("p50", "p99", "p999", "max"))]
        )
    lines = [*output.rows(figures), "", *output.rows(stages)]
    lines += ["", *(f"note: {sentence}" for sentence in result["warnings"])]
    return [*lines, f"report: {result['report']}"]
