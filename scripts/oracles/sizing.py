"""Position sizing and bankroll."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import cvxpy
import numpy as np
import scipy
import talib
from scipy import optimize, stats

from nanotick.formulas.proving import Case
from oracles import datasets

SCIPY = f"scipy {scipy.__version__}"
NUMPY = f"numpy {np.__version__}"
CVXPY = f"cvxpy {cvxpy.__version__}"
CLOSED = f"closed form with {NUMPY}"


def rolling(function: Callable[[Any], float], values: Any, length: int) -> Any:
    """A function of each window, with NaN before the first."""
    parts = [function(window.copy()) for window in datasets.windows(values, length)]
    return datasets.after_warmup(parts, len(values))


def wealth() -> Any:
    """An account that holds a coin, five times over."""
    return 1000.0 * np.cumprod(1.0 + 5.0 * datasets.simple_returns("SOLUSDT"))


def bet_cases() -> Iterator[Case]:
    """Single bets."""
    p = np.linspace(0.02, 0.98, 49)
    for b, a in ((1.0, 1.0), (2.5, 0.7)):
        stakes = [best_stake(each, b, a) for each in p]
        growth = [
            each * np.log1p(b * f) + (1.0 - each) * np.log1p(-a * f)
            for each, f in zip(p, stakes, strict=True)
        ]
        long = np.maximum(stakes, 0.0)
        kept = np.where(long > 0.0, growth, 0.0)
        params = {"b": b, "a": a}
        yield Case(
            "kelly_binary", params, [p], {"f": long, "growth": kept}, f"{SCIPY} brentq", "library", 1e-10
        )
        expected = {"f": stakes, "growth": growth}
        params = params | {"allow_short": True}
        yield Case("kelly_binary", params, [p], expected, f"{SCIPY} brentq", "library", 1e-10)
    sure = np.array([1.0, 0.0, 0.5, 1.5, -0.1])
    expected = {"f": [1.0, 0.0, 0.0, np.nan, np.nan], "growth": [np.log(2.0), 0.0, 0.0, np.nan, np.nan]}
    yield Case(
        "kelly_binary", {}, [sure], expected, "sure bets, and probabilities that are none", "scripted", 1e-12
    )
    for b, se in ((1.0, 0.05), (3.0, 0.2), (1.0, 0.0)):
        expected = dict(zip(("f", "shrink"), np.transpose([shrunk(each, b, se) for each in p]), strict=True))
        oracle = f"closed form: quadratic growth averaged by Gauss-Hermite nodes, {NUMPY}"
        yield Case("kelly_shrunk", {"b": b, "se": se}, [p], expected, oracle, "closed form", 1e-10)
    c = np.linspace(0.05, 1.95, 39)
    mu, sigma = 0.03, 0.2
    full = mu / sigma**2

    def growth_at(f: Any) -> Any:
        return f * mu - 0.5 * f**2 * sigma**2

    for x in (0.5, 0.9):
        # The law of the first passage of a Brownian motion with drift, by a time that is as good as never.
        nu, deviation, horizon = growth_at(c * full), c * full * sigma, 1e12
        fall, spread = np.log(x), deviation * np.sqrt(horizon)
        reach = stats.norm.cdf((fall - nu * horizon) / spread)
        reach += np.exp(2.0 * nu * fall / deviation**2) * stats.norm.cdf((fall + nu * horizon) / spread)
        expected = {"rel_growth": growth_at(c * full) / growth_at(full), "p_reach": reach}
        oracle = f"closed form with {SCIPY} norm: first passage"
        yield Case("kelly_drawdown", {"x": x}, [c], expected, oracle, "closed form", 1e-9)


def best_stake(p: float, b: float, a: float) -> float:
    """Where the expected log growth is level."""

    def slope(f: float) -> float:
        return p * b * (1.0 - a * f) - (1.0 - p) * a * (1.0 + b * f)

    return float(optimize.brentq(slope, -1.0 / b, 1.0 / a, xtol=1e-15, rtol=1e-14))


def shrunk(p: float, b: float, se: float) -> tuple[float, float]:
    """The share of the estimated stake that is best on average over what the estimate might have been."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    edges = (b + 1.0) * (p + se * nodes) - 1.0
    edge = (b + 1.0) * p - 1.0
    if edge <= 1e-14:
        return 0.0, 0.0
    # Growth of stake k * edge-hat / b: linear with the true edge, quadratic in the stake.
    share = edge * (weights @ edges) / (weights @ edges**2)
    return share * edge / b, share


def leverage_cases() -> Iterator[Case]:
    """Stakes from a sample of returns."""
    r = 30.0 * datasets.simple_returns("SOLUSDT", 300)
    for window, rf, frac, cap in ((100, 0.0, 0.5, 3.0), (5, 0.001, 1.0, 50.0)):
        mean, variance = rolling(np.mean, r, window) - rf, rolling(lambda w: np.var(w, ddof=1), r, window)
        f = np.clip(frac * mean / variance, -cap, cap)
        expected = {"f": f, "growth_rate": rf + f * mean - f**2 * variance / 2.0}
        params = {"window": window, "rf": rf, "frac": frac, "cap": cap}
        yield Case("kelly_continuous", params, [r], expected, CLOSED, "closed form", 1e-9)
    flat = np.full(8, 0.01)
    expected = {
        "f": datasets.after_warmup(np.zeros(4), 8),
        "growth_rate": datasets.after_warmup(np.full(4, 0.002), 8),
    }
    yield Case(
        "kelly_continuous", {"window": 5, "rf": 0.002}, [flat], expected, "no spread: 0", "scripted", 1e-12
    )
    for sample, window, cap in (
        (r, 250, 10.0),
        (r + 0.002, 120, 50.0),
        (-r, 300, 1.0),
        (r[:40] + 0.05, 30, 10.0),
    ):
        yield empirical(sample, window, cap)
    expected = {"f": 0.0, "growth": 0.0}
    even = np.tile([0.25, -0.25], 6)
    yield Case("kelly_empirical", {"window": 12}, [even], expected, "mean 0", "scripted")
    gains = np.array([0.1, 0.2, 0.0, 0.1, 0.3, 0.1, 0.2, 0.0, 0.1, 0.3])
    expected = {"f": 7.0, "growth": np.log1p(7.0 * gains).mean()}
    yield Case(
        "kelly_empirical",
        {"window": 10, "cap": 7.0},
        [gains],
        expected,
        "no loss: the cap",
        "scripted",
        1e-12,
    )
    matrix = 10.0 * datasets.returns_matrix(4, 260)
    for window, rf, ridge, frac in ((250, 0.0, 1e-8, 0.5), (100, 0.001, 0.1, 1.0)):
        sample = matrix[-window:]
        excess = sample.mean(axis=0) - rf
        covariance = np.cov(sample.T, ddof=1)
        loaded = covariance + ridge * np.trace(covariance) / 4.0 * np.eye(4)
        f = frac * np.linalg.solve(loaded, excess)
        growth = rf + f @ excess - f @ covariance @ f / 2.0
        params = {"window": window, "rf": rf, "ridge": ridge, "frac": frac}
        yield Case("kelly_multi", params, [matrix], {"f": f, "growth": growth}, f"{NUMPY} linalg.solve", "library",
                   1e-9)  # fmt: skip
        free = cvxpy.Variable(4)
        gain = excess @ free - cvxpy.quad_form(free, cvxpy.psd_wrap(loaded)) / 2.0
        problem = cvxpy.Problem(cvxpy.Maximize(gain))
        problem.solve(solver="CLARABEL", tol_gap_abs=1e-14, tol_gap_rel=1e-14, tol_feas=1e-14)
        note = "an interior-point method ends where its steps no longer gain"
        yield Case(
            "kelly_multi", params, [matrix], {"f": frac * free.value}, CVXPY, "library", 1e-6, note=note
        )


def empirical(r: Any, window: int, cap: float) -> Case:
    """The best leverage by a search of its growth."""
    sample = r[-window:]
    low = max(-cap, -1.0 / sample.max()) if sample.max() > 0 else -cap
    high = min(cap, -1.0 / sample.min()) if sample.min() < 0 else cap

    def loss(f: float) -> float:
        inside = 1.0 + f * sample
        return float(-np.log(inside).mean()) if (inside > 0).all() else np.inf

    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13})
    note = "a search by values of a function finds its place to half of the digits"
    return Case("kelly_empirical", {"window": window, "cap": cap}, [r], {"f": found.x, "growth": -found.fun},
                f"{SCIPY} minimize_scalar", "library", 1e-6, note=note)  # fmt: skip


def unit_cases() -> Iterator[Case]:
    """Units of a contract."""
    bars = datasets.bars()
    equity = 1e5 * wealth()[: len(bars.close)] / 1000.0
    for risk, period, point, lot in ((0.01, 20, 1.0, 0.001), (0.02, 7, 0.1, 5.0)):
        ranges = talib.ATR(bars.high, bars.low, bars.close, period)
        exact = risk * equity / (ranges * point)
        expected = [np.nan if np.isnan(units) else lots(units, lot) for units in exact]
        params = {"risk": risk, "period": period, "point": point, "lot": lot}
        inputs = [bars.high, bars.low, bars.close, equity]
        oracle = f"TA-Lib {talib.__version__} ATR, decimal floor"
        yield Case("atr_units", params, inputs, {"units": expected}, oracle, "library", 1e-9)
    flat = np.full(5, 100.0)
    expected = {"units": [np.nan, np.nan, 0.0, 0.0, 0.0]}
    yield Case("atr_units", {"period": 2}, [flat, flat, flat, flat], expected, "no range: 0", "scripted")
    entry = datasets.closes()
    stop = entry * (1.0 + np.where(np.arange(len(entry)) % 3 == 0, 0.01, -0.007))
    for risk, fee, lot in ((0.01, 0.0006, 0.001), (0.05, 0.0, 1.0)):
        loss = np.abs(entry - stop) + fee * (entry + stop)
        units = np.array([lots(each, lot) for each in risk * 1e6 / loss])
        expected = {"units": units, "notional": units * entry}
        params = {"risk": risk, "fee": fee, "lot": lot}
        inputs = [entry, stop, np.full(len(entry), 1e6)]
        yield Case(
            "fixed_fractional", params, inputs, expected, f"{CLOSED}, decimal floor", "closed form", 1e-9
        )
    inputs = [
        np.array([100.0, 100.0, 100.0, -1.0]),
        np.array([98.0, 100.0, 105.0, 1.0]),
        np.array([1e4, 1e4, -5.0, 1e4]),
    ]
    expected = {"units": [50.0, np.nan, 0.0, np.nan], "notional": [5000.0, np.nan, 0.0, np.nan]}
    yield Case("fixed_fractional", {"fee": 0.0}, inputs, expected, "by hand", "scripted", 1e-12)


def lots(units: float, lot: float) -> float:
    """Down to a multiple of the lot, in decimal arithmetic."""
    step = Decimal(repr(lot))
    count = (Decimal(repr(float(units))) / step + Decimal("1e-9")).to_integral_value(ROUND_FLOOR)
    return float(count * step)


def exposure_cases() -> Iterator[Case]:
    """Exposure of an account."""
    r = datasets.simple_returns("ETHUSDT")
    for target, lam, ann, cap in ((0.2, 0.94, 365.0, 3.0), (0.02, 0.8, 1095.0, 100.0)):
        weights = (1.0 - lam) * lam ** np.arange(len(r))
        variances = [weights[:t] @ r[t:0:-1] ** 2 + lam**t * r[0] ** 2 for t in range(len(r))]
        vol = np.sqrt(ann * np.array(variances))
        vol[0] = np.nan
        expected = {"vol": vol, "weight": np.minimum(cap, target / vol)}
        params = {"target": target, "lam": lam, "ann": ann, "cap": cap}
        yield Case("vol_target", params, [r], expected, CLOSED, "closed form", 1e-10)
    expected = {"vol": [np.nan, 0.0, 0.0], "weight": [np.nan, 3.0, 3.0]}
    yield Case("vol_target", {}, [np.zeros(3)], expected, "no volatility: the cap", "scripted")
    w = wealth()
    t = np.arange(len(w))
    highs = np.maximum.accumulate(w)
    for m, floor0, rf, ratchet, cap in ((4.0, 0.8, 0.0, False, 1.0), (3.0, 0.9, 2e-5, False, 5.0),
                                        (4.0, 0.95, 0.0, True, 1.0), (2.0, 0.97, 1e-4, True, 0.5)):  # fmt: skip
        # Each peak starts a floor of its own, which grows from then on.
        starts = floor0 * (highs if ratchet else np.where(t == 0, w[0], 0.0))
        floor = np.array([np.max(starts[: n + 1] * (1.0 + rf) ** (n - t[: n + 1])) for n in t])
        cushion = np.maximum(w - floor, 0.0)
        expected = {"exposure": np.minimum(cap, m * cushion / w), "floor": floor, "cushion": cushion}
        params = {"m": m, "floor0": floor0, "rf": rf, "ratchet": ratchet, "cap": cap}
        yield Case("cppi", params, [w], expected, CLOSED, "closed form", 1e-9)
    scene = np.array([100.0, 120.0, 150.0, 90.0, 79.0])
    expected = {
        "exposure": [0.8, 1.0, 1.0, 4.0 * 10.0 / 90.0, 0.0],
        "floor": [80.0] * 5,
        "cushion": [20.0, 40.0, 70.0, 10.0, 0.0],
    }
    yield Case("cppi", {}, [scene], expected, "by hand", "scripted", 1e-12)
    for k, alpha, cap in ((1.0, 0.8, 3.0), (20.0, 0.95, 0.9), (2.0, 0.0, 3.0)):
        leverage = np.clip(k * (1.0 - alpha * highs / w), 0.0, cap)
        params = {"k": k, "alpha": alpha, "cap": cap}
        yield Case("drawdown_control", params, [w], {"leverage": leverage}, CLOSED, "closed form", 1e-10)
    scene = np.array([100.0, 90.0, 80.0, 70.0, 200.0, 170.0, 0.0])
    expected = {"leverage": [0.4, 2.0 * 10.0 / 90.0, 0.0, 0.0, 0.4, 2.0 * 10.0 / 170.0, 0.0]}
    yield Case("drawdown_control", {"k": 2.0}, [scene], expected, "by hand", "scripted", 1e-12)


def multiplier_cases() -> Iterator[Case]:
    """Diversification."""
    r = datasets.returns_matrix(5, 160)
    r[:, 2] *= -1.0
    weights = (
        np.tile([0.1, 0.3, 0.2, 0.25, 0.15], (len(r), 1)) * (1.0 + 0.5 * np.sin(np.arange(len(r))))[:, None]
    )
    weights[100:, 3] *= -1.0
    for window, cap in ((60, 2.5), (20, 1.2)):
        idm = np.full(len(r), np.nan)
        for t in range(window - 1, len(r)):
            correlation = np.maximum(np.corrcoef(r[t - window + 1 : t + 1].T), 0.0)
            w = weights[t] / np.abs(weights[t]).sum()
            risk = w @ correlation @ w
            idm[t] = min(cap, 1.0 / np.sqrt(risk)) if risk > 0.0 else cap
        params = {"window": window, "cap": cap}
        yield Case(
            "diversification_multiplier", params, [r, weights], {"idm": idm}, CLOSED, "closed form", 1e-10
        )
    alike = [np.column_stack([r[:8, 0], 2.0 * r[:8, 0]]), np.tile([0.5, 0.5], (8, 1))]
    expected = {"idm": datasets.after_warmup(np.ones(4), 8)}
    yield Case(
        "diversification_multiplier", {"window": 5}, alike, expected, "one series twice: 1", "scripted", 1e-12
    )
    none = [np.full((6, 4), 0.01), np.vstack([np.ones((5, 4)), np.zeros((1, 4))])]
    expected = {"idm": [np.nan, np.nan, np.nan, np.nan, 2.0, np.nan]}
    oracle = "no spread: no correlation, sqrt(4); no weights: NaN"
    yield Case("diversification_multiplier", {"window": 5}, none, expected, oracle, "scripted", 1e-12)


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    for family in (bet_cases, leverage_cases, unit_cases, exposure_cases, multiplier_cases):
        yield from family()
