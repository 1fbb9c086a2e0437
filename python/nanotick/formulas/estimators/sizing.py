"""Position sizing over whole arrays."""

from __future__ import annotations

from typing import Any

from nanotick.formulas.estimators import estimator, library

__all__ = ["kelly_empirical", "kelly_multi"]


@estimator("kelly_empirical")
def kelly_empirical(returns: Any, *, window: int, cap: float) -> tuple[float, float]:
    """The leverage that would have made the mean log growth of these returns largest."""
    import numpy as np

    optimize = library("scipy.optimize")
    sample = returns[-window:]

    def slope(f: float) -> float:
        return float((sample / (1.0 + f * sample)).mean())

    direction = float(np.sign(slope(0.0)))
    # The worst return in this direction is ruin at f = 1 / -worst; short of it the slope is as steep as it gets.
    worst = float((direction * sample).min())
    limit = cap if cap * -worst < 1.0 else (1.0 - 1e-12) / -worst
    f = direction * limit
    if direction != 0.0 and direction * slope(f) < 0.0:
        f = optimize.brentq(slope, *sorted((0.0, f)), xtol=1e-15, rtol=1e-14)
    return f, float(np.log1p(f * sample).mean())


@estimator("kelly_multi")
def kelly_multi(returns: Any, *, window: int, rf: float, ridge: float, frac: float) -> tuple[Any, float]:
    """Growth-optimal weights of several assets. NaN where their covariance is singular."""
    import numpy as np

    sample = returns[-window:]
    excess = sample.mean(axis=0) - rf
    # About a row of their own, so that assets that never move have a covariance of 0 and not of rounding.
    covariance = np.atleast_2d(np.cov(sample - sample[-1], rowvar=False))
    assets = len(excess)
    loaded = covariance + ridge * np.trace(covariance) / assets * np.eye(assets)
    try:
        factor = np.linalg.cholesky(loaded)
    except np.linalg.LinAlgError:
        return np.full(assets, np.nan), float(np.nan)
    f = frac * np.linalg.solve(factor.T, np.linalg.solve(factor, excess))
    return f, float(rf + f @ excess - 0.5 * f @ covariance @ f)
