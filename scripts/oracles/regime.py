"""Regimes and change points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import hmmlearn.hmm
import numpy as np
import river.drift
import river.drift.adwin
import ruptures
import scipy
import scipy.signal
import scipy.spatial.distance
import scipy.special
import scipy.stats
import statsmodels
import statsmodels.api
from statsmodels.tsa.stattools import adfuller

from nanotick.formulas.proving import Case
from oracles import datasets

HMMLEARN = f"hmmlearn {hmmlearn.__version__}"
RIVER = f"river {river.__version__}"
RUPTURES = f"ruptures {ruptures.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its defaults and at other parameters."""
    for part in (_sequential, _adwin, _hmm, _bocpd, _segments, _breaks, _bubbles, _states):
        yield from part()


def _shifted(count: int = 300) -> Any:
    """Returns in units of their deviation, whose mean moves by two of them half way."""
    returns = datasets.log_returns(count=count)
    return returns / returns.std() + 2.0 * (np.arange(count) >= count // 2)


def _sequential() -> Iterator[Case]:
    x = _shifted()
    for mu0, sigma, k, h in ((0.0, 1.0, 0.5, 5.0), (0.3, 0.7, 0.25, 3.0)):
        params = {"mu0": mu0, "sigma": sigma, "k": k, "h": h}
        yield Case("cusum_page", params, [x], _cusum((x - mu0) / sigma, k, h), "closed form", "closed form")
    # Three deviations up: 2.5, then 5.0 which is not above 5, then 7.5; after the alarm all starts anew.
    scene = {"s_hi": [2.5, 5.0, 7.5, 0.0, 0.0], "s_lo": [0.0, 0.0, 0.0, 5.5, 5.5], "alarm": [0, 0, 1, -1, -1]}
    yield Case("cusum_page", {}, [[3.0, 3.0, 3.0, -6.0, -6.0]], scene, "by hand", "scripted")
    for params in ({"threshold": 8.0}, {"min_instances": 5, "delta": 0.1, "threshold": 3.0, "alpha": 0.95}):
        settings = {"min_instances": 30, "delta": 0.005, "alpha": 0.9999} | params
        detector, rows = river.drift.PageHinkley(**settings), []
        for value in x:
            detector.update(value)
            rows.append([
                detector._sum_increase - detector._min_increase,
                detector._max_decrease - detector._sum_decrease,
                float(detector.drift_detected),
            ])  # fmt: skip
        expected = dict(zip(("up", "down", "drift"), np.array(rows).T, strict=True))
        yield Case("page_hinkley", params, [x], expected, RIVER, "library")
    # Two hundred rows are too few for the default threshold: no alarm.
    yield Case("page_hinkley", {}, [x[:140]], {"drift": np.zeros(140)}, "by hand", "scripted")


def _cusum(z: Any, k: float, h: float) -> dict[str, Any]:
    """Each sum as the largest sum of a run that ends here and began after the last alarm."""
    high, low, alarm = (np.zeros(len(z)) for _ in range(3))
    start = 0
    for t in range(len(z)):
        tails = z[start : t + 1][::-1]
        high[t] = max(0.0, np.cumsum(tails - k).max())
        low[t] = max(0.0, np.cumsum(-tails - k).max())
        if max(high[t], low[t]) > h:
            alarm[t], start = (1.0 if high[t] >= low[t] else -1.0), t + 1
    return {"s_hi": high, "s_lo": low, "alarm": alarm}


def _adwin() -> Iterator[Case]:
    x = np.concatenate([_shifted(400), 4.0 - _shifted(300)])
    for delta, clock, buckets in ((0.002, 32, 5), (0.1, 8, 3), (0.5, 1, 2)):
        window = river.drift.adwin.AdaptiveWindowing(
            delta=delta, clock=clock, max_buckets=buckets, min_window_length=1, grace_period=0
        )
        rows = []
        for value in x:
            drift = window.update(value)
            rows.append([window.get_width(), window.get_total() / window.get_width(), float(drift)])
        params = {"delta": delta, "clock": clock, "max_buckets": buckets, "min_window": 1}
        expected = dict(zip(("width", "mean", "drift"), np.array(rows).T, strict=True))
        yield Case("adwin", params, [x], expected, f"{RIVER}: its window without the reset", "library")
    for params in ({}, {"min_window": 30, "clock": 10, "delta": 0.3}):
        settings = {"delta": 0.002, "max_buckets": 5, "clock": 32, "min_window": 5} | params
        yield Case("adwin", params, [x], _windows(x, **settings), "closed form: from the values of the buckets",
                   "closed form")  # fmt: skip


def _windows(x: Any, delta: float, max_buckets: int, clock: int, min_window: int) -> dict[str, Any]:
    """Buckets as lengths alone; means and variances from the values themselves."""
    lengths: list[int] = []
    rows = []
    for t in range(len(x)):
        lengths.append(1)
        for size in (2**level for level in range(40)):
            if lengths.count(size) > max_buckets:
                first = lengths.index(size)
                lengths[first : first + 2] = [2 * size]
        drift = 0.0
        while (t + 1) % clock == 0:
            values = x[t + 1 - sum(lengths) : t + 1]
            n = len(values)
            penalty = math.log(2 * math.log(n) / delta) if n > 1 else 0.0
            for n0 in itertools.accumulate(lengths[:-1]):
                if min(n0, n - n0) >= min_window:
                    inverse = 1 / n0 + 1 / (n - n0)
                    cut = math.sqrt(2 * inverse * values.var() * penalty) + 2 / 3 * inverse * penalty
                    if abs(values[:n0].mean() - values[n0:].mean()) > cut:
                        drift = 1.0
                        del lengths[0]
                        break
            else:
                break
        width = sum(lengths)
        rows.append([width, x[t + 1 - width : t + 1].mean(), drift])
    return dict(zip(("width", "mean", "drift"), np.array(rows).T, strict=True))


def _hmm() -> Iterator[Case]:
    x = datasets.log_returns(count=150)
    three = {
        "start": [0.5, 0.3, 0.2], "transition": [0.9, 0.08, 0.02, 0.1, 0.8, 0.1, 0.0, 0.3, 0.7],
        "mean": [0.0, 2e-4, -3e-4], "sd": [2e-4, 5e-4, 9e-4],
    }  # fmt: skip
    default = {
        "start": [0.5, 0.5],
        "transition": [0.95, 0.05, 0.05, 0.95],
        "mean": [0.0, 0.0],
        "sd": [5e-4, 2e-3],
    }
    for params, values in (({}, default), ({"n_states": 3} | three, three)):
        k = len(values["start"])
        model = hmmlearn.hmm.GaussianHMM(k, covariance_type="diag")
        model.startprob_, model.transmat_ = (
            np.array(values["start"]),
            np.array(values["transition"]).reshape(k, k),
        )
        model.means_, model._covars_ = np.array(values["mean"])[:, None], np.array(values["sd"])[:, None] ** 2
        model.n_features = 1
        loglik, prob = [], []
        for end in range(1, len(x) + 1):
            score, posterior = model.score_samples(x[:end, None])
            loglik.append(score)
            prob.append(posterior[-1])
        expected = {"prob": prob, "state": np.argmax(prob, axis=1), "loglik": loglik}
        yield Case("hmm_forward", params, [x], expected, f"{HMMLEARN} on every prefix", "library")
    far = {"mean": [0.0, 1.0], "sd": [1e-3, 1e-3]}
    # Both densities of the middle row are 0 as doubles: 500 deviations off either mean, equally far.
    expected = {"prob": [[1.0, 0.0], [0.95, 0.05], [0.0, 1.0]]}
    yield Case("hmm_forward", far, [[0.0, 0.5, 1.0]], expected, "by hand", "scripted")
    x = 1e4 * datasets.log_returns(count=400)
    for k, iters in ((2, 40), (3, 15)):
        model = hmmlearn.hmm.GaussianHMM(
            k,
            "diag",
            n_iter=iters,
            tol=-np.inf,
            init_params="",
            covars_prior=0.0,
            covars_weight=1.0,
            min_covar=0.0,
        )
        model.startprob_, model.transmat_ = np.full(k, 1 / k), np.full((k, k), 0.1 / (k - 1))
        np.fill_diagonal(model.transmat_, 0.9)
        model.means_, model._covars_ = (
            np.quantile(x, (np.arange(k) + 0.5) / k)[:, None],
            np.full((k, 1), x.var()),
        )
        model.n_features = 1
        model.fit(x[:, None])
        var = model._covars_[:, 0]
        order = np.argsort(var)
        expected = {
            "pi": model.startprob_[order], "A": model.transmat_[np.ix_(order, order)].ravel(),
            "mu": model.means_[order, 0], "var": var[order], "loglik": model.score(x[:, None]),
        }  # fmt: skip
        params = {"n_states": k, "iters": iters, "tol": 1e-300}
        yield Case("hmm_baum_welch", params, [x], expected, HMMLEARN, "library", 1e-8)


def _bocpd() -> Iterator[Case]:
    x = _shifted(160)
    for params in ({}, {"hazard": 0.05, "mu0": 0.5, "kappa0": 0.2, "alpha0": 2.0, "beta0": 0.7, "recent": 3}):
        yield Case(
            "bocpd", params, [x], _runs(x, **params), f"{SCIPY}: Student densities of cut out runs", "library"
        )
    params = {"max_run": 12, "hazard": 0.02}
    yield Case(
        "bocpd", params, [x], _runs(x, **params), f"{SCIPY}: Student densities of cut out runs", "library"
    )


def _runs(
    x: Any, hazard: float = 0.004, mu0: float = 0.0, kappa0: float = 1.0, alpha0: float = 1.0, beta0: float = 1.0,
    max_run: int = 1000, recent: int = 5,
) -> dict[str, Any]:  # fmt: skip
    """The posterior of each run from the values of the run, by the conjugate formulas for whole samples."""
    mass, rows = np.array([1.0]), []
    for t, value in enumerate(x):
        density = []
        for run in range(len(mass)):
            past = x[t - run : t]
            n, mean = run, past.mean() if run else 0.0
            k, a = kappa0 + n, alpha0 + n / 2
            m = (kappa0 * mu0 + n * mean) / k
            b = beta0 + 0.5 * ((past - mean) ** 2).sum() + kappa0 * n * (mean - mu0) ** 2 / (2 * k)
            density.append(scipy.stats.t.pdf(value, 2 * a, m, math.sqrt(b * (k + 1) / (a * k))))
        joint = mass * np.array(density)
        mass = np.concatenate([[joint.sum() * hazard], joint * (1 - hazard)])
        if len(mass) > max_run + 1:
            mass = np.concatenate([mass[:max_run], [mass[max_run:].sum()]])
        mass = mass / mass.sum()
        rows.append([mass[:recent].sum(), np.argmax(mass), mass @ np.arange(len(mass))])
    return dict(zip(("p_change", "map_run", "mean_run"), np.array(rows).T, strict=True))


def _segments() -> Iterator[Case]:
    x = np.concatenate([_shifted(90), 1.0 - _shifted(70)])
    for penalty, min_size in ((10.0, 2), (2.0, 1), (1.0, 7), (3.0, 20), (1e9, 2)):
        points = ruptures.Dynp(model="l2", jump=1, min_size=min_size)
        model = ruptures.costs.CostL2().fit(x)
        found = ruptures.Pelt(model="l2", jump=1, min_size=min_size).fit(x).predict(penalty)
        best = model.sum_of_costs(found) + penalty * (len(found) - 1)
        # Exact for every number of changes: the optimum of all of them.
        points = points.fit(x)
        for count in range(1, min(len(found) + 2, len(x) // min_size - 1)):
            other = points.predict(count)
            cost = model.sum_of_costs(other) + penalty * count
            if cost < best - 1e-9:
                found, best = other, cost
        params = {"penalty": penalty, "min_size": min_size}
        expected = {"change_points": found[:-1], "cost": best}
        yield Case("pelt", params, [x], expected, f"{RUPTURES}: Pelt and Dynp, the better", "library")


def _breaks() -> Iterator[Case]:
    x = datasets.log_returns("ETHUSDT", 150) * 1e3
    y = datasets.log_returns("BTCUSDT", 150) * 1e3 + np.where(np.arange(150) >= 80, 0.8 * x, 0.0)
    for trim in (0.15, 0.3):
        stats = {}
        n = len(x)
        design = statsmodels.api.add_constant(x)
        whole = statsmodels.api.OLS(y, design).fit().ssr
        for b in range(math.ceil(trim * n), math.floor((1 - trim) * n) + 1):
            parts = sum(
                statsmodels.api.OLS(y[rows], design[rows]).fit().ssr for rows in (slice(b), slice(b, n))
            )
            stats[b] = ((whole - parts) / 2) / (parts / (n - 4))
        best = max(stats, key=stats.__getitem__)
        expected = {"sup_f": stats[best], "break_index": best}
        yield Case("chow_supf", {"trim": trim}, [x, y], expected, STATSMODELS, "library")


def _bubbles() -> Iterator[Case]:
    price = datasets.closes(count=110)
    x = np.log(price)
    for r0, lags, generalized in ((0, 0, False), (40, 1, True), (80, 3, False), (0, 0, True)):
        shortest = r0 or math.floor(len(x) * (0.01 + 1.8 / math.sqrt(len(x))))
        bsadf, anchored = np.full(len(x), np.nan), []
        for end in range(shortest, len(x)):
            stats = [
                adfuller(x[start : end + 1], maxlag=lags, regression="c", autolag=None)[0]
                for start in range(end - shortest + 1)
            ]
            bsadf[end] = max(stats)
            anchored.append(stats[0])
        stat = np.nanmax(bsadf) if generalized else max(anchored)
        params = {"r0": r0, "lags": lags, "generalized": generalized}
        yield Case("sadf", params, [price], {"stat": stat, "bsadf": bsadf}, STATSMODELS, "library")


def _states() -> Iterator[Case]:
    returns = datasets.returns_matrix(4, 200)
    for window, ridge in ((60, 1e-10), (30, 0.1)):
        d = np.full(len(returns), np.nan)
        for t in range(window, len(returns)):
            past = returns[t - window : t]
            cov = np.cov(past.T, ddof=1)
            cov += ridge * np.trace(cov) / 4 * np.eye(4)
            d[t] = scipy.spatial.distance.mahalanobis(returns[t], past.mean(axis=0), np.linalg.inv(cov)) ** 2
        params = {"window": window, "ridge": ridge}
        yield Case("turbulence", params, [returns], {"d": d}, SCIPY, "library")
    for window, frac in ((150, 0.2), (60, 0.6), (200, 0.375)):
        values = np.linalg.svd(returns[-window:] - returns[-window:].mean(axis=0), compute_uv=False) ** 2
        first = {0.2: 1, 0.6: 2, 0.375: 2}[frac]
        ratio = values[:first].sum() / values.sum()
        yield Case("absorption_ratio", {"window": window, "frac": frac}, [returns], {"ar": ratio},
                   f"NumPy {np.__version__}: singular values", "library")  # fmt: skip
    r = datasets.log_returns(count=400)
    for params in (
        {"fast": 10, "hist": 60}, {"fast": 5, "hist": 25, "lo": 0.3, "hi": 0.6, "hyst": 0.1},
        {"fast": 5, "hist": 25, "lo": 0.45, "hi": 0.5, "hyst": 0.0},
    ):  # fmt: skip
        yield Case("vol_regime", params, [r], _regimes(r, **params), f"{SCIPY}: percentileofscore", "library")


def _regimes(
    r: Any, fast: int, hist: int, lo: float = 0.33, hi: float = 0.67, hyst: float = 0.05
) -> dict[str, Any]:
    volatility = datasets.windows(r, fast).std(axis=1, ddof=1)
    percentile, regime = np.full(len(r), np.nan), np.full(len(r), np.nan)
    now: int | None = None
    for t in range(fast + hist - 2, len(r)):
        last = t - fast + 1
        history = volatility[last - hist + 1 : last + 1]
        p = percentile[t] = scipy.stats.percentileofscore(history, volatility[last], kind="weak") / 100
        if now is None:
            now = 0 if p < lo else 2 if p > hi else 1
        else:
            if (now == 0 and p > lo + hyst) or (now == 2 and p < hi - hyst):
                now = 1
            if now == 1:
                now = 0 if p < lo - hyst else 2 if p > hi + hyst else 1
        regime[t] = now
    return {"regime": regime, "percentile": percentile}
