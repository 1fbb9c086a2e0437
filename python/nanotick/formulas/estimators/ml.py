"""Machine-learning labels, weights, splits and calibration maps.

Labels look ahead by construction: none of these is a feature.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from nanotick.errors import ConfigError
from nanotick.formulas.estimators import estimator

__all__ = ["label_uniqueness", "platt_isotonic", "purged_cpcv", "triple_barrier"]

#: Rows times splits that one call makes sets of: 800 MB each.
_MOST_CELLS = 100_000_000


def _ewm_deviation(returns: Any, span: int) -> Any:
    """Bias-corrected exponentially weighted deviation with weights (1 - alpha)^age over all returns so far."""
    keep = 1.0 - 2.0 / (span + 1.0)
    deviations = np.full(len(returns), np.nan)
    weight = squared_weights = mean = moment = 0.0
    for row, value in enumerate(returns):
        # West's update of mean and second moment, after the past has faded.
        faded = keep * weight
        weight = faded + 1.0
        squared_weights = keep * keep * squared_weights + 1.0
        step = (value - mean) / weight
        moment = keep * moment + faded * step * (value - mean)
        mean += step
        degrees = weight - squared_weights / weight
        if row:
            deviations[row] = math.sqrt(max(moment, 0.0) / degrees)
    return deviations


@estimator("triple_barrier")
def triple_barrier(
    close: Any, side: Any, *, pt: float, sl: float, horizon: int, sigma_span: int, timeout: str
) -> tuple[Any, Any, Any]:
    """Label, return and end of each event: which of profit target, stop and horizon its path meets first."""
    rows = len(close)
    label, ret, t_end = (np.full(rows, np.nan) for _ in range(3))
    sigma = np.full(rows, np.nan)
    sigma[1:] = _ewm_deviation(close[1:] / close[:-1] - 1.0, sigma_span)
    target = pt * sigma if pt > 0.0 else np.full(rows, np.inf)
    stop = -sl * sigma if sl > 0.0 else np.full(rows, -np.inf)
    for row in np.flatnonzero((np.abs(side) == 1.0) & (sigma > 0.0)):
        path = side[row] * (close[row + 1 : row + 1 + horizon] / close[row] - 1.0)
        touches = (path >= target[row]) | (path <= stop[row])
        place = int(touches.argmax()) if touches.any() else horizon - 1
        if place >= len(path):
            continue
        ret[row], t_end[row] = path[place], row + 1 + place
        if touches[place]:
            label[row] = 1.0 if path[place] >= target[row] else -1.0
        else:
            label[row] = np.sign(path[place]) if timeout == "sign" else 0.0
    return label, ret, t_end


@estimator("label_uniqueness")
def label_uniqueness(t0: Any, t1: Any, returns: Any, *, c: float) -> tuple[Any, Any, Any, Any]:
    """How many labels share each bar, and what each label is worth for it."""
    bars = len(returns)
    labels = np.flatnonzero((t0 >= 0) & (t1 >= t0) & (t1 < bars) & (t0 % 1 == 0) & (t1 % 1 == 0))
    first, after = t0[labels].astype(int), t1[labels].astype(int) + 1
    concurrency = np.zeros(bars + 1)
    np.add.at(concurrency, first, 1.0)
    np.add.at(concurrency, after, -1.0)
    concurrency = np.cumsum(concurrency)[:bars]
    share = np.divide(1.0, concurrency, out=np.zeros(bars), where=concurrency > 0.0)
    uniqueness, weight, decay = (np.full(bars, np.nan) for _ in range(3))
    if len(labels) == 0:
        return concurrency, uniqueness, weight, decay

    def over_spans(values: Any) -> Any:
        total = np.concatenate([[0.0], np.cumsum(values)])
        return total[after] - total[first]

    unique = over_spans(share) / (after - first)
    earned = np.abs(over_spans(returns * share))
    uniqueness[labels] = unique
    if earned.sum() > 0.0:
        weight[labels] = earned / earned.mean()
    order = np.argsort(first, kind="stable")
    share_so_far = np.cumsum(unique[order]) / unique.sum()
    decay[labels[order]] = c + (1.0 - c) * share_so_far
    return concurrency, uniqueness, weight, decay


@estimator("purged_cpcv")
def purged_cpcv(t0: Any, t1: Any, *, n_groups: int, k_test: int, embargo: float) -> tuple[Any, Any, Any]:
    """Training and test sets of all combinations of groups, without labels that reach from one into the other.

    Raises:
        ConfigError: no group would be left to train on, a group would be empty, or there are more splits than memory.
    """
    rows = len(t0)
    if math.comb(n_groups, k_test) * rows > _MOST_CELLS:
        raise ConfigError(
            f"purged_cpcv: {math.comb(n_groups, k_test)} splits of {rows} rows are more than {_MOST_CELLS} numbers",
            hint="take fewer groups, or fewer of them as a test set",
        )
    if k_test >= n_groups or rows < n_groups:
        raise ConfigError(
            f"purged_cpcv: {k_test} of {n_groups} groups of {rows} rows cannot be held out",
            hint="n_groups must be above k_test and at most the number of rows",
        )
    wait = math.floor(embargo * rows)
    # What a group as a test set takes from the training set: itself, overlapping labels, and the embargo.
    held_out = np.zeros((n_groups, rows), dtype=bool)
    members = np.zeros((n_groups, rows), dtype=bool)
    for group, block in enumerate(np.array_split(np.arange(rows), n_groups)):
        start, end = t0[block].min(), t1[block].max()
        members[group, block] = True
        held_out[group] = (t0 <= end) & (t1 >= start)
        reached = int(np.flatnonzero(t0 <= end)[-1])
        held_out[group, reached + 1 : reached + 1 + wait] = True
    splits = list(itertools.combinations(range(n_groups), k_test))
    test = np.column_stack([members[list(split)].any(axis=0) for split in splits])
    train = np.column_stack([~held_out[list(split)].any(axis=0) for split in splits])
    paths = np.float64(len(splits) * k_test // n_groups)
    return train.astype(np.float64), test.astype(np.float64), paths


def _platt(score: Any, outcome: Any) -> Any:
    """Newton's method on the likelihood of smoothed targets (Lin, Lin and Weng 2007)."""
    positives = outcome.sum()
    negatives = len(outcome) - positives
    target = np.where(outcome > 0.5, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    # Centred and scaled, both columns weigh alike; without a spread the slope stays 0.
    spread = score.std() or 1.0
    x = np.column_stack([(score - score.mean()) / spread, np.ones(len(score))])

    def loss(logit: Any) -> float:
        return float((np.logaddexp(0.0, logit) - target * logit).sum())

    beta = np.array([0.0, math.log((positives + 1.0) / (negatives + 1.0))])
    best = loss(x @ beta)
    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-(x @ beta)))
        gradient = x.T @ (target - p)
        step = np.linalg.lstsq((x * (p * (1.0 - p))[:, None]).T @ x, gradient, rcond=None)[0]
        # Near the optimum the loss is flat to rounding long before the parameters are exact: a step may not be refused
        # for the last digits of the loss.
        while loss(x @ (beta + step)) > best * (1.0 + 1e-12) and np.abs(step).max() > 1e-8:
            step = 0.5 * step
        beta = beta + step
        best = loss(x @ beta)
        if np.abs(step).max() <= 1e-14 * (1.0 + np.abs(beta).max()):
            break
    return 1.0 / (1.0 + np.exp(-(x @ beta)))


def _isotonic(score: Any, outcome: Any) -> Any:
    """Pool adjacent violators: neighbours out of order share their mean."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    blocks: list[tuple[float, int, int]] = []  # sum of outcomes, rows, distinct scores
    for total, rows in zip(np.bincount(place, weights=outcome), counts, strict=True):
        block = (float(total), int(rows), 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return np.repeat([total / rows for total, rows, _ in blocks], [scores for *_, scores in blocks])[place]


@estimator("platt_isotonic")
def platt_isotonic(score: Any, outcome: Any, *, method: str, min_obs: int) -> Any:
    """Scores as probabilities, fitted to how they came out.

    Raises:
        ConfigError: an outcome is neither 0 nor 1.
    """
    del min_obs  # the warm-up, which the caller sees to
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise ConfigError(
            "platt_isotonic: outcome must be 0 or 1 in every row", hint="clean the labels first"
        )
    return _platt(score, outcome) if method == "platt" else _isotonic(score, outcome)
