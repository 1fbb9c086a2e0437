"""Filters that look both ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator, library

__all__ = ["hp_filter"]


@estimator("hp_filter")
def hp_filter(price: Any, lam: float, min_obs: int) -> tuple[Any, Any]:
    """Hodrick and Prescott's trend, and the price less it."""
    # The cycle is K' z with (K K' + I / lam) z = K y: unlike the price itself, it keeps its digits when lam is large.
    # Differences of differences, because those of near prices are exact.
    bends = np.diff(np.diff(price))
    bands = np.zeros((3, len(bends)))
    bands[2], bands[1, 1:], bands[0, 2:] = 6.0 + 1.0 / lam, -4.0, 1.0
    solve = library("scipy.linalg").solveh_banded
    z = solve(bands, bends)
    for _ in range(_REFINEMENTS):
        z = z + solve(bands, _remainder(bends, z, lam))
    cycle = np.diff(np.diff(np.pad(z, 2)))
    return price - cycle, cycle


#: The system's condition is 16 lam; each of these gains what of sixteen digits that leaves.
_REFINEMENTS = 3


def _remainder(bends: Any, z: Any, lam: float) -> Any:
    """What z leaves of the right hand side, in compensated sums of exact products."""
    before2, before, after, after2 = (np.pad(z, 2)[k : k + len(z)] for k in (0, 1, 3, 4))
    total, lost = bends, np.zeros_like(bends)
    for term in (-before2, 4.0 * before, -4.0 * z, -2.0 * z, 4.0 * after, -after2, -z / lam):
        added = total + term
        part = added - total
        lost = lost + ((total - (added - part)) + (term - part))
        total = added
    return total + lost
