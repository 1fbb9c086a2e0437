"""A run of the benchmarks: the native suite, the import time, the peers, and how they compare."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from nanotick.bench.bars import judge
from nanotick.errors import NanotickError, core_errors

__all__ = ["bench", "import_time_ns", "write_page"]

IMPORT_RUNS = 7
PEER_TIMEOUT_S = 120.0
SAMPLE = "binance_usdm_btcusdt_20240808_90s.gz"

Row = dict[str, Any]

PEERS_OF = {
    "chain.rust.bybit24": "chain.peer.",
    "chain.rust.bybit24.signals": "chain.peer.",
    "chain.numba.bybit24": "chain.peer.",
    "chain.python.bybit24": "chain.peer.",
    "wire.spin.plain": "wire.peer.",
    "wire.block.plain": "wire.peer.",
}
"""Where the peers of a figure are named otherwise than `<figure>.peer.<who>`."""

FLOORS = {
    "wire.spin.plain": "floor.tcp.spin",
    "wire.spin.tls": "floor.tcp.spin",
    "wire.block.plain": "floor.tcp.block",
    "wire.block.tls": "floor.tcp.block",
}


def bench(
    suite: str, *, seconds: float, peers: bool = False, on_step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Measures a suite.

    Args:
        suite: its name.
        seconds: time for each figure.
        peers: whether to measure other libraries too.
        on_step: told what is measured next.

    Returns:
        `results`, a list of rows with `name value unit min p50 quiet_p50 peer peer_value ratio floor`, the last four
        None where there is none; `bars`, the goals and whether they are met; and `skipped`, why peers are missing.
    """
    on_step("the native suite")
    results = _native(suite, seconds)
    if suite == "hot":
        results.append(_row("import.time", import_time_ns()))
    skipped: list[str] = []
    if peers:
        from nanotick.bench.peers import MODULES

        for module in MODULES[suite]:
            on_step(module)
            rows, why = _peer_rows(module)
            results += rows
            skipped += why
    compared = list(_compared(results))
    compared += _ratios(compared)
    return {"suite": suite, "results": compared, "bars": judge(suite, compared), "skipped": skipped}


def _ratios(rows: list[Row]) -> Iterator[Row]:
    """The least and the median of the ratios to TA-Lib."""
    of_talib = [row for row in rows if (row["peer"] or "").endswith(".peer.talib")]
    ratios = [row["ratio"] for row in of_talib if row["name"].startswith("formulas.batch.")]
    if ratios:
        nothing = {"peer": None, "peer_value": None, "ratio": None, "floor": None}
        yield {**_row("formulas.talib.least", min(ratios)), "unit": "x", **nothing}
        yield {**_row("formulas.talib.median", statistics.median(ratios)), "unit": "x", **nothing}


def _row(name: str, value: float) -> Row:
    return {"name": name, "value": value, "unit": "ns", "min": value, "p50": value, "quiet_p50": value}


def _native(suite: str, seconds: float) -> list[Row]:
    from nanotick import _core
    from nanotick.bench.messages import LEVELS, bybit_deltas, bybit_snapshot

    deltas = {f"deltas{levels}": [m.decode() for m in bybit_deltas(levels)] for levels in LEVELS}
    sample = resources.files("nanotick").joinpath("data", "sample", SAMPLE)
    with tempfile.TemporaryDirectory(prefix="nanotick-bench-") as folder, resources.as_file(sample) as path:
        options = {
            "seconds": seconds,
            "peer_command": [sys.executable, "-m", "nanotick.bench.peer"],
            "snapshot": bybit_snapshot().decode(),
            "recording": str(path),
            "dir": folder,
            **deltas,
        }
        with core_errors():
            found: dict[str, Any] = json.loads(_core.bench(suite, json.dumps(options).encode()))
    return list(found["results"])


def import_time_ns() -> int:
    """The shortest of some fresh interpreters' times for `import nanotick`, less an empty interpreter's."""

    def best(code: str) -> int:
        program = f"import time; t = time.perf_counter_ns(); {code}; print(time.perf_counter_ns() - t)"
        runs = (
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
            for _ in range(IMPORT_RUNS)
        )
        return min(int(run.stdout) for run in runs)

    return max(0, best("import nanotick") - best("pass"))


def _peer_rows(module: str) -> tuple[list[Row], list[str]]:
    """What a module of peers printed, and why rows of it are missing."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            capture_output=True,
            text=True,
            timeout=PEER_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [], [f"{module}: not done within {PEER_TIMEOUT_S:.0f} s"]
    rows: list[Row] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    skipped = [line for line in done.stderr.splitlines() if line.startswith("skipped ")]
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        skipped.append(f"{module}: {last}")
    return rows, skipped


def _compared(rows: list[Row]) -> Iterator[Row]:
    """Each row of ours beside its best peer and its floor. `ratio` above 1 means that we are the faster."""
    by_name = {row["name"]: row for row in rows}
    for row in rows:
        name = row["name"]
        peer = _best([r for r in rows if r["name"].startswith(PEERS_OF.get(name, f"{name}.peer."))])
        compared = {**row, "peer": None, "peer_value": None, "ratio": None, "floor": None}
        if peer is not None and row["value"]:
            quotient = peer["value"] / row["value"]
            ratio = 1 / quotient if row["unit"].endswith("/s") else quotient
            compared |= {"peer": peer["name"], "peer_value": peer["value"], "ratio": round(ratio, 2)}
        if (floor := by_name.get(FLOORS.get(name, ""))) is not None:
            compared["floor"] = floor["value"]
        yield compared


def _best(rows: Iterable[Row]) -> Row | None:
    """The fastest: the highest speed or the shortest time."""
    return min(rows, key=lambda r: -r["value"] if r["unit"].endswith("/s") else r["value"], default=None)


def write_page(found: list[dict[str, Any]], path: Path) -> None:
    """Writes `docs/reference/benchmarks.md` from a run with peers."""
    from nanotick.bench.page import page

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(found), encoding="utf-8")
    except OSError as why:
        raise NanotickError(
            f"{path} cannot be written: {why.strerror}", "name a file in a folder of yours"
        ) from why
