"""Judging a formula by simulated samples: one seed for all, and intervals of four standard errors.

A sound formula leaves an interval of four standard errors once in sixteen thousand draws, and the draw is the same
each time. The standard error is the sample's own, taken from independent repetitions of the whole experiment, unless
the law of the count is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import nanotick as nt

SEED = 20261126
ERRORS = 4.0


def draws() -> np.random.Generator:
    """The same draws for each test that begins anew."""
    return np.random.default_rng(SEED)


def of(key: str, params: dict[str, Any], *inputs: Any) -> Any:
    """A formula's outputs over whole arrays."""
    return nt.formulas.get(key)(**params).batch(*inputs)


def assert_mean(values: Any, wanted: float, *, known_error: float = 0.0, what: str = "") -> None:
    """The mean of independent values is `wanted`, but for chance and for an error that is known beforehand."""
    values = np.asarray(values, dtype=np.float64)
    mean, error = values.mean(), values.std(ddof=1) / math.sqrt(len(values))
    allowed = ERRORS * error + known_error
    said = f"seed {SEED}, {what}: {mean:.6g} for {wanted:.6g}, standard error {error:.2g}"
    assert np.isfinite(mean) and abs(mean - wanted) <= allowed, said


def assert_share(hits: Any, wanted: float, *, what: str = "") -> None:
    """Independent events happen with probability `wanted`: the standard error is the binomial law's."""
    hits = np.asarray(hits, dtype=np.float64)
    error = math.sqrt(wanted * (1.0 - wanted) / len(hits))
    said = f"seed {SEED}, {what}: a share of {hits.mean():.4f} for {wanted:.4f}, standard error {error:.2g}"
    assert abs(hits.mean() - wanted) <= ERRORS * error, said


def assert_deviation(values: Any, wanted: float, *, known_error: float = 0.0, what: str = "") -> None:
    """The standard deviation is `wanted`: its standard error by the sample's fourth moment."""
    values = np.asarray(values, dtype=np.float64)
    moved = values - values.mean()
    variance = (moved**2).mean()
    error = math.sqrt(((moved**4).mean() - variance**2) / len(values)) / (2.0 * math.sqrt(variance))
    said = f"seed {SEED}, {what}: deviation {math.sqrt(variance):.6g} for {wanted:.6g}, standard error {error:.2g}"
    assert abs(math.sqrt(variance) - wanted) <= ERRORS * error + known_error, said
