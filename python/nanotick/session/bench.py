"""The benchmarks of one run: the native suite, the import time, and peers beside us where their packages are there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nanotick.errors import DataError, NanotickError, core_errors

__all__ = ["bench", "import_time_ns", "peer_scripts", "with_ratios"]

IMPORT_RUNS = 7
PEER_TIMEOUT_S = 300.0
#: Our figure, and what the names of its peers begin with.
PEERS = {
    "chain.rust.bybit24": "chain.peer.",
    "chain.numba.bybit24": "chain.peer.",
    "chain.python.bybit24": "chain.peer.",
    "decode.bybit4": "decode.bybit4.peer.",
    "decode.bybit24": "decode.bybit24.peer.",
    "decode.bybit50": "decode.bybit50.peer.",
    "decode.binance_depth": "decode.binance_depth.peer.",
    "decode.binance_trade": "decode.binance_trade.peer.",
    "decode.binance_quote": "decode.binance_quote.peer.",
    "book.level_change": "book.level_change.peer.",
    "signals.ten": "signals.four.peer.",
    "wire.spin.plain": "wire.peer.",
    "wire.spin.tls": "wire.peer.",
    "wire.block.plain": "wire.peer.",
}
#: Our figure, and the one that physics and the kernel allow.
FLOORS = {
    "wire.spin.plain": "floor.tcp.spin",
    "wire.spin.tls": "floor.tcp.spin",
    "wire.block.plain": "floor.tcp.block",
}


def bench(suite: str, *, seconds: float, peers: Sequence[Path] = ()) -> dict[str, Any]:
    """Measures a suite.

    Args:
        suite: its name.
        seconds: time for each figure.
        peers: scripts that measure other libraries and print one JSON object a line: `name`, `value`, `unit`.

    Returns:
        `results`: a list of `name value unit` and, where there is one, `peer peer_value ratio floor`; and what the
        native suite says of the machine.
    """
    from nanotick import _core

    with core_errors():
        found: dict[str, Any] = json.loads(_core.bench(suite, json.dumps({"seconds": seconds}).encode()))
    results: list[dict[str, Any]] = list(found["results"])
    results.append({"name": "import.time", "value": import_time_ns(), "unit": "ns"})
    for script in peers:
        results += _peer_results(script)
    found.pop("schema", None)
    return {**found, "results": with_ratios(results)}


def with_ratios(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same results, with the best peer and the floor of the same run beside ours. Ratios above one are ours."""
    values = {str(row["name"]): row for row in results}
    found = []
    for row in results:
        more: dict[str, Any] = {}
        prefix = PEERS.get(str(row["name"]))
        rivals = [
            r for name, r in values.items() if prefix and name.startswith(prefix) and r["unit"] == row["unit"]
        ]
        if rivals:
            best = min(rivals, key=lambda rival: float(rival["value"]))
            more = {"peer": best["name"], "peer_value": best["value"]}
            if float(row["value"]) > 0:
                more["ratio"] = round(float(best["value"]) / float(row["value"]), 2)
        if (floor := values.get(FLOORS.get(str(row["name"]), ""))) is not None:
            more["floor"] = floor["value"]
        found.append({**row, **more})
    return found


def peer_scripts(folder: Path) -> list[Path]:
    """The scripts in the project's `benches/`.

    Raises:
        DataError: if there are none.
    """
    scripts = sorted(folder.glob("peer_*.py"))
    scripts = [script for script in scripts if script.is_file()]
    if not scripts:
        raise DataError(
            f"there are no peers in {folder}", "run it in a clone of nanotick, after `make bench` once"
        )
    return scripts


def import_time_ns() -> int:
    """The shortest of some fresh interpreters' times for `import nanotick`."""
    program = "import time; t = time.perf_counter_ns(); import nanotick; print(time.perf_counter_ns() - t)"
    runs = (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(IMPORT_RUNS)
    )
    return min(int(run.stdout) for run in runs)


def _peer_results(script: Path) -> list[dict[str, Any]]:
    try:
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, timeout=PEER_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NanotickError(f"{script} took more than {PEER_TIMEOUT_S:.0f} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise NanotickError(f"{script} failed: {last}", "`make bench` installs what the peers need")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
