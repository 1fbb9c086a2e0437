"""Timing for peers: many batches, of which the least mean and the median of the quietest window are quoted.

On a machine that does other work too, the mean of everything measures the other work.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["CLIENT_CPU", "SERVER_CPU", "emit", "pin", "quiet_p50", "skip", "time_calls", "time_samples"]

CLIENT_CPU = 1
SERVER_CPU = 0
BATCHES = 60
MIN_BATCH_NS = 2_000_000
SAMPLE_WINDOW = 200


def pin(cpu: int) -> None:
    """Keeps this process on one CPU, where the machine has it and allows it."""
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cpu})


def quiet_p50(values: Sequence[float], window: int) -> float:
    """The lowest median of any of the consecutive windows of values in the order in which they were measured."""
    window = max(1, min(window, len(values)))
    starts = range(0, len(values) - window + 1, window)
    return min(sorted(values[at : at + window])[window // 2] for at in starts)


def _figures(values: Sequence[float], window: int) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "min": ordered[0],
        "p50": ordered[len(ordered) // 2],
        "quiet_p50": quiet_p50(values, window),
    }


def time_calls(call: Callable[[Any], Any], items: Sequence[Any], batches: int = BATCHES) -> dict[str, float]:
    """Nanoseconds a call over all items, as `min p50 quiet_p50` over batches."""
    clock = time.perf_counter_ns

    def batch() -> int:
        start = clock()
        for item in items:
            call(item)
        return clock() - start

    rounds = max(1, MIN_BATCH_NS // max(1, min(batch() for _ in range(3))))
    means = [sum(batch() for _ in range(rounds)) / (rounds * len(items)) for _ in range(batches)]
    return _figures(means, max(5, batches // 10))


def time_samples(samples_ns: Iterable[float]) -> dict[str, float]:
    """`min p50 quiet_p50` of single measurements in their order."""
    values = list(samples_ns)
    return _figures(values, max(SAMPLE_WINDOW, len(values) // 40))


def emit(name: str, figures: dict[str, float], *, value: str = "min", unit: str = "ns") -> None:
    """Prints one result as a JSON line."""
    row = {"name": name, "value": figures[value], "unit": unit, **figures}
    sys.stdout.write(
        json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()}) + "\n"
    )
    sys.stdout.flush()


def skip(name: str, why: str) -> None:
    """Says why a row is missing."""
    sys.stderr.write(f"skipped {name}: {why}\n")
