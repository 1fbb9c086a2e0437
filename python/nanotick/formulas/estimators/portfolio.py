"""Portfolio weights that need a solver over a whole window of returns.

`returns` has a row per period and a column per asset; the last `window` rows count. Vectors of one number an asset may
come alone or with a row per return, of which the last counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.errors import UsageError
from nanotick.formulas.estimators import estimator, library

__all__ = [
    "black_litterman",
    "effective_bets",
    "hrp",
    "max_diversification",
    "max_sharpe",
    "mean_variance",
    "min_cvar",
    "min_variance",
    "risk_parity",
]


def _newest(values: Any) -> Any:
    return values[-1] if values.ndim == 2 else values


def _covariance(returns: Any, window: int, ridge: float = 0.0) -> Any:
    """Of the last `window` rows over n - 1, with ridge * tr(S)/N added to the diagonal."""
    deviations = returns[-window:] - returns[-window:].mean(axis=0)
    covariance = deviations.T @ deviations / (len(deviations) - 1)
    assets = len(covariance)
    covariance[np.diag_indices(assets)] += ridge * np.trace(covariance) / assets
    return covariance


def _correlation(covariance: Any) -> tuple[Any, Any]:
    """The correlations and the standard deviations."""
    deviation = np.sqrt(np.diag(covariance))
    if not (deviation > 0.0).all():
        raise UsageError(
            "an asset has no variance in the window", hint="leave it out, or take a longer window"
        )
    return covariance / np.outer(deviation, deviation), deviation


def _factor(covariance: Any) -> Any:
    """Cholesky's lower factor, refused where the matrix is singular to within rounding."""
    correlation, deviation = _correlation(covariance)
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        factor = np.zeros_like(correlation)
    if np.diag(factor).min() ** 2 <= len(factor) * 1e-14:
        raise UsageError("the covariance matrix is singular", hint="take a longer window, or a ridge above 0")
    return deviation[:, None] * factor


def _solve(factor: Any, right: Any) -> Any:
    """The x with S x = right, by the factor of S."""
    return np.linalg.solve(factor.T, np.linalg.solve(factor, right))


def _long_only(factor: Any) -> Any:
    """The w >= 0 with sum 1 and the smallest w'Sw: up to its scale that of min 0.5 w'Sw - 1'w, which is a problem of
    non-negative least squares in the factor of S."""
    nnls = library("scipy.optimize").nnls
    weights, _ = nnls(factor.T, np.linalg.solve(factor, np.ones(len(factor))))
    # What is held is solved for once more, exactly.
    held = weights > 0.0
    inner = np.linalg.solve((factor @ factor.T)[np.ix_(held, held)], np.ones(int(held.sum())))
    if (inner > 0.0).all():
        weights[held] = inner
    return weights / weights.sum()


@estimator("min_variance")
def min_variance(returns: Any, *, window: int, long_only: bool, ridge: float) -> tuple[Any, float]:
    """The fully invested portfolio of the least variance, and its volatility."""
    covariance = _covariance(returns, window, ridge)
    _, deviation = _correlation(covariance)
    # In units of the mean deviation: the solvers' absolute tolerances then mean something.
    unit = float(deviation.mean())
    factor = _factor(covariance / unit**2)
    weights = _long_only(factor) if long_only else _solve(factor, np.ones(len(covariance)))
    weights = weights / weights.sum()
    return weights, float(np.sqrt(weights @ covariance @ weights))


@estimator("max_sharpe")
def max_sharpe(returns: Any, *, window: int, rf: float, ridge: float) -> tuple[Any, float]:
    """The tangency portfolio, NaN where none is fully invested, and the largest Sharpe ratio of any."""
    excess = returns[-window:].mean(axis=0) - rf
    factor = _factor(_covariance(returns, window, ridge))
    direction = _solve(factor, excess)
    total = direction.sum()
    exists = total > 1e-12 * np.abs(direction).sum()
    weights = direction / total if exists else np.full(len(direction), np.nan)
    return weights, float(np.linalg.norm(np.linalg.solve(factor, excess)))


def _quadratic_programme(square: Any, linear: Any, sides: Any, limits: Any, x: Any) -> Any:
    """min 0.5 x'Px + c'x with Gx <= h, from an x strictly inside, by Mehrotra's predictor and corrector. NaN if it does
    not converge."""
    slack = limits - sides @ x
    dual = 1.0 / slack
    least, best = np.inf, x
    for _ in range(100):
        stationary = square @ x + linear + sides.T @ dual
        feasible = sides @ x + slack - limits
        gap = slack @ dual / len(limits)
        residual = max(gap, np.abs(stationary).max(), np.abs(feasible).max())
        if residual < least:
            least, best = residual, x
        elif least < 1e-9:
            # Rounding keeps it from becoming any smaller.
            break
        if least < 1e-15:
            break
        matrix = square + sides.T @ ((dual / slack)[:, None] * sides)
        # Rows that only constraints far away hold down are minute: alike in size they stay solvable.
        even = 1.0 / np.sqrt(np.diag(matrix))
        matrix = matrix * np.outer(even, even)

        def newton(
            wanted: Any, state: Any = (matrix, even, stationary, feasible, slack, dual)
        ) -> tuple[Any, Any, Any]:
            """The step towards products of slack and dual of `wanted`."""
            matrix, even, stationary, feasible, slack, dual = state
            pull = (wanted - slack * dual) / slack
            dx = even * np.linalg.solve(
                matrix, -even * (stationary + sides.T @ (pull + dual / slack * feasible))
            )
            dslack = -feasible - sides @ dx
            return dx, dslack, pull - dual / slack * dslack

        try:
            _, dslack, ddual = newton(0.0)
            length = min(_longest(slack, dslack), _longest(dual, ddual))
            predicted = (slack + length * dslack) @ (dual + length * ddual) / len(limits)
            dx, dslack, ddual = newton((predicted / gap) ** 3 * gap - dslack * ddual)
        except np.linalg.LinAlgError:
            break
        # One length for all: two would leave a residual in the quadratic term.
        length = min(0.995 * _longest(slack, dslack), 0.995 * _longest(dual, ddual), 1.0)
        x, slack, dual = x + length * dx, slack + length * dslack, dual + length * ddual
    return best if least < 1e-8 else np.full(len(x), np.nan)


def _longest(values: Any, change: Any) -> float:
    """How far one may go before a value turns negative; hardly beyond 1, a full step."""
    falling = change < 0.0
    return float(min((-values[falling] / change[falling]).min(initial=np.inf), 1.0 / 0.995))


@estimator("mean_variance")
def mean_variance(
    returns: Any, mu: Any, previous: Any, *, gamma: float, cost: float, gross: float, window: int
) -> Any:
    """The weights of the largest mu'w - gamma/2 w'Sw - cost |w - previous|, with |w| summing to at most `gross`."""
    mu, previous = _newest(mu), _newest(previous)
    covariance = gamma * _covariance(returns, window)
    # Variables: weights, bounds of their magnitudes, and, if trading costs, of their changes.
    one, zero = np.eye(len(mu)), np.zeros((len(mu), len(mu)))
    trades = cost > 0.0
    rows = [[one, -one], [-one, -one], [np.zeros((1, len(mu))), np.ones((1, len(mu)))]]
    if trades:
        rows = [[*row, np.zeros((len(row[0]), len(mu)))] for row in rows] + [
            [one, zero, -one],
            [-one, zero, -one],
        ]
    limits = np.concatenate([np.zeros(2 * len(mu)), [gross], *([previous, -previous] if trades else [])])
    linear = np.concatenate([-mu, np.zeros(len(mu)), np.full(len(mu) if trades else 0, cost)])
    square = np.zeros((len(linear), len(linear)))
    square[: len(mu), : len(mu)] = covariance
    start = [np.zeros(len(mu)), np.full(len(mu), 0.5 * gross / len(mu))]
    start += [np.abs(previous) + 1.0] if trades else []
    unit = max(np.abs(square).max(), np.abs(linear).max(), 1e-300)
    solved = _quadratic_programme(square / unit, linear / unit, np.block(rows), limits, np.concatenate(start))
    return solved[: len(mu)]


@estimator("risk_parity")
def risk_parity(
    returns: Any, budgets: Any = None, *, window: int, tol: float, max_iter: int
) -> tuple[Any, Any]:
    """Weights whose contributions to the risk are as budgeted, and these contributions."""
    covariance = _covariance(returns, window)
    correlation, deviation = _correlation(covariance)
    shares = np.ones(len(covariance)) if budgets is None else _newest(budgets)
    if not (shares > 0.0).all():
        raise UsageError(
            "risk budgets must be above 0", hint="leave an asset out rather than give it no budget"
        )
    shares = shares / shares.sum()
    scaled = np.sqrt(shares / correlation.sum())
    for _ in range(max_iter):
        before = scaled.copy()
        for i, share in enumerate(shares):
            others = correlation[i] @ scaled - scaled[i]
            root = np.sqrt(others * others + 4.0 * share)
            # The form of the quadratic's root that does not cancel.
            scaled[i] = 2.0 * share / (others + root) if others > 0.0 else 0.5 * (root - others)
        # The best multiple of all at once: where assets offset each other, one at a time is slow to find it.
        scaled /= np.sqrt(scaled @ correlation @ scaled)
        if np.abs(scaled - before).max() < tol:
            weights = scaled / deviation
            weights /= weights.sum()
            marginal = covariance @ weights
            return weights, weights * marginal / (weights @ marginal)
    nothing = np.full(len(covariance), np.nan)
    return nothing, nothing.copy()


@estimator("max_diversification")
def max_diversification(returns: Any, *, window: int, long_only: bool) -> tuple[Any, float]:
    """The portfolio of the largest ratio of mean volatility to volatility, and that ratio."""
    covariance = _covariance(returns, window)
    correlation, deviation = _correlation(covariance)
    factor = _factor(correlation)
    scaled = _long_only(factor) if long_only else _solve(factor, np.ones(len(correlation)))
    weights = scaled / deviation
    weights /= weights.sum()
    return weights, float(weights @ deviation / np.sqrt(weights @ covariance @ weights))


def _leaves(distance: Any) -> list[int]:
    """The order in which single linkage puts the leaves of its tree, of two clusters the older on the left."""
    clusters = [[leaf] for leaf in range(len(distance))]
    apart = distance.astype(float).copy()
    np.fill_diagonal(apart, np.inf)
    alive = list(range(len(distance)))
    while len(alive) > 1:
        among = apart[np.ix_(alive, alive)]
        left, right = sorted(alive[place] for place in np.unravel_index(int(np.argmin(among)), among.shape))
        merged = np.minimum(apart[left], apart[right])
        apart = np.block([[apart, merged[:, None]], [merged[None, :], np.full((1, 1), np.inf)]])
        clusters.append(clusters[left] + clusters[right])
        alive = [cluster for cluster in alive if cluster not in (left, right)] + [len(clusters) - 1]
    return clusters[alive[0]]


@estimator("hrp")
def hrp(returns: Any, *, window: int) -> tuple[Any, Any]:
    """Hierarchical risk parity: weights, and the order of the assets in the tree."""
    covariance = _covariance(returns, window)
    correlation, _ = _correlation(covariance)
    distance = np.sqrt(np.clip((1.0 - correlation) / 2.0, 0.0, None))
    np.fill_diagonal(distance, 0.0)
    order = _leaves(np.linalg.norm(distance[:, :, None] - distance[:, None, :], axis=0))

    def risk(cluster: list[int]) -> float:
        """Variance of a cluster whose members have weights by their inverse variances."""
        inner = covariance[np.ix_(cluster, cluster)]
        weights = 1.0 / np.diag(inner)
        weights /= weights.sum()
        return float(weights @ inner @ weights)

    weights = np.ones(len(covariance))
    pending = [order]
    while pending:
        cluster = pending.pop()
        if len(cluster) < 2:
            continue
        halves = cluster[: len(cluster) // 2], cluster[len(cluster) // 2 :]
        left, right = map(risk, halves)
        weights[halves[0]] *= right / (left + right)
        weights[halves[1]] *= left / (left + right)
        pending += halves
    return weights, np.array(order, dtype=np.float64)


@estimator("black_litterman")
def black_litterman(
    returns: Any, market: Any, views: Any, q: Any, *, tau: float, delta: float, window: int
) -> tuple[Any, Any, Any]:
    """Mean and covariance of the returns once views are held, and the weights that follow."""
    covariance = _covariance(returns, window)
    market, views, q = _newest(market), np.atleast_2d(views), np.atleast_1d(q)
    mean = delta * covariance @ market
    spread = tau * covariance
    if q.size:
        seen = views @ spread @ views.T
        doubt = np.diag(np.diag(seen))
        if not (np.diag(doubt) > 0.0).all():
            raise UsageError("a view is about a portfolio without variance", hint="leave it out")
        gain = np.linalg.solve(seen + doubt, views @ spread).T
        mean = mean + gain @ (q - views @ mean)
        spread = spread - gain @ views @ spread
        spread = 0.5 * (spread + spread.T)
    return mean, covariance + spread, _solve(_factor(delta * covariance), mean)


@estimator("min_cvar")
def min_cvar(returns: Any, *, window: int, alpha: float, long_only: bool) -> tuple[Any, float]:
    """The fully invested portfolio of the least expected shortfall, and that shortfall."""
    sparse, linprog = library("scipy.sparse"), library("scipy.optimize").linprog
    part = returns[-window:]
    rows, assets = part.shape
    # In units of the mean magnitude, which the solver's tolerances are made for. Variables: w, z, u.
    unit = float(np.abs(part).mean()) or 1.0
    objective = np.concatenate([np.zeros(assets), [1.0], np.full(rows, 1.0 / (alpha * rows))])
    excess = sparse.hstack(
        [sparse.csr_matrix(-part / unit), -np.ones((rows, 1)), -sparse.identity(rows)], format="csr"
    )
    total = np.concatenate([np.ones(assets), np.zeros(1 + rows)])[None, :]
    bounds = [(0.0 if long_only else None, None)] * assets + [(None, None)] + [(0.0, None)] * rows
    solved = linprog(objective, excess, np.zeros(rows), total, [1.0], bounds, method="highs")
    if not solved.success:
        return np.full(assets, np.nan), float("nan")
    return solved.x[:assets], float(solved.fun) * unit


@estimator("effective_bets")
def effective_bets(returns: Any, weights: Any, *, window: int) -> tuple[float, float]:
    """How many independent bets a portfolio is: by principal components, and by its weights alone."""
    weights = _newest(weights)
    variances, directions = np.linalg.eigh(_covariance(returns, window))
    shares = (directions.T @ weights) ** 2 * np.clip(variances, 0.0, None)
    total = shares.sum()
    by_weight = np.abs(weights).sum() ** 2 / (weights**2).sum() if weights.any() else float("nan")
    if total <= 0.0:
        return float("nan"), float(by_weight)
    shares = shares[shares > 0.0] / total
    return float(np.exp(-(shares * np.log(shares)).sum())), float(by_weight)
