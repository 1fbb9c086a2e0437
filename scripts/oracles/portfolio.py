"""Portfolio construction."""

from __future__ import annotations

import importlib.metadata
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import cvxpy
import numpy as np
import pandas as pd
from pypfopt import BlackLittermanModel, EfficientCVaR, EfficientFrontier, HRPOpt
from scipy.cluster.hierarchy import linkage
from scipy.optimize import minimize

from nanotick.formulas.proving import Case
from oracles import datasets

CVXPY = f"CVXPY {cvxpy.__version__}"
PYPFOPT = f"PyPortfolioOpt {importlib.metadata.version('pyportfolioopt')}"
SKFOLIO = f"skfolio {importlib.metadata.version('skfolio')}"
SCIPY = f"SciPy {importlib.metadata.version('scipy')}"
WHOLE = "closed form over whole arrays"
#: Clarabel's accuracy at the tolerances asked of it.
TOLERANCES = {f"tol_{name}": 1e-14 for name in ("gap_abs", "gap_rel", "feas")}
TIGHT = {"solver": cvxpy.CLARABEL} | TOLERANCES
SCALED = "An interior point method that stops where its own scaling of the problem lets it."
INTERIOR = "An interior point method's accuracy."


def streaming() -> Iterator[Case]:
    """Weights that are kept up row by row."""
    returns = datasets.returns_matrix(5, 200)
    for params in ({}, {"window": 21, "power": 2.0}, {"window": 40, "power": 0.5}):
        window, power = params.get("window", 60), params.get("power", 1.0)
        out = np.full(returns.shape, np.nan)
        for row in range(window - 1, len(returns)):
            inverse = returns[row - window + 1 : row + 1].std(axis=0, ddof=1) ** -power
            out[row] = inverse / inverse.sum()
        yield Case(
            "inverse_vol", params, [returns], {"weights": out}, "windows cut out one by one", "closed form"
        )
    from skfolio.optimization import InverseVolatility

    tail = returns[-60:]
    last = InverseVolatility().fit(tail).weights_
    expected = {"weights": np.vstack([np.zeros((199, 5)), last])}
    note = "Only the last row is compared."
    yield Case("inverse_vol", {}, [returns], expected, SKFOLIO, "library", skip=199, note=note)
    flat = tail[:6].copy()
    flat[:, 1] = 0.001
    flat[3:] = 0.002
    rows = np.full((6, 5), np.nan)
    for row in (2, 3, 4):
        part = flat[row - 2 : row + 1]
        moves = np.ptp(part, axis=0) > 0
        inverse = np.where(moves, 1 / np.where(moves, part.std(axis=0, ddof=1), 1.0), 0.0)
        rows[row] = inverse / inverse.sum()
    note = "An asset that does not move has weight 0; where none does, the weights are NaN."
    yield Case("inverse_vol", {"window": 3}, [flat], {"weights": rows}, WHOLE, "closed form", note=note)
    yield from gradients()
    yield from leverages()
    yield from projections()


def gradients() -> Iterator[Case]:
    """Exponentiated gradient, and turnover."""
    returns = datasets.returns_matrix(5, 200)
    for eta, size in ((0.05, 1.0), (3.0, 40.0)):
        rows, total = [], np.zeros(5)
        weights = np.full(5, 0.2)
        for gross in 1.0 + size * returns:
            # From the sum of all exponents so far, not from the weights before.
            total = total + eta * gross / (weights @ gross)
            powers = np.exp(total - total.mean())
            weights = powers / powers.sum()
            rows.append(weights)
        oracle = "softmax of the sum of all exponents"
        expected = {"weights": np.array(rows)}
        yield Case(
            "exponentiated_gradient", {"eta": eta}, [size * returns], expected, oracle, "closed form", 1e-11
        )
    rng = np.random.default_rng(14)
    wanted = (
        rng.dirichlet(np.ones(5), 200) * rng.uniform(0.3, 1.5, (200, 1)) * rng.choice([-1, 1, 1], (200, 5))
    )
    moves = 30 * returns
    value = wanted[:-1] * (1 + moves[1:])
    cash = 1 - wanted[:-1].sum(axis=1)
    drifted = value / (value.sum(axis=1) + cash)[:, None]
    turnover = datasets.after_warmup(np.abs(wanted[1:] - drifted).sum(axis=1), 200)
    for fee in (0.0006, 0.01):
        expected = {"turnover": turnover, "cost": fee * turnover}
        oracle = "values of assets and cash, over whole arrays"
        yield Case("turnover_cost", {"fee": fee}, [moves, wanted], expected, oracle, "closed form", 1e-12)


def leverages() -> Iterator[Case]:
    """Volatility-managed leverage."""
    returns = datasets.simple_returns(count=260) * 10
    returns[100:130] = 0.0
    for params in ({}, {"window": 10, "cap": 1.2}, {"window": 30, "c": 2e-4, "cap": 3.0}):
        window, c, cap = params.get("window", 22), params.get("c", 0.0), params.get("cap", 5.0)
        parts = datasets.windows(returns, window)
        total = ((parts - parts.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        total[np.ptp(parts, axis=1) == 0] = 0.0
        with np.errstate(divide="ignore"):
            variance = datasets.after_warmup(1 / total, 260)
        out = np.full(260, np.nan)
        for row in range(window - 1, 260):
            scale = c
            if c == 0.0:
                later = np.arange(window, row + 1)
                later = later[np.isfinite(variance[later - 1])]
                if len(later) < 2:
                    continue
                plain, managed = returns[later], returns[later] * variance[later - 1]
                scale = plain.std(ddof=1) / managed.std(ddof=1)
            out[row] = min(cap, scale * variance[row])
        yield Case(
            "vol_managed", params, [returns], {"weight": out}, "windows cut out one by one", "closed form"
        )


def projections() -> Iterator[Case]:
    """Projections as quadratic programmes, and by bisection of the threshold."""
    rng = np.random.default_rng(15)
    points = np.vstack([rng.normal(0, 1, (20, 6)), 1e6 + rng.normal(0, 1, (4, 6)), [[0.0] * 6, [0.25] * 6]])
    for z, ball in itertools.product((1.0, 2.5), (False, True)):
        exact, solved = [], []
        for v in points:
            size = np.abs(v) if ball else v
            low, high = size.max() - z, size.max()
            for _ in range(200):
                middle = (low + high) / 2
                low, high = (middle, high) if np.maximum(size - middle, 0).sum() > z else (low, middle)
            inside = ball and size.sum() <= z
            exact.append(v if inside else np.maximum(size - high, 0) * (np.sign(v) if ball else 1))
            x = cvxpy.Variable(6)
            limits = [cvxpy.norm1(x) <= z] if ball else [x >= 0, cvxpy.sum(x) == z]
            cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(x - (v - v.mean() * (not ball)))), limits).solve(
                **TIGHT
            )
            solved.append(x.value)
        params = {"z": z, "ball": ball}
        oracle = "bisection of the threshold"
        yield Case(
            "simplex_projection", params, [points], {"w": np.array(exact)}, oracle, "closed form", 1e-9, 1.0
        )
        if z == 1.0:
            # Far from the ball Clarabel is good to fewer digits.
            near = np.abs(points).max(axis=1) < 1e3
            inputs, expected = [points[near]], {"w": np.array(solved)[near]}
            yield Case(
                "simplex_projection", params, inputs, expected, CVXPY, "library", 1e-5, 1.0, note=INTERIOR
            )


def covariance(returns: Any, window: int, ridge: float = 0.0) -> Any:
    """Of the last rows, by NumPy."""
    matrix = np.cov(returns[-window:], rowvar=False)
    return matrix + ridge * np.trace(matrix) / len(matrix) * np.eye(len(matrix))


def variances() -> Iterator[Case]:
    """Least variance and the tangency portfolio."""
    returns = datasets.returns_matrix(6, 300)
    for params in ({}, {"window": 40, "ridge": 0.1}):
        every = {"window": 250, "ridge": 0.0} | params
        matrix = covariance(returns, int(every["window"]), every["ridge"])
        direct = np.linalg.solve(matrix, np.ones(6))
        direct /= direct.sum()
        expected = {"weights": direct, "vol": np.sqrt(direct @ matrix @ direct)}
        oracle = f"NumPy {np.__version__}: linalg.solve"
        yield Case("min_variance", params, [returns], expected, oracle, "library", 1e-9, 1e-4)
        for long_only in (False, True):
            bounds = (0 if long_only else -5, 5)
            frontier = EfficientFrontier(None, matrix * 1e9, weight_bounds=bounds, solver="CLARABEL",
                                         solver_options=TOLERANCES)  # fmt: skip
            frontier.min_volatility()
            weights = frontier.weights
            expected = {"weights": weights, "vol": np.sqrt(weights @ matrix @ weights)}
            both = params | {"long_only": long_only}
            yield Case(
                "min_variance", both, [returns], expected, PYPFOPT, "library", 1e-6, 1e-2, note=INTERIOR
            )
        support = best_support(matrix)
        expected = {"weights": support, "vol": np.sqrt(support @ matrix @ support)}
        both = params | {"long_only": True}
        oracle = "the best of all subsets of assets"
        yield Case("min_variance", both, [returns], expected, oracle, "closed form", 1e-9, 1e-4)
    found = set()
    for rf, window in ((-1e-4, 250), (0.0, 250), (0.0, 60), (5e-4, 100)):
        matrix, excess = covariance(returns, window), returns[-window:].mean(axis=0) - rf
        z = np.linalg.inv(matrix) @ excess
        found.add(z.sum() > 0)
        weights = z / z.sum() if z.sum() > 0 else np.full(6, np.nan)
        expected = {"weights": weights, "sharpe": np.sqrt(excess @ z)}
        params = {"rf": rf, "window": window}
        oracle = f"NumPy {np.__version__}: linalg.inv"
        yield Case("max_sharpe", params, [returns], expected, oracle, "library", 1e-9, 1e-2)
        if z.sum() > 0:
            frontier = EfficientFrontier(excess * 1e4, matrix * 1e8, weight_bounds=(-50, 50), solver="CLARABEL",
                                         solver_options=TOLERANCES)  # fmt: skip
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frontier.max_sharpe(risk_free_rate=0.0)
            expected = {"weights": frontier.weights}
            yield Case(
                "max_sharpe", params, [returns], expected, PYPFOPT, "library", 1e-6, 1.0, note=INTERIOR
            )
    if found != {True, False}:
        raise ValueError("the windows must have a tangency portfolio and none")


def best_support(matrix: Any) -> Any:
    """Long-only weights of the least variance: over all subsets whose own unconstrained solution is positive."""
    best, least = None, np.inf
    for size in range(1, len(matrix) + 1):
        for subset in itertools.combinations(range(len(matrix)), size):
            inner = np.linalg.solve(matrix[np.ix_(subset, subset)], np.ones(size))
            weights = np.zeros(len(matrix))
            weights[list(subset)] = inner / inner.sum()
            if (weights >= 0).all() and (variance := weights @ matrix @ weights) < least:
                best, least = weights, variance
    return best


def utilities() -> Iterator[Case]:
    """Mean, variance and the cost of getting there."""
    returns = datasets.returns_matrix(5, 300)
    matrix = covariance(returns, 250)
    rng = np.random.default_rng(16)
    for gamma, cost, gross, size in (
        (5.0, 0.0005, 1.0, 1e-3),
        (400.0, 1e-5, 3.0, 1e-4),
        (900.0, 3e-5, 0.8, 2e-4),
    ):
        mu, previous = rng.normal(0, size, 5), rng.normal(0, 0.2, 5)
        w = cvxpy.Variable(5)
        risk = gamma / 2 * cvxpy.quad_form(w, cvxpy.psd_wrap(matrix))
        value = 1e4 * (mu @ w - risk - cost * cvxpy.norm1(w - previous))
        cvxpy.Problem(cvxpy.Maximize(value), [cvxpy.norm1(w) <= gross]).solve(**TIGHT)
        params = {"gamma": gamma, "cost": cost, "gross": gross}
        inputs = [returns, mu, previous]
        expected = {"weights": w.value}
        yield Case("mean_variance", params, inputs, expected, CVXPY, "library", 1e-6, 0.1, note=INTERIOR)
    mu, previous = rng.normal(0, 1e-4, 5), rng.normal(0, 0.2, 5)
    free = np.linalg.solve(matrix, mu) / 500.0
    params = {"gamma": 500.0, "cost": 0.0, "gross": 100.0}
    oracle = "S^-1 mu / gamma without costs"
    yield Case(
        "mean_variance", params, [returns, mu, previous], {"weights": free}, oracle, "closed form", 1e-9
    )
    params = {"gamma": 500.0, "cost": 1.0, "gross": 100.0}
    oracle = "what trading costs too much for stays"
    yield Case(
        "mean_variance", params, [returns, mu, previous], {"weights": previous}, oracle, "closed form", 1e-9
    )


def parities() -> Iterator[Case]:
    """Risk contributions and diversification."""
    from skfolio.optimization import MaximumDiversification, RiskBudgeting

    returns = datasets.returns_matrix(6, 300)
    for window, budgets in ((250, np.ones(6)), (60, np.array([1.0, 2.0, 3.0, 1.0, 1.0, 0.5]))):
        matrix = covariance(returns, window)
        shares = budgets / budgets.sum()
        # Newton's method on the smooth convex problem in logarithms of the weights.
        scale = np.sqrt(np.diag(matrix))
        correlation = matrix / np.outer(scale, scale)

        def objective(logs: Any, c: Any = correlation, b: Any = shares) -> float:
            return float(np.exp(logs) @ c @ np.exp(logs) / 2 - b @ logs)

        def gradient(logs: Any, c: Any = correlation, b: Any = shares) -> Any:
            return np.exp(logs) * (c @ np.exp(logs)) - b

        def hessian(logs: Any, c: Any = correlation) -> Any:
            x = np.exp(logs)
            return np.diag(x * (c @ x)) + np.outer(x, x) * c

        derivatives = {"jac": gradient, "hess": hessian}
        solved = minimize(
            objective, np.zeros(6), method="trust-exact", options={"gtol": 1e-13}, **derivatives
        )
        logs = solved.x - np.linalg.solve(hessian(solved.x), gradient(solved.x))
        weights = np.exp(logs) / scale
        expected = {"weights": weights / weights.sum(), "rc": shares}
        params = {"window": window}
        oracle = f"{SCIPY}: minimize, trust-exact"
        yield Case("risk_parity", params, [returns, budgets], expected, oracle, "library", 1e-8)
        model = RiskBudgeting(risk_budget=budgets, solver_params=TOLERANCES)
        expected = {"weights": model.fit(returns[-window:]).weights_}
        yield Case(
            "risk_parity", params, [returns, budgets], expected, SKFOLIO, "library", 5e-5, 0.1, note=SCALED
        )
        y = best_support(correlation)
        weights = y / scale / (y / scale).sum()
        ratio = weights @ scale / np.sqrt(weights @ matrix @ weights)
        expected = {"weights": weights, "dr": ratio}
        oracle = "the best of all subsets of assets"
        yield Case("max_diversification", params, [returns], expected, oracle, "closed form", 1e-9, 1e-4)
        expected = {
            "weights": MaximumDiversification(solver_params=TOLERANCES).fit(returns[-window:]).weights_
        }
        yield Case(
            "max_diversification", params, [returns], expected, SKFOLIO, "library", 5e-5, 0.1, note=SCALED
        )
        y = np.linalg.solve(correlation, np.ones(6))
        weights = y / scale / (y / scale).sum()
        expected = {"weights": weights, "dr": weights @ scale / np.sqrt(weights @ matrix @ weights)}
        both = params | {"long_only": False}
        oracle = f"NumPy {np.__version__}: linalg.solve"
        yield Case("max_diversification", both, [returns], expected, oracle, "library")


def tree_weights(returns: Any) -> tuple[Any, list[int]]:
    """The paper's three steps on SciPy's tree, by recursion."""
    matrix = np.cov(returns, rowvar=False)
    distance = np.sqrt(np.clip((1 - np.corrcoef(returns, rowvar=False)) / 2, 0, None))
    tree = linkage(distance, "single")
    assets = len(matrix)

    def members(node: int) -> list[int]:
        if node < assets:
            return [node]
        left, right = tree[node - assets, :2].astype(int)
        return members(left) + members(right)

    def share(cluster: list[int]) -> dict[int, float]:
        if len(cluster) == 1:
            return {cluster[0]: 1.0}
        half = len(cluster) // 2
        parts = [cluster[:half], cluster[half:]]
        risks = []
        for part in parts:
            inverse = 1 / matrix[part, part]
            inverse /= inverse.sum()
            risks.append(inverse @ matrix[np.ix_(part, part)] @ inverse)
        alpha = 1 - risks[0] / sum(risks)
        scaled = zip(parts, (alpha, 1 - alpha), strict=True)
        return {asset: factor * weight for part, factor in scaled for asset, weight in share(part).items()}

    order = members(2 * assets - 2)
    weights = share(order)
    return np.array([weights[asset] for asset in range(assets)]), order


def hierarchies() -> Iterator[Case]:
    """Hierarchical risk parity."""
    returns = datasets.returns_matrix(8, 300)
    agreed = 0
    for window in (250, 40, 120, 7):
        part = returns[-window:]
        weights, order = tree_weights(part)
        expected = {"weights": weights, "order": np.array(order)}
        oracle = f"{SCIPY}: cluster.hierarchy.linkage, and the paper's steps on it"
        yield Case("hrp", {"window": window}, [returns], expected, oracle, "library")
        frame = pd.DataFrame(part)
        model = HRPOpt(frame)
        other = np.array([model.optimize()[asset] for asset in frame.columns])
        if np.allclose(other, weights, rtol=1e-9):
            agreed += 1
            note = "It clusters on the distances themselves; here both trees have one order."
            yield Case(
                "hrp", {"window": window}, [returns], {"weights": other}, PYPFOPT, "library", note=note
            )
    if not agreed:
        raise ValueError("no window where both trees have one order")


def posteriors() -> Iterator[Case]:
    """Black and Litterman."""
    returns = datasets.returns_matrix(5, 300)
    market = np.array([0.4, 0.25, 0.15, 0.1, 0.1])
    views = np.array([[1.0, -1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5, -1.0]])
    q = np.array([2e-5, -1e-5])
    for tau, delta, window in ((0.05, 2.5, 250), (0.4, 6.0, 90)):
        matrix = covariance(returns, window)
        prior = delta * matrix @ market
        model = BlackLittermanModel(matrix, pi=prior, P=views, Q=q[:, None], tau=tau, risk_aversion=delta)
        mean = np.asarray(model.bl_returns())
        weights = np.linalg.solve(delta * matrix, mean)
        expected = {"mu": mean, "cov": np.asarray(model.bl_cov()), "weights": weights}
        params = {"tau": tau, "delta": delta, "window": window}
        note = "Returns of 1e-5 and covariances of 1e-8 are measured against their own size."
        inputs = [returns, market, views, q]
        yield Case("black_litterman", params, inputs, expected, PYPFOPT, "library", 1e-8, 1e-9, note=note)
    expected = {"mu": prior, "cov": (1 + tau) * matrix, "weights": market}
    inputs = [returns, market, np.zeros((0, 5)), np.zeros(0)]
    yield Case(
        "black_litterman", params, inputs, expected, "no views leave the market", "closed form", 1e-9, 1e-9
    )


def shortfalls() -> Iterator[Case]:
    """Least expected shortfall."""
    returns = datasets.returns_matrix(5, 300)
    for params in ({"window": 300}, {"window": 200, "alpha": 0.1, "long_only": False}):
        every = {"alpha": 0.05, "long_only": True} | params
        part = returns[-int(every["window"]) :]
        rows = len(part)
        # The dual programme: a distribution over the rows, none above 1/(alpha n), that leaves the assets alike.
        p, value = cvxpy.Variable(rows), cvxpy.Variable()
        losses = -1e4 * part.T @ p
        alike = losses >= value if every["long_only"] else losses == value
        limits = [p >= 0, p <= 1 / (every["alpha"] * rows), cvxpy.sum(p) == 1, alike]
        cvxpy.Problem(cvxpy.Maximize(value), limits).solve(**TIGHT)
        weights = np.abs(alike.dual_value) if every["long_only"] else -alike.dual_value
        weights = weights / weights.sum()
        expected = {"weights": weights, "cvar": np.array(value.value / 1e4)}
        oracle = f"{CVXPY}: the dual programme by an interior point method"
        yield Case("min_cvar", params, [returns], expected, oracle, "library", 1e-6, 0.01, note=INTERIOR)
        frontier = EfficientCVaR(None, pd.DataFrame(1e4 * part), beta=1 - every["alpha"], solver="CLARABEL",
                                 weight_bounds=(0 if every["long_only"] else -5, 5),
                                 solver_options=TOLERANCES)  # fmt: skip
        frontier.min_cvar()
        loss = np.sort(-part @ frontier.weights)[::-1]
        # The tail's mean, its last row in part.
        count = every["alpha"] * rows
        whole = int(count + 1e-9)
        tail = (loss[:whole].sum() + (count - whole) * loss[whole]) / count
        expected = {"weights": frontier.weights, "cvar": np.array(tail)}
        yield Case("min_cvar", params, [returns], expected, PYPFOPT, "library", 1e-6, 0.01, note=INTERIOR)


def bets() -> Iterator[Case]:
    """Effective number of bets."""
    returns = datasets.returns_matrix(6, 300)
    for window, weights in ((250, np.full(6, 1 / 6)), (60, np.array([0.5, -0.2, 0.3, 0.0, 0.7, -0.3]))):
        part = returns[-window:]
        # Principal components by the singular values of the returns themselves.
        _, values, directions = np.linalg.svd(part - part.mean(axis=0), full_matrices=False)
        shares = (directions @ weights) ** 2 * values**2
        shares /= shares.sum()
        expected = {
            "enb_pca": np.prod(shares**-shares),
            "enb_hhi": np.abs(weights).sum() ** 2 / (weights @ weights),
        }
        oracle = f"NumPy {np.__version__}: linalg.svd of the returns"
        yield Case("effective_bets", {"window": window}, [returns, weights], expected, oracle, "library")


def uncorrelated(deviations: Any) -> Any:
    """Returns whose columns are exactly uncorrelated, with the given standard deviations."""
    signs = np.array([[1.0]])
    while len(signs) <= len(deviations):
        signs = np.block([[signs, signs], [signs, -signs]])
    rows = len(signs)
    return signs[:, 1 : 1 + len(deviations)] * deviations * np.sqrt((rows - 1) / rows)


def plain_worlds() -> Iterator[Case]:
    """Where the answer is known without solving anything."""
    deviations = np.array([0.01, 0.02, 0.005, 0.04, 0.03])
    returns = uncorrelated(deviations)
    window = {"window": len(returns)}
    shares = deviations**-2 / (deviations**-2).sum()
    kind = "closed form"
    for long_only in (False, True):
        expected = {"weights": shares, "vol": np.sqrt(1 / (deviations**-2).sum())}
        params = window | {"long_only": long_only}
        yield Case(
            "min_variance", params, [returns], expected, "uncorrelated assets: inverse variance", kind, 1e-12
        )
        even = deviations**-1 / (deviations**-1).sum()
        expected = {"weights": even, "dr": np.sqrt(5.0)}
        yield Case(
            "max_diversification",
            params,
            [returns],
            expected,
            "uncorrelated: inverse volatility",
            kind,
            1e-12,
        )
    budgets = np.array([1.0, 2.0, 3.0, 4.0, 2.0]) / 12
    weights = np.sqrt(budgets) / deviations
    expected = {"weights": weights / weights.sum(), "rc": budgets}
    oracle = "uncorrelated: root of the budget over the deviation"
    yield Case("risk_parity", window, [returns, budgets], expected, oracle, kind, 1e-9)
    expected = {"weights": np.full(5, np.nan), "rc": np.full(5, np.nan)}
    oracle = "no convergence in one round"
    inputs = [datasets.returns_matrix(5, 300), budgets]
    yield Case("risk_parity", {"max_iter": 1}, inputs, expected, oracle, "scripted")
    mean = np.array([0.01, 0.002, 0.001, 0.004, 0.003])
    slope = mean / deviations**2
    expected = {"weights": slope / slope.sum(), "sharpe": np.sqrt((mean**2 / deviations**2).sum())}
    inputs = [returns + mean]
    yield Case("max_sharpe", window, inputs, expected, "uncorrelated: mean over variance", kind, 1e-11)
    pair = datasets.returns_matrix(2, 300)
    inverse = 1 / pair[-250:].var(axis=0)
    expected = {"weights": inverse / inverse.sum(), "order": np.array([0.0, 1.0])}
    yield Case("hrp", {}, [pair], expected, "two assets: inverse variance", kind, 1e-12)
    singular = np.column_stack([pair, pair[:, 0] + pair[:, 1]])
    weights, order = tree_weights(singular[-250:])
    expected = {"weights": weights, "order": np.array(order)}
    yield Case("hrp", {}, [singular], expected, f"{SCIPY}: a singular covariance is no obstacle", "library")
    bets = deviations**-1 / (deviations**-1).sum()
    expected = {"enb_pca": np.array(5.0), "enb_hhi": 1 / (bets**2).sum()}
    yield Case(
        "effective_bets", window, [returns, bets], expected, "equal and independent risks", kind, 1e-12
    )
    tail = np.array([[-0.5], [-0.3], [-0.2], [0.1]] + [[0.2]] * 26)
    expected = {"weights": np.array([1.0]), "cvar": np.array((0.5 + 0.3 + 0.2) / 3)}
    params = {"window": 30, "alpha": 0.1}
    yield Case("min_cvar", params, [tail], expected, "one asset: mean of the worst tenth", "scripted", 1e-12)


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    families = (
        streaming,
        variances,
        utilities,
        parities,
        hierarchies,
        posteriors,
        shortfalls,
        bets,
        plain_worlds,
    )
    for family in families:
        yield from family()
