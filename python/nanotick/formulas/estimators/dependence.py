"""Dependence over a whole sample: distances, shrunk covariances, lead and lag."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator

__all__ = [
    "distance_correlation",
    "lead_lag_hy",
    "ledoit_wolf",
    "partial_corr",
    "rmt_denoise",
]

#: Numbers in a block of distances: all pairs at once would not fit into memory.
_BLOCK = 1 << 21


@estimator("distance_correlation")
def distance_correlation(x: Any, y: Any, *, min_obs: int) -> float:
    """Distance correlation of all pairs so far, block by block."""
    n = len(x)
    means_x, means_y = _mean_distances(x), _mean_distances(y)
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return 0.0
    products = np.zeros(3)
    step = max(1, _BLOCK // n)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        a = np.abs(x[rows, None] - x) - means_x[rows, None] - means_x + means_x.mean()
        b = np.abs(y[rows, None] - y) - means_y[rows, None] - means_y + means_y.mean()
        products += (a * b).sum(), (a * a).sum(), (b * b).sum()
    covariance, variance_x, variance_y = products
    return float(np.sqrt(max(covariance, 0.0) / np.sqrt(variance_x * variance_y)))


def _mean_distances(values: Any) -> Any:
    """Of each value to all: by sorting, in place of a table of distances."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    ascending = values[order] - values[order[0]]
    below = np.cumsum(ascending) - ascending
    places = np.arange(n)
    total = ascending.sum()
    distances = np.empty(n)
    distances[order] = ascending * places - below + (total - below - ascending) - ascending * (n - 1 - places)
    return distances / n


@estimator("lead_lag_hy")
def lead_lag_hy(
    x: Any, y: Any, t_s: Any, *, max_lag_s: float, step_s: float, window: int
) -> tuple[float, float, float]:
    """Shift of y against x with the largest Hayashi-Yoshida correlation: positive if x leads."""
    # Whole nanoseconds: whether intervals touch or overlap must not hang on a rounded sum.
    times = np.rint((t_s - t_s[0]) * 1e9).astype(np.int64)
    (starts_x, ends_x, changes_x), (starts_y, ends_y, changes_y) = _returns(x, times), _returns(y, times)
    spread = np.sqrt((changes_x**2).sum() * (changes_y**2).sum())
    if not spread > 0.0:
        return 0.0, 0.0, float("nan")
    step = max(1, round(step_s * 1e9))
    most = int(max_lag_s * 1e9 + 0.5) // step
    lags = np.arange(-most, most + 1) * step
    level = np.concatenate([[0.0], np.cumsum(changes_y)])
    correlations = np.empty(len(lags))
    for place, lag in enumerate(lags):
        first = np.searchsorted(ends_y - lag, starts_x, side="right")
        after = np.searchsorted(starts_y - lag, ends_x, side="left")
        correlations[place] = changes_x @ (level[np.maximum(after, first)] - level[first]) / spread
    # Of equal ones the shortest shift.
    by_size = np.argsort(np.abs(lags), kind="stable")
    best = by_size[np.abs(correlations[by_size]).argmax()]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.float64((correlations[most + 1 :] ** 2).sum()) / (correlations[:most] ** 2).sum()
    return float(lags[best]) / 1e9, float(correlations[best]), float(ratio)


def _returns(prices: Any, times: Any) -> tuple[Any, Any, Any]:
    """Start, end and size of each log return of a price that is not there in every row; of one time, the last."""
    there = ~np.isnan(prices)
    prices, times = prices[there], times[there]
    last = np.append(times[1:] != times[:-1], True)[: len(times)]
    logs, times = np.log(prices[last]), times[last]
    return times[:-1], times[1:], np.diff(logs)


def _centred(returns: Any) -> Any:
    """Less the means. About the first row: of equal values nothing is left, not even rounding."""
    moved = returns - returns[0]
    return moved - moved.mean(axis=0)


@estimator("partial_corr")
def partial_corr(returns: Any, *, window: int, ridge: float) -> Any:
    """Correlation of each two assets given all others."""
    centred = _centred(returns)
    covariance = centred.T @ centred / len(returns)
    assets = len(covariance)
    covariance += ridge * np.trace(covariance) / assets * np.eye(assets)
    scale = np.sqrt(np.diag(covariance))
    unknown = np.full((assets, assets), np.nan)
    if not (scale > 0.0).all():
        return unknown
    # In units of the deviations: what is singular then does not hang on the units.
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    if values[0] <= assets * np.finfo(np.float64).eps * values[-1]:
        return unknown
    precision = (vectors / values) @ vectors.T
    diagonal = np.sqrt(np.diag(precision))
    partial = np.clip(-precision / np.outer(diagonal, diagonal), -1.0, 1.0)
    np.fill_diagonal(partial, 1.0)
    return partial


@estimator("ledoit_wolf")
def ledoit_wolf(returns: Any, *, window: int) -> tuple[Any, float]:
    """Covariance shrunk towards a multiple of the identity, and by how much."""
    rows, assets = returns.shape
    centred = _centred(returns)
    covariance = centred.T @ centred / rows
    target = np.trace(covariance) / assets * np.eye(assets)
    distance = float(((covariance - target) ** 2).sum()) / assets
    # ||x x' - S||^2 = (x'x)^2 - 2 x'S x + ||S||^2; the middle ones add up to 2 T ||S||^2.
    lengths = (centred**2).sum(axis=1)
    noise = (float(lengths @ lengths) / rows - float((covariance**2).sum())) / (rows * assets)
    delta = min(max(noise, 0.0) / distance, 1.0) if distance > 0.0 else 0.0
    return delta * target + (1.0 - delta) * covariance, delta


@estimator("rmt_denoise")
def rmt_denoise(returns: Any, *, window: int) -> tuple[Any, float, float]:
    """Correlation without the eigenvalues that noise alone would have, their number above that, and the bound."""
    rows, assets = returns.shape
    bound = (1.0 + np.sqrt(assets / rows)) ** 2
    centred = _centred(returns)
    covariance = centred.T @ centred
    deviations = np.sqrt(np.diag(covariance))
    inverse = np.divide(1.0, deviations, out=np.zeros(assets), where=deviations > 0.0)
    correlation = covariance * np.outer(inverse, inverse)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    is_noise = values <= bound
    if is_noise.any():
        values = np.where(is_noise, values[is_noise].mean(), values)
    rebuilt = (vectors * values) @ vectors.T
    scale = np.sqrt(np.diag(rebuilt))
    rebuilt /= np.outer(scale, scale)
    np.fill_diagonal(rebuilt, 1.0)
    return rebuilt, float((~is_noise).sum()), float(bound)
