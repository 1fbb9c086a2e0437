"""The benchmarks from outside: the native suite, the import time, and peers if their packages are there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from nanotick.errors import NanotickError, core_errors

__all__ = ["bench", "import_time_ns"]

IMPORT_RUNS = 7
PEERS_TIMEOUT_S = 600.0


def bench(suite: str, *, seconds: float, peers: Sequence[str] = ()) -> dict[str, Any]:
    """Measures a suite.

    Args:
        suite: its name.
        seconds: time for each figure.
        peers: scripts that measure other libraries and print one JSON object a line: `name`, `value`, `unit`.

    Returns:
        `results`: a list of `name value unit` and, where there is one, `peer peer_value ratio floor`; and `machine`.
    """
    from nanotick import _core

    with core_errors():
        found: dict[str, Any] = json.loads(_core.bench(suite, json.dumps({"seconds": seconds}).encode()))
    results: list[dict[str, Any]] = list(found["results"])
    results.append({"name": "import.time", "value": import_time_ns(), "unit": "ns"})
    for script in peers:
        results += _peer_results(script)
    found.pop("schema", None)
    return {**found, "results": results}


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


def _peer_results(script: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=PEERS_TIMEOUT_S, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise NanotickError(f"{script} failed: {last}", "`make bench` installs what the peers need")
    rows: list[Mapping[str, Any]] = [
        json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")
    ]
    return [dict(row) for row in rows]
