"""Timing for the peers: the shortest of many batches, and the quietest window of single samples. Prints JSON lines."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

BATCHES = 60


def best_ns(work: Callable[[Any], object], inputs: Sequence[Any], batches: int = BATCHES) -> float:
    """The least time that one call took on average over all inputs, of many rounds. Without the garbage collector."""
    for each in inputs:
        work(each)
    gc.disable()
    try:
        least = float("inf")
        for _ in range(batches):
            begun = time.perf_counter_ns()
            for each in inputs:
                work(each)
            least = min(least, (time.perf_counter_ns() - begun) / len(inputs))
    finally:
        gc.enable()
    return least


def quiet_median(samples: Sequence[int]) -> float:
    """The median of the quietest window of at least 200 samples: other work on the machine is left out."""
    size = min(len(samples), max(200, len(samples) // 40))
    windows = (samples[i : i + size] for i in range(0, len(samples) - size + 1, size))
    return float(min(sorted(window)[size // 2] for window in windows))


def report(name: str, value: float, unit: str = "ns", **more: object) -> None:
    """One result."""
    print(json.dumps({"name": name, "value": round(value, 2), "unit": unit, **more}), flush=True)
