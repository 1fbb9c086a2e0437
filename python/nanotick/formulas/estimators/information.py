"""Regularity and complexity of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator

__all__ = ["lempel_ziv", "sample_entropy"]


@estimator("sample_entropy")
def sample_entropy(signal: Any, period: int, m: int, r: float) -> float:
    """How surprising the next value is after m that were met before."""
    x = signal[-period:]
    reach = r * float(x.std())
    count = len(x) - m
    if count < 2:
        return float("nan")
    templates = np.lib.stride_tricks.sliding_window_view(x, m)[:count]
    shorter = longer = 0
    for first in range(count - 1):
        near = (np.abs(templates[first + 1 :] - templates[first]) <= reach).all(axis=1)
        shorter += int(near.sum())
        longer += int((near & (np.abs(x[first + 1 + m :] - x[first + m]) <= reach)).sum())
    if shorter == 0:
        return float("nan")
    return float(np.log(shorter / longer)) if longer else float("inf")


@estimator("lempel_ziv")
def lempel_ziv(returns: Any, period: int, normalize: bool) -> float:
    """Components of the exhaustive history of the signs about the median."""
    x = returns[-period:]
    text = (x > np.median(x)).astype(np.uint8).tobytes()
    n, start, components = len(text), 0, 0
    while start < n:
        length = 1
        # A component goes on while it can be copied from what came before its last symbol.
        while start + length <= n and text.find(text[start : start + length], 0, start + length - 1) >= 0:
            length += 1
        components += 1
        start += length
    return components * float(np.log2(n)) / n if normalize else float(components)
