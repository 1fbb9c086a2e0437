"""Forecasts fitted to a whole sample: autoregressions and boosted trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator

__all__ = ["ar_burg", "gbdt_logistic"]


@estimator("ar_burg")
def ar_burg(returns: Any, order: int, min_obs: int, method: str) -> tuple[Any, float, float]:
    """Coefficients, innovation variance and the next value of an autoregression."""
    centred = returns - returns.mean()
    if order >= len(centred):
        return np.full(order, np.nan), np.nan, np.nan
    phi, sigma2 = _burg(centred, order) if method == "burg" else _yule_walker(centred, order)
    return phi, sigma2, float(returns.mean() + phi @ centred[: -order - 1 : -1])


def _extended(phi: Any, reflection: float) -> Any:
    """Levinson's step: the coefficients of one order more."""
    return np.append(phi - reflection * phi[::-1], reflection)


def _burg(x: Any, order: int) -> tuple[Any, float]:
    forward, backward = x[1:], x[:-1]
    phi, sigma2 = np.empty(0), float(x @ x) / len(x)
    for _ in range(order):
        power = float(forward @ forward + backward @ backward)
        reflection = 2.0 * float(forward @ backward) / power if power > 0.0 else 0.0
        phi, sigma2 = _extended(phi, reflection), sigma2 * (1.0 - reflection**2)
        forward, backward = (forward - reflection * backward)[1:], (backward - reflection * forward)[:-1]
    return phi, sigma2


def _yule_walker(x: Any, order: int) -> tuple[Any, float]:
    covariance = np.array([x[lag:] @ x[: len(x) - lag] for lag in range(order + 1)]) / len(x)
    phi, sigma2 = np.empty(0), float(covariance[0])
    for lag in range(1, order + 1):
        rest = (
            float(covariance[lag] - phi @ covariance[lag - 1 : 0 : -1]) if lag > 1 else float(covariance[1])
        )
        reflection = rest / sigma2 if sigma2 > 0.0 else 0.0
        phi, sigma2 = _extended(phi, reflection), sigma2 * (1.0 - reflection**2)
    return phi, sigma2


@estimator("gbdt_logistic")
def gbdt_logistic(
    x: Any,
    label: Any,
    n_trees: int,
    depth: int,
    lr: float,
    l2: float,
    bins: int,
    min_child: int,
    min_obs: int,
) -> tuple[Any, Any]:
    """Probability and logit of each row of the sample, from trees that were grown on it."""
    x = x.reshape(len(label), -1)
    codes = np.column_stack([_codes(column, bins) for column in x.T])
    mean = label.mean()
    if mean in (0.0, 1.0):
        return np.full(len(label), mean), np.full(len(label), np.inf if mean else -np.inf)
    logit = np.full(len(label), np.log(mean / (1.0 - mean)))
    for _ in range(n_trees):
        prob = 1.0 / (1.0 + np.exp(-logit))
        grower = _Grower(codes, prob - label, prob * (1.0 - prob), l2, min_child, bins)
        step = np.zeros(len(label))
        grower.grow(np.arange(len(label)), depth, step)
        logit = logit + lr * step
    return 1.0 / (1.0 + np.exp(-logit)), logit


def _codes(column: Any, bins: int) -> Any:
    """Bins by quantiles; a missing value is in the lowest, and so goes left at every split."""
    known = column[~np.isnan(column)]
    if len(known) == 0:
        return np.zeros(len(column), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins))
    return np.where(np.isnan(column), 0, np.searchsorted(edges, column, side="right"))


class _Grower:
    """One tree on gradients and curvatures."""

    def __init__(
        self, codes: Any, gradient: Any, curvature: Any, l2: float, min_child: int, bins: int
    ) -> None:
        self.codes, self.gradient, self.curvature = codes, gradient, curvature
        self.l2, self.min_child, self.bins = l2, min_child, bins

    def grow(self, rows: Any, depth: int, out: Any) -> None:
        """Writes the leaves' values to the rows that fall into them."""
        split = self._best_split(rows) if depth else None
        if split is None:
            out[rows] = -self.gradient[rows].sum() / (self.curvature[rows].sum() + self.l2)
            return
        feature, code = split
        left = self.codes[rows, feature] <= code
        self.grow(rows[left], depth - 1, out)
        self.grow(rows[~left], depth - 1, out)

    def _best_split(self, rows: Any) -> tuple[int, int] | None:
        best, place = 0.0, None
        g, h = self.gradient[rows], self.curvature[rows]
        whole = g.sum() ** 2 / (h.sum() + self.l2)
        for feature in range(self.codes.shape[1]):
            codes = self.codes[rows, feature]
            count = np.cumsum(np.bincount(codes, minlength=self.bins))[:-1]
            left_g = np.cumsum(np.bincount(codes, g, self.bins))[:-1]
            left_h = np.cumsum(np.bincount(codes, h, self.bins))[:-1]
            right_g, right_h = g.sum() - left_g, h.sum() - left_h
            fits = (count >= self.min_child) & (len(rows) - count >= self.min_child)
            if not fits.any():
                continue
            # Without a penalty an empty side is 0/0; it does not fit.
            with np.errstate(divide="ignore", invalid="ignore"):
                gain = 0.5 * (left_g**2 / (left_h + self.l2) + right_g**2 / (right_h + self.l2) - whole)
            gain = np.where(fits, gain, -np.inf)
            code = int(np.argmax(gain))
            if gain[code] > best:
                best, place = float(gain[code]), (feature, code)
        return place
