"""Regimes and breaks found in a whole sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator

__all__ = ["absorption_ratio", "chow_supf", "hmm_baum_welch", "pelt", "sadf"]


@estimator("hmm_baum_welch")
def hmm_baum_welch(returns: Any, n_states: int, min_obs: int, iters: int, tol: float) -> tuple[Any, ...]:
    """Start, transitions, means, variances and log-likelihood of a Gaussian hidden Markov model, by EM."""
    spread = float(returns.var())
    if spread == 0.0:
        nothing = np.full(n_states, np.nan)
        return nothing, np.full(n_states * n_states, np.nan), nothing, nothing, np.nan
    mean = np.quantile(returns, (np.arange(n_states) + 0.5) / n_states)
    var, start = np.full(n_states, spread), np.full(n_states, 1.0 / n_states)
    transition = np.full((n_states, n_states), 0.1 / (n_states - 1))
    np.fill_diagonal(transition, 0.9)
    loglik = -np.inf
    for _ in range(iters):
        gamma, xi, now = _expect(returns, start, transition, mean, var)
        if now - loglik < tol:
            loglik = now
            break
        loglik = now
        start, mass = gamma[0], gamma.sum(axis=0)
        transition = xi / xi.sum(axis=1, keepdims=True)
        mean = gamma.T @ returns / mass
        var = np.array([gamma[:, k] @ (returns - mean[k]) ** 2 for k in range(n_states)]) / mass
        var = np.maximum(var, 1e-12 * spread)
    else:
        loglik = _expect(returns, start, transition, mean, var)[2]
    order = np.argsort(var, kind="stable")
    return start[order], transition[np.ix_(order, order)].ravel(), mean[order], var[order], loglik


def _expect(x: Any, start: Any, transition: Any, mean: Any, var: Any) -> tuple[Any, Any, float]:
    """Smoothed probabilities, expected transitions and log-likelihood, by scaled passes forward and backward."""
    logs = -0.5 * (np.log(2.0 * np.pi * var) + (x[:, None] - mean) ** 2 / var)
    peak = logs.max(axis=1)
    density = np.exp(logs - peak[:, None])
    n, k = density.shape
    alpha, beta, scale = np.empty((n, k)), np.ones((n, k)), np.empty(n)
    for t in range(n):
        prior = alpha[t - 1] @ transition if t else start
        alpha[t] = prior * density[t]
        scale[t] = alpha[t].sum()
        alpha[t] /= scale[t]
    for t in range(n - 2, -1, -1):
        beta[t] = transition @ (density[t + 1] * beta[t + 1]) / scale[t + 1]
    later = density[1:] * beta[1:] / scale[1:, None]
    return alpha * beta, transition * (alpha[:-1].T @ later), float(np.log(scale).sum() + peak.sum())


@estimator("pelt")
def pelt(signal: Any, min_obs: int, penalty: float, min_size: int) -> tuple[Any, float]:
    """First rows of the new segments, and what the best segmentation costs."""
    n = len(signal)
    if n < min_size:
        return np.empty(0), np.nan
    centred = signal - signal.mean()
    sums = np.concatenate([[0.0], np.cumsum(centred)])
    squares = np.concatenate([[0.0], np.cumsum(centred**2)])
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.int64)
    best[0] = -penalty
    starts, expiry = np.array([0]), np.array([n + 1])
    for end in range(min_size, n + 1):
        if end >= 2 * min_size:
            starts, expiry = np.append(starts, end - min_size), np.append(expiry, n + 1)
        keep = expiry > end
        starts, expiry = starts[keep], expiry[keep]
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        total = best[starts] + np.maximum(cost, 0.0)
        place = int(np.argmin(total))
        best[end], last[end] = total[place] + penalty, starts[place]
        # What loses to a change here can be given up for all ends that a segment from here reaches.
        expiry = np.where(total > best[end], np.minimum(expiry, end + min_size), expiry)
    points = []
    end = n
    while end > 0:
        end = int(last[end])
        if end > 0:
            points.append(float(end))
    return np.array(points[::-1]), float(best[n])


@estimator("chow_supf")
def chow_supf(x: Any, y: Any, min_obs: int, trim: float) -> tuple[float, float]:
    """The largest Chow statistic of a line that breaks, and the first row after the break."""
    n = len(x)
    breaks = np.arange(int(np.ceil(trim * n)), int(np.floor((1.0 - trim) * n)) + 1)
    breaks = breaks[(breaks >= 2) & (breaks <= n - 2)]
    x, y = x - x.mean(), y - y.mean()
    sums = np.cumsum(np.stack([np.ones(n), x, y, x * x, x * y, y * y]), axis=1)
    whole, before = sums[:, -1], sums[:, breaks - 1]
    split = _residuals(before) + _residuals(whole[:, None] - before)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = ((_residuals(whole) - split) / 2.0) / (split / (n - 4))
    if np.isnan(f).all():
        return np.nan, np.nan
    place = int(np.nanargmax(f))
    return max(float(f[place]), 0.0), float(breaks[place])


def _residuals(sums: Any) -> Any:
    """Squared residuals of a line, from n and the sums of x, y, xx, xy and yy."""
    n, x, y, xx, xy, yy = sums
    spread_x, spread_y, both = xx - x * x / n, yy - y * y / n, xy - x * y / n
    explained = np.divide(both**2, spread_x, out=np.zeros_like(both), where=spread_x > 1e-12 * xx)
    return np.maximum(spread_y - explained, 0.0)


@estimator("sadf")
def sadf(price: Any, min_obs: int, r0: int, lags: int, generalized: bool) -> tuple[float, Any]:
    """The largest right-tailed Dickey-Fuller statistic, and for each row the largest of the windows that end there."""
    n = len(price)
    bsadf = np.full(n, np.nan)
    if (price <= 0.0).any():
        return np.nan, bsadf
    shortest = max(r0 or int(n * (0.01 + 1.8 / np.sqrt(n))), 2 * lags + 4)
    x = np.log(price)
    x = x - x.mean()
    moves = np.diff(x)
    # Row i is of the move from x[i + lags] on.
    rows = [np.ones(n - 1 - lags), x[lags:-1]] + [moves[lags - k : n - 1 - k] for k in range(1, lags + 1)]
    design, target = np.column_stack(rows), moves[lags:]
    left = np.concatenate(
        [np.zeros((1, lags + 2, lags + 2)), np.cumsum(design[:, :, None] * design[:, None, :], 0)]
    )
    right = np.concatenate([np.zeros((1, lags + 2)), np.cumsum(design * target[:, None], 0)])
    total = np.concatenate([[0.0], np.cumsum(target**2)])
    anchored = -np.inf
    for end in range(shortest, n):
        starts, stop = np.arange(end - shortest + 1), end - lags
        stats = _dickey_fuller(left[stop] - left[starts], right[stop] - right[starts], total[stop] - total[starts],
                               stop - starts)  # fmt: skip
        bsadf[end] = np.nanmax(stats) if not np.isnan(stats).all() else np.nan
        anchored = max(anchored, float(stats[0])) if not np.isnan(stats[0]) else anchored
    best = np.nanmax(bsadf) if not np.isnan(bsadf).all() else np.nan
    return float(best) if generalized else (anchored if np.isfinite(anchored) else np.nan), bsadf


def _dickey_fuller(left: Any, right: Any, total: Any, count: Any) -> Any:
    """t-statistics of the lagged level in many regressions."""
    if left.shape[1] == 2:
        ones, level, square = left[:, 0, 0], left[:, 0, 1], left[:, 1, 1]
        spread = square - level**2 / ones
        slope = (right[:, 1] - level * right[:, 0] / ones) / spread
        rest = total - right[:, 0] ** 2 / ones - slope**2 * spread
        return slope / np.sqrt(rest / (count - 2) / spread)
    inverse = np.linalg.inv(left)
    beta = np.einsum("tij,tj->ti", inverse, right)
    rest = total - np.einsum("ti,ti->t", beta, right)
    return beta[:, 1] / np.sqrt(rest / (count - left.shape[1]) * inverse[:, 1, 1])


@estimator("absorption_ratio")
def absorption_ratio(returns: Any, window: int, frac: float) -> float:
    """Share of the variance of the last rows that the first principal components take."""
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(returns[-window:], rowvar=False, ddof=1)))
    first = max(1, int(np.floor(frac * len(values) + 0.5)))
    total = values.sum()
    return float(values[-first:].sum() / total) if total > 0.0 else np.nan
