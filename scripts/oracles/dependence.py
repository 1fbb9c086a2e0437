"""Dependence and correlation."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import dcor
import numpy as np
import scipy.stats
import sklearn.covariance
import statsmodels.api as sm
import statsmodels.tsa.stattools as tsa
import talib

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import named, rolling

DCOR = f"dcor {version('dcor')}"
NUMPY = "NumPy, window by window from the definition"
SCIPY = f"SciPy {scipy.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"
STATSMODELS = f"statsmodels {version('statsmodels')}"
TALIB = f"TA-Lib {talib.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for family in (
            correlations,
            ranks,
            tails,
            lags,
            betas,
            weighted,
            averages,
            asynchronous,
            distances,
            shrunk,
            partial,
            denoised,
        ):
            yield from family()


def pair(count: int = 300) -> tuple[Any, Any]:
    """Returns of bitcoin and ether."""
    return datasets.log_returns("BTCUSDT", count), datasets.log_returns("ETHUSDT", count)


def coarse(values: Any) -> Any:
    """With many ties, and a stretch without any change."""
    values = np.round(values * 2e3) / 2e3
    values[60:90] = values[60]
    return values


def correlations() -> Iterator[Case]:
    """Pearson's."""
    x, y = pair()
    for period in (100, 2, 20):
        corr = (
            talib.CORREL(x, y, period)
            if period > 2
            else rolling(lambda x, y: np.corrcoef(x, y)[0, 1], 2, x, y)
        )
        oracle = TALIB if period > 2 else "NumPy's corrcoef"
        note = "TA-Lib sums raw squares: some digits less." if period > 2 else ""
        yield Case(
            "rolling_corr",
            {"period": period},
            [x, y],
            {"corr": corr},
            oracle,
            "library",
            scale=1.0,
            note=note,
        )
    x, y = datasets.closes("BTCUSDT", 300), datasets.closes("ETHUSDT", 300)
    y[100:140] = y[100]

    def pearson(x: Any, y: Any) -> float:
        return np.corrcoef(x, y)[0, 1] if np.ptp(x) and np.ptp(y) else 0.0

    values = {"corr": rolling(pearson, 15, x, y)}
    yield Case("rolling_corr", {"period": 15}, [x, y], values, "NumPy's corrcoef", "library", scale=1.0)


def ranks() -> Iterator[Case]:
    """Spearman's."""
    one, two = pair()
    tables = ((100, one, two), (3, one, two), (20, coarse(one), coarse(two)), (60, coarse(one), two))
    for period, x, y in tables:

        def rho(x: Any, y: Any) -> float:
            return scipy.stats.spearmanr(x, y).statistic if np.ptp(x) and np.ptp(y) else 0.0

        values = {"rho": rolling(rho, period, x, y)}
        yield Case("spearman", {"period": period}, [x, y], values, SCIPY, "library", 1e-12, 1.0)


def tails() -> Iterator[Case]:
    """Joint extremes."""
    one, two = pair()
    ties = (coarse(one), coarse(two))
    tables = ((200, 0.05, one, two), (99, 0.05, one, two), (50, 0.2, *ties), (60, 0.45, one, -two))
    for period, q, x, y in tables:

        def shares(x: Any, y: Any, q: float = q) -> list[float]:
            n = len(x)
            u, v = (scipy.stats.rankdata(values) / (n + 1) for values in (x, y))
            # The mirror image, rather than 1 - u, whose rounding would decide at the bound.
            a, b = ((n + 1 - scipy.stats.rankdata(values)) / (n + 1) for values in (x, y))
            lower, upper = ((u <= q) & (v <= q)).sum(), ((a <= q) & (b <= q)).sum()
            return [min(lower / (n * q), 1.0), min(upper / (n * q), 1.0)]

        values = named("lower upper", rolling(shares, period, x, y))
        yield Case("tail_dependence", {"period": period, "q": q}, [x, y], values, NUMPY, "closed form", 1e-12)


def lags() -> Iterator[Case]:
    """Cross-correlation by lag."""
    one, two = pair()
    behind = np.append(np.zeros(4), one[:-4]) + 0.3 * two
    ties = (coarse(one), coarse(two))
    tables = [
        (100, 20, one, two),
        (10, 9, one, two),
        (60, 6, one, behind),
        (60, 6, behind, one),
        (12, 3, *ties),
    ]
    for period, max_lag, x, y in tables:

        def largest(x: Any, y: Any, max_lag: int = max_lag) -> list[float]:
            if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
                return [0.0, 0.0]
            # statsmodels has x_{t+k} with y_t for k >= 0.
            after = tsa.ccf(y, x, adjusted=False, fft=False)[: max_lag + 1]
            before = tsa.ccf(x, y, adjusted=False, fft=False)[: max_lag + 1]
            best = (0, after[0])
            for lag in range(1, max_lag + 1):
                for signed, value in ((lag, after[lag]), (-lag, before[lag])):
                    if abs(value) > abs(best[1]) + 1e-12:
                        best = (signed, value)
            return list(best)

        values = named("best_lag ccf_max", rolling(largest, period, x, y))
        params = {"period": period, "max_lag": max_lag}
        yield Case("cross_correlation", params, [x, y], values, STATSMODELS, "library", scale=1.0)


def betas() -> Iterator[Case]:
    """Slopes against a benchmark."""
    benchmark, returns = pair()
    tables = (
        (250, returns, benchmark),
        (5, returns, benchmark),
        (30, coarse(returns), coarse(benchmark)),
    )
    for period, r, m in tables:

        def slopes(r: Any, m: Any) -> list[float]:
            rows = []
            for side in (np.full(len(m), True), m < m.mean(), m > m.mean()):
                if np.ptp(m) == 0.0 or side.sum() < 2 or np.ptp(m[side]) == 0.0:
                    rows.append(np.nan)
                    continue
                rows.append(scipy.stats.linregress(m[side], r[side]).slope)
            return rows

        values = named("beta beta_down beta_up", rolling(slopes, period, r, m))
        yield Case("downside_beta", {"period": period}, [r, m], values, SCIPY, "library", scale=1.0)


def weighted() -> Iterator[Case]:
    """Exponential weights."""
    returns = datasets.returns_matrix(4, 120).copy()
    returns[:, 3] = np.where(np.arange(120) < 10, 0.0, returns[:, 3])
    for lam in (0.97, 0.6):
        cov, corr = np.empty((120, 16)), np.empty((120, 16))
        for t in range(120):
            weights = (1.0 - lam) * lam ** np.arange(t, -1, -1.0)
            weights[0] = lam**t
            matrix = sum(w * np.outer(r, r) for w, r in zip(weights, returns[: t + 1], strict=True))
            deviations = np.sqrt(np.diag(matrix))
            both = np.outer(deviations, deviations)
            ratio = np.divide(matrix, both, out=np.zeros((4, 4)), where=both > 0.0)
            np.fill_diagonal(ratio, 1.0)
            cov[t], corr[t] = matrix.ravel(), ratio.ravel()
        values = {"cov": cov, "corr": corr}
        yield Case("ewma_cov", {"lam": lam}, [returns], values, NUMPY, "closed form", 1e-11, 1e-9)


def averages() -> Iterator[Case]:
    """One number for a correlation matrix."""
    returns = datasets.returns_matrix(6, 200)
    for window, assets in ((100, 6), (5, 6), (30, 2)):

        def summary(rows: Any) -> list[float]:
            matrix = np.corrcoef(rows.T)
            shares = np.linalg.eigvalsh(matrix) / len(matrix)
            off = matrix[~np.eye(len(matrix), dtype=bool)]
            return [off.mean(), np.exp(scipy.stats.entropy(np.maximum(shares, 0.0)))]

        values = named("avg_corr enb", rolling(summary, window, returns[:, :assets]))
        oracle = f"NumPy's corrcoef and {SCIPY}"
        yield Case(
            "average_correlation", {"window": window}, [returns[:, :assets]], values, oracle, "library"
        )


def events(count: int = 300) -> tuple[Any, Any, Any]:
    """Recorded trades of two symbols on one clock: prices (NaN where only the other traded) and times."""
    one, two = datasets.trades(count, "btcusdt"), datasets.trades(count, "ethusdt")
    t_s = np.unique(np.concatenate([one.t_s, two.t_s]))[:count]
    prices = []
    for tape in (one, two):
        column = np.full(len(t_s), np.nan)
        places = np.searchsorted(t_s, tape.t_s)
        inside = places < len(t_s)
        column[places[inside]] = tape.price[inside]
        prices.append(column)
    return prices[0], prices[1], t_s


def intervals(prices: Any, times: Any) -> list[tuple[Any, Any, Any]]:
    """Start, end and log return."""
    seen = [(t, np.log(p)) for t, p in zip(times, prices, strict=True) if not np.isnan(p)]
    return [(a[0], b[0], b[1] - a[1]) for a, b in itertools.pairwise(seen)]


def asynchronous() -> Iterator[Case]:
    """Hayashi and Yoshida's sums of all pairs."""
    x, y, t_s = events()
    late = np.where(np.arange(len(y)) < 60, np.nan, y)
    some = ~(np.isnan(x) & np.isnan(late))
    begun, late = x[some], late[some]
    synchronous = datasets.closes("BTCUSDT", 120), datasets.closes("ETHUSDT", 120)
    tables = ((1000, x, y), (25, x, y), (7, y, x), (10, *synchronous), (1000, begun, late), (30, late, begun))
    for window, x_prices, y_prices in tables:
        rows = np.arange(len(x_prices))
        returns_x, returns_y = intervals(x_prices, rows), intervals(y_prices, rows)
        pairs = [
            (max(s, t), dx * dy)
            for s_0, s, dx in returns_x
            for t_0, t, dy in returns_y
            if max(s_0, t_0) < min(s, t)
        ]
        cov, corr = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        for now in rows[1:]:
            inside = range(now - window + 1, now + 1)
            cov[now] = sum(product for end, product in pairs if end in inside)
            squares = [sum(d * d for _, s, d in returns if s in inside) for returns in (returns_x, returns_y)]
            spread = np.sqrt(squares[0] * squares[1])
            corr[now] = cov[now] / spread if spread > 0.0 else 0.0
        params, inputs = {"window": window}, [x_prices, y_prices]
        yield Case("hayashi_yoshida", params, inputs, {"cov": cov}, NUMPY, "closed form", scale=1e-9)
        yield Case("hayashi_yoshida", params, inputs, {"corr": corr}, NUMPY, "closed form")
    x, y, t_s = events(160)
    delayed = np.where(np.isnan(x), np.nan, x)
    for max_lag_s, step_s, other, times in (
        (0.5, 0.1, y, t_s),
        (0.3, 0.05, y, t_s),
        (1.0, 0.25, delayed, t_s),
    ):
        tables = [x, other, times]
        params = {"max_lag_s": max_lag_s, "step_s": step_s, "window": len(x)}
        values = shifted(*tables, max_lag_s, step_s)
        yield Case("lead_lag_hy", params, tables, values, NUMPY, "closed form")
    minutes = 60.0 * np.arange(100.0)
    bitcoin = datasets.closes("BTCUSDT", 103)
    tables = [bitcoin[3:], bitcoin[:-3], minutes]
    params = {"max_lag_s": 600.0, "step_s": 60.0, "window": 100}
    note = "y repeats x three minutes later."
    yield Case("lead_lag_hy", params, tables, {"lag_s": 180.0}, "by hand", "scripted", note=note)
    values = shifted(*tables, 600.0, 60.0)
    yield Case("lead_lag_hy", params, tables, values, NUMPY, "closed form")


def shifted(x: Any, y: Any, t_s: Any, max_lag_s: float, step_s: float) -> dict[str, float]:
    """All pairs at every lag, in whole nanoseconds."""
    times = [round((t - t_s[0]) * 1e9) for t in t_s]
    returns_x, returns_y = intervals(x, times), intervals(y, times)
    spread = np.sqrt(sum(d * d for *_, d in returns_x) * sum(d * d for *_, d in returns_y))
    step = round(step_s * 1e9)
    most = round(max_lag_s * 1e9) // step
    by_lag = {}
    for lag in range(-most, most + 1):
        shift = lag * step
        total = sum(
            dx * dy
            for s_0, s, dx in returns_x
            for t_0, t, dy in returns_y
            if max(s_0, t_0 - shift) < min(s, t - shift)
        )
        by_lag[lag] = total / spread
    best = min(by_lag, key=lambda lag: (-abs(by_lag[lag]), abs(lag)))
    late, early = (sum(by_lag[k] ** 2 for k in by_lag if k * sign > 0) for sign in (1, -1))
    return {"lag_s": best * step / 1e9, "corr_at_lag": by_lag[best], "llr": late / early}


def distances() -> Iterator[Case]:
    """Dependence of any form."""
    one, two = pair(400)
    for x, y in ((one, two), (one, np.abs(one)), (coarse(one), two[::-1]), (one, 2.0 - 3.0 * one)):
        values = {"dcor": dcor.distance_correlation(x, y)}
        yield Case("distance_correlation", {}, [x, y], values, DCOR, "library")
    flat = np.full(400, 0.1)
    yield Case("distance_correlation", {}, [one, flat], {"dcor": 0.0}, "by hand", "scripted")


def shrunk() -> Iterator[Case]:
    """Covariance between sample and identity."""
    returns = datasets.returns_matrix(6, 250)
    for sample in (returns, returns[:8], returns[:40, :2], returns[:3, :1]):
        cov, delta = sklearn.covariance.ledoit_wolf(sample)
        params = {"window": len(sample)}
        values = {"cov": cov, "delta": delta}
        yield Case("ledoit_wolf", params, [sample], values, SKLEARN, "library", 1e-9, 1e-9)


def partial() -> Iterator[Case]:
    """Correlation of what is left after regression on all others."""
    returns = datasets.returns_matrix(5, 250)
    for sample in (returns, returns[:30, :3], returns[:50, :2]):
        assets = sample.shape[1]
        pcorr = np.eye(assets)
        for i in range(assets):
            for j in range(i):
                others = np.delete(sample, [i, j], axis=1)
                table = sm.add_constant(others) if others.size else np.ones((len(sample), 1))
                left = [sm.OLS(sample[:, k], table).fit().resid for k in (i, j)]
                pcorr[i, j] = pcorr[j, i] = np.corrcoef(*left)[0, 1]
        params = {"window": len(sample)}
        yield Case("partial_corr", params, [sample], {"pcorr": pcorr}, STATSMODELS, "library")
    covariance = np.cov(returns.T, bias=True)
    for ridge in (0.1, 1.0):
        omega = np.linalg.inv(covariance + ridge * np.trace(covariance) / 5.0 * np.eye(5))
        pcorr = -omega / np.sqrt(np.outer(np.diag(omega), np.diag(omega)))
        np.fill_diagonal(pcorr, 1.0)
        params = {"window": 250, "ridge": ridge}
        yield Case("partial_corr", params, [returns], {"pcorr": pcorr}, "NumPy's inv", "library")
    twins = np.column_stack([returns[:, :2], returns[:, 0]])
    note = "Two equal assets: no inverse."
    values = {"pcorr": np.full((3, 3), np.nan)}
    yield Case("partial_corr", {"window": 250}, [twins], values, "by hand", "scripted", note=note)


def denoised() -> Iterator[Case]:
    """Eigenvalues of noise taken out."""
    returns = datasets.returns_matrix(8, 300)
    noise = np.random.default_rng(3).standard_normal((60, 6)) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    for sample in (returns, returns[:40], noise):
        rows, assets = sample.shape
        corr = np.corrcoef(sample.T)
        bound = (1.0 + np.sqrt(assets / rows)) ** 2
        u, values, _ = np.linalg.svd(corr)
        signal = values > bound
        values[~signal] = values[~signal].mean()
        rebuilt = u @ np.diag(values) @ u.T
        rebuilt = rebuilt / np.sqrt(np.outer(np.diag(rebuilt), np.diag(rebuilt)))
        outputs = {"corr": rebuilt, "n_signal": signal.sum(), "lambda_plus": bound}
        yield Case("rmt_denoise", {"window": rows}, [sample], outputs, NUMPY, "closed form")
