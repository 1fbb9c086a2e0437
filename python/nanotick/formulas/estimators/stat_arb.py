"""Unit roots, cointegration, long memory and causality: tests over a whole sample."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nanotick.errors import ConfigError
from nanotick.formulas.estimators import estimator, library

__all__ = [
    "adf",
    "arch_lm",
    "dfa",
    "engle_granger",
    "generalized_hurst",
    "granger_causality",
    "hurst_rs",
    "johansen",
    "kpss",
    "pca_sscore",
]

#: Kwiatkowski et al. (1992), table 1: the statistic that the upper tail of each probability starts at.
_KPSS_TAILS = (0.10, 0.05, 0.025, 0.01)
_KPSS_CRITICAL = {"c": (0.347, 0.463, 0.574, 0.739), "ct": (0.119, 0.146, 0.176, 0.216)}

#: A residual sum of squares of so small a share of the total is what rounding leaves of none.
_EXACT = 1e-24


class _Fit(NamedTuple):
    """Least squares of one column on several."""

    coefficients: Any
    residuals: Any
    #: Standard errors of the coefficients.
    errors: Any

    @property
    def ssr(self) -> float:
        return float(self.residuals @ self.residuals)


def _least_squares(y: Any, regressors: list[Any]) -> _Fit:
    """By QR, with each column scaled first: prices and trends differ by many powers of ten."""
    table = np.column_stack(regressors)
    norms = np.sqrt((table**2).sum(axis=0))
    norms[norms == 0.0] = 1.0
    q, r = np.linalg.qr(table / norms)
    freedom = len(y) - table.shape[1]
    diagonal = np.abs(np.diag(r))
    if freedom <= 0 or diagonal.min() <= 1e-13 * diagonal.max():
        unknown = np.full(table.shape[1], np.nan)
        return _Fit(unknown, np.full(len(y), np.nan), unknown)
    inverse = np.linalg.solve(r, np.eye(len(r)))
    coefficients = inverse @ (q.T @ y)
    residuals = y - (table / norms) @ coefficients
    variance = residuals @ residuals / freedom
    return _Fit(coefficients / norms, residuals, np.sqrt(variance * (inverse**2).sum(axis=1)) / norms)


def _lagged(values: Any, lags: int) -> list[Any]:
    """The values 1 to `lags` steps before each of the values from `lags` on."""
    n = len(values)
    return [values[lags - lag : n - lag] for lag in range(1, lags + 1)]


def _deterministics(trend: str, rows: int) -> list[Any]:
    """No column, a constant, or a constant and a straight line about zero."""
    columns = [np.ones(rows), np.linspace(-1.0, 1.0, rows)]
    return columns[: len(trend.strip("n"))]


def _dickey_fuller(levels: Any, lags: int, trend: str) -> float:
    """The t-statistic of the level in the regression of differences on it and on their own lags."""
    changes = np.diff(levels)
    rows = len(changes) - lags
    # About the first value: with a constant in the regression that changes nothing but the digits that are left.
    levels = levels - levels[0] if trend != "n" else levels
    regressors = [levels[lags:-1], *_lagged(changes, lags), *_deterministics(trend, rows)]
    fit = _least_squares(changes[lags:], regressors)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(fit.coefficients[0] / fit.errors[0])


def _mackinnon(stat: float, trend: str, series: int) -> float:
    if np.isnan(stat):
        return float("nan")
    return float(library("statsmodels.tsa.adfvalues").mackinnonp(stat, regression=trend, N=series))


@estimator("adf")
def adf(price: Any, *, min_obs: int, lags: int, trend: str) -> tuple[float, float]:
    """Augmented Dickey-Fuller t-statistic and its p-value on MacKinnon's response surface."""
    stat = _dickey_fuller(price, lags, trend)
    return stat, _mackinnon(stat, trend, 1)


@estimator("kpss")
def kpss(price: Any, *, min_obs: int, lags: int, trend: str) -> tuple[float, float]:
    """KPSS statistic and its p-value, which the published table bounds to 0.01 to 0.10."""
    n = len(price)
    regressors = _deterministics(trend, n)
    # About the first value, so that equal prices leave no residuals at all.
    residuals = _least_squares(price - price[0], regressors).residuals
    lags = min(int(np.ceil(12.0 * (n / 100.0) ** 0.25)) if lags < 0 else lags, n - 1)
    long_run = float(residuals @ residuals)
    for lag in range(1, lags + 1):
        long_run += 2.0 * (1.0 - lag / (lags + 1.0)) * float(residuals[lag:] @ residuals[:-lag])
    if not long_run > 0.0:
        return float("nan"), float("nan")
    stat = float((np.cumsum(residuals) ** 2).sum() / (n * long_run))
    return stat, float(np.interp(stat, _KPSS_CRITICAL[trend], _KPSS_TAILS))


@estimator("engle_granger")
def engle_granger(x: Any, y: Any, *, min_obs: int, lags: int) -> tuple[float, float, float, float]:
    """Dickey-Fuller statistic of the residuals of y on x, the hedge ratio, the constant and the p-value."""
    base_x, base_y = x[0], y[0]
    fit = _least_squares(y - base_y, [x - base_x, np.ones(len(x))])
    beta, shift = (float(value) for value in fit.coefficients)
    alpha = float(base_y + shift - beta * base_x)
    spread = y - y.mean()
    if fit.ssr <= _EXACT * float(spread @ spread):
        return float("-inf"), beta, alpha, 0.0
    stat = _dickey_fuller(fit.residuals, lags, "n")
    return stat, beta, alpha, _mackinnon(stat, "c", 2)


@estimator("johansen")
def johansen(prices: Any, *, min_obs: int, det_order: int, k_ar_diff: int) -> tuple[Any, Any, Any, Any]:
    """Eigenvalues, trace and maximum-eigenvalue statistics, and the cointegrating vectors as columns."""
    levels = prices - prices[0]
    if det_order >= 0:
        levels = _without(levels, _polynomials(len(levels), det_order))
    changes = np.diff(levels, axis=0)
    rows = len(changes) - k_ar_diff
    lagged = [column for asset in changes.T for column in _lagged(asset, k_ar_diff)]
    known = ([np.ones(rows)] if det_order >= 0 else []) + lagged
    r0, r1 = changes[k_ar_diff:], levels[k_ar_diff:-1]
    if known:
        r0, r1 = _without(r0, np.column_stack(known)), _without(r1, np.column_stack(known))
    # With both sides orthonormal the eigenvalues are squared cosines: never above 1, and no matrix is squared.
    (q0, _), (q1, factor) = np.linalg.qr(r0), np.linalg.qr(r1)
    _, cosines, right = np.linalg.svd(q0.T @ q1)
    beta = np.linalg.solve(factor, right.T) * np.sqrt(rows)
    largest = beta[np.abs(beta).argmax(axis=0), np.arange(len(beta))]
    beta *= np.sign(largest)
    eigenvalues = cosines**2
    max_eig = -rows * np.log1p(-eigenvalues)
    return eigenvalues, np.cumsum(max_eig[::-1])[::-1], max_eig, beta


def _polynomials(rows: int, order: int) -> Any:
    return np.vander(np.linspace(-1.0, 1.0, rows), order + 1)


def _without(values: Any, regressors: Any) -> Any:
    """What least squares on the regressors leaves."""
    q, _ = np.linalg.qr(regressors / np.sqrt((regressors**2).sum(axis=0)))
    return values - q @ (q.T @ values)


def _slope(x: Any, y: Any) -> float:
    """Of the least-squares line; NaN for fewer than two points."""
    if len(x) < 2:
        return float("nan")
    x = x - x.mean()
    return float(x @ y / (x @ x))


@estimator("hurst_rs")
def hurst_rs(returns: Any, *, min_obs: int, min_chunk: int) -> tuple[float, float]:
    """Hurst exponent by rescaled range, plain and corrected for small chunks after Anis, Lloyd and Peters."""
    chunks, scales = [], []
    chunk = min_chunk
    while chunk <= len(returns) // 2:
        blocks = returns[: len(returns) // chunk * chunk].reshape(-1, chunk)
        # About the first value: blocks of equal values have no deviation, not even by rounding.
        blocks = blocks - blocks[:, :1]
        blocks = blocks - blocks.mean(axis=1, keepdims=True)
        walk = np.cumsum(blocks, axis=1)
        spread = np.sqrt((blocks**2).mean(axis=1))
        extent = np.maximum(walk.max(axis=1), 0.0) - np.minimum(walk.min(axis=1), 0.0)
        if (spread > 0.0).any():
            chunks.append(chunk)
            scales.append((extent[spread > 0.0] / spread[spread > 0.0]).mean())
        chunk *= 2
    x, y = np.log(np.array(chunks, dtype=np.float64)), np.log(np.array(scales))
    expected = np.log([_expected_range(m) for m in chunks])
    return _slope(x, y), 0.5 + _slope(x, y - expected)


def _expected_range(m: int) -> float:
    """E(R/S) of m independent values."""
    gammaln = library("scipy.special").gammaln
    places = np.arange(1.0, m)
    ratio = np.exp(gammaln((m - 1) / 2) - gammaln(m / 2)) / np.sqrt(np.pi)
    return float((m - 0.5) / m * ratio * np.sqrt((m - places) / places).sum())


@estimator("dfa")
def dfa(returns: Any, *, min_obs: int, order: int, min_box: int) -> float:
    """Exponent of detrended fluctuations."""
    # About the first value, so that equal returns make no walk, not even by rounding.
    moved = returns - returns[0]
    walk = np.cumsum(moved - moved.mean())
    boxes, fluctuations = [], []
    for box in _box_sizes(max(min_box, order + 2), len(returns) // 4):
        blocks = walk[: len(walk) // box * box].reshape(-1, box)
        basis, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, box), order + 1))
        residuals = blocks - (blocks @ basis) @ basis.T
        boxes.append(box)
        fluctuations.append(np.sqrt((residuals**2).mean()))
    with np.errstate(divide="ignore", invalid="ignore"):
        return _slope(np.log(np.array(boxes, dtype=np.float64)), np.log(np.array(fluctuations)))


def _box_sizes(smallest: int, largest: int) -> list[int]:
    """The whole parts of smallest * 1.2^k, each once."""
    sizes: list[int] = []
    size = float(smallest)
    while int(size) <= largest:
        if not sizes or int(size) > sizes[-1]:
            sizes.append(int(size))
        size *= 1.2
    return sizes


@estimator("generalized_hurst")
def generalized_hurst(price: Any, *, min_obs: int, q: float, max_lag: int) -> float:
    """Scaling exponent of the q-th moment of log price changes."""
    if not (price > 0.0).all():
        return float("nan")
    logs = np.log(price)
    lags = np.arange(1, min(max_lag, len(logs) - 1) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        moments = np.log([(np.abs(logs[lag:] - logs[:-lag]) ** q).mean() for lag in lags])
        return _slope(np.log(lags), moments) / q


@estimator("arch_lm")
def arch_lm(returns: Any, *, min_obs: int, lags: int) -> tuple[float, float]:
    """Engle's Lagrange multiplier for conditional heteroskedasticity."""
    squares = (returns - returns.mean()) ** 2
    # In units of their mean: the squares of returns are tiny, and only ratios matter.
    scale = squares.mean()
    if not scale > 0.0:
        return float("nan"), float("nan")
    squares = squares / scale
    newest = squares[lags:]
    fit = _least_squares(newest, [np.ones(len(newest)), *_lagged(squares, lags)])
    spread = newest - newest.mean()
    total = float(spread @ spread)
    statistic = len(newest) * (1.0 - fit.ssr / total) if total > 0.0 else float("nan")
    return statistic, float(library("scipy.stats").chi2.sf(statistic, lags))


@estimator("granger_causality")
def granger_causality(x: Any, y: Any, *, min_obs: int, lags: int) -> tuple[float, float]:
    """F statistic and p-value of the hypothesis that past x says nothing about y that past y does not."""
    own = [np.ones(len(y) - lags), *_lagged(y - y[0], lags)]
    newest = (y - y[0])[lags:]
    restricted = _least_squares(newest, own)
    full = _least_squares(newest, own + _lagged(x - x[0], lags))
    freedom = len(newest) - 2 * lags - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        f = float(np.float64((restricted.ssr - full.ssr) / lags) / (full.ssr / freedom))
    return f, float(library("scipy.stats").f.sf(f, lags, freedom))


@estimator("pca_sscore")
def pca_sscore(
    returns: Any, *, window: int, ou_window: int, n_factors: int, dt: float
) -> tuple[Any, Any, Any, Any]:
    """Avellaneda and Lee's s-score of each asset's residual against the leading principal components."""
    rows, assets = returns.shape
    if n_factors > assets:
        raise ConfigError(
            f"pca_sscore: n_factors is {n_factors}, more than the {assets} assets",
            hint="ask for fewer factors or bring more assets",
        )
    if not n_factors + 1 < ou_window <= rows:
        raise ConfigError(
            f"pca_sscore: ou_window is {ou_window}, allowed is above n_factors + 1 and up to window ({rows})",
            hint="lengthen window or shorten ou_window",
        )
    deviations = returns.std(axis=0)
    safe = np.where(deviations > 0.0, deviations, 1.0)
    standard = (returns - returns.mean(axis=0)) / safe
    _, vectors = np.linalg.eigh(standard.T @ standard / rows)
    recent = returns[-ou_window:]
    factors = recent @ (vectors[:, ::-1][:, :n_factors] / safe[:, None])
    regressors = np.column_stack([np.ones(ou_window), factors])
    residuals = _without(recent, regressors)
    centred = recent - recent.mean(axis=0)
    is_exact = (residuals**2).sum(axis=0) <= _EXACT * (centred**2).sum(axis=0)
    walks = np.cumsum(residuals, axis=0)
    scores = [_ornstein_uhlenbeck(walk, dt) if not exact else (np.nan,) * 4
              for walk, exact in zip(walks.T, is_exact, strict=True)]  # fmt: skip
    s_score, kappa, m, sigma = np.array(scores).T
    return s_score, kappa, m, sigma


def _ornstein_uhlenbeck(walk: Any, dt: float) -> tuple[float, float, float, float]:
    """Score, speed, mean and equilibrium deviation; NaN where the walk does not revert."""
    before = walk[:-1] - walk[:-1].mean()
    b = float(before @ walk[1:] / (before @ before))
    if not 0.0 < b < 1.0:
        return (float("nan"),) * 4
    a = float(walk[1:].mean() - b * walk[:-1].mean())
    noise = walk[1:] - a - b * walk[:-1]
    m = a / (1.0 - b)
    sigma = float(np.sqrt((noise**2).mean() / (1.0 - b * b)))
    return (float(walk[-1]) - m) / sigma, -float(np.log(b)) / dt, m, sigma
