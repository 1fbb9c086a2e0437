"""Risk measures over whole arrays."""

from __future__ import annotations

from typing import Any

from nanotick.formulas.estimators import estimator, library

__all__ = ["gpd_pot"]

#: Fewer excesses than this say nothing about two parameters.
_FEWEST_EXCESSES = 5


@estimator("gpd_pot")
def gpd_pot(returns: Any, *, window: int, q: float, alpha: float) -> tuple[float, float, float, float]:
    """Value at risk and expected shortfall beyond a high threshold, from a generalised Pareto law of the excesses.

    All NaN if the threshold is not exceeded often enough for `alpha`, or the likelihood has no maximum with xi > -1.
    """
    import numpy as np

    losses = -returns[-window:]
    threshold = float(np.quantile(losses, q))
    excesses = losses[losses > threshold] - threshold
    share = len(excesses) / len(losses)
    if len(excesses) < _FEWEST_EXCESSES or alpha > share:
        return np.nan, np.nan, np.nan, np.nan
    scale = float(excesses.mean())
    slope = _pareto_slope(excesses / scale)
    xi = float(np.log1p(slope * excesses / scale).mean())
    beta = scale * (xi / slope if slope != 0.0 else 1.0)
    beyond = np.log(share / alpha)
    var = threshold + beta * (float(np.expm1(xi * beyond)) / xi if xi != 0.0 else beyond)
    shortfall = np.inf if xi >= 1.0 else (var + beta - xi * threshold) / (1.0 - xi)
    return xi, beta, float(var), float(shortfall)


def _pareto_slope(excesses: Any) -> float:
    """The xi/beta that maximises the likelihood of excesses of mean 1, profiled over xi (Grimshaw 1993)."""
    import numpy as np

    optimize = library("scipy.optimize")

    def log_mean(slope: float) -> Any:
        return np.log1p(slope * excesses).mean()

    def score(slope: float) -> Any:
        """Derivative of the profile likelihood, per excess; at 0 its limit."""
        if slope == 0.0:
            return 0.5 * (excesses**2).mean() - 1.0
        log_slope = (excesses / (1.0 + slope * excesses)).mean()
        return 1.0 / slope - log_slope / log_mean(slope) - log_slope

    def likelihood(slope: float) -> Any:
        xi = log_mean(slope)
        return -np.log(xi / slope) - xi if slope != 0.0 else 0.0

    least = -1.0 / excesses.max()
    below = least * (1.0 - np.geomspace(1e-9, 0.999, 60))
    above = np.geomspace(1e-3, 1e3, 90)
    grid = [float(slope) for slope in (*below, 0.0, *above) if slope == 0.0 or log_mean(slope) > -1.0]
    scores = [score(slope) for slope in grid]
    peaks = [
        optimize.brentq(score, grid[place], grid[place + 1], xtol=1e-14)
        for place in range(len(grid) - 1)
        if scores[place] > 0.0 >= scores[place + 1]
    ]
    return max(peaks, key=likelihood, default=np.nan)
