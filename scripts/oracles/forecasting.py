"""Forecasting and online learning."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import cvxpy
import numpy as np
import river.linear_model
import river.optim
import river.stats
import scipy
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.stats
import sklearn
import sklearn.ensemble
import sklearn.metrics
import statsmodels
import statsmodels.api
from statsmodels.regression.linear_model import burg, yule_walker
from statsmodels.tsa.holtwinters import ExponentialSmoothing, Holt, SimpleExpSmoothing

from nanotick.formulas.proving import Case
from oracles import datasets

RIVER = f"river {river.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its defaults and at other parameters."""
    for part in (
        _running,
        _smoothing,
        _regression,
        _classifiers,
        _aggressive,
        _experts,
        _bandits,
        _evaluation,
        _batch,
    ):
        yield from part()


@functools.cache
def _features(count: int = 150) -> tuple[Any, Any]:
    """Returns of three symbols in percent, and BTC's of the same minute."""
    matrix = 100.0 * datasets.returns_matrix(4, count)
    return matrix[:, 1:].copy(), matrix[:, 0].copy()


def _forecasts(count: int = 200) -> tuple[Any, Any]:
    """Three naive forecasts of a price."""
    price = datasets.closes(count=count + 10)
    lagged = [price[10 - lag : len(price) - lag] for lag in (1, 3, 7)]
    return np.column_stack(lagged), price[10:]


def _running() -> Iterator[Case]:
    price = datasets.closes(count=160)
    for ddof in (0, 1):
        prefixes = [price[: end + 1] for end in range(len(price))]
        expected = {
            "n": np.arange(1.0, len(price) + 1),
            "mean": [np.mean(prefix) for prefix in prefixes],
            "var": [np.var(prefix, ddof=ddof) if len(prefix) > ddof else np.nan for prefix in prefixes],
            "min": np.minimum.accumulate(price),
            "max": np.maximum.accumulate(price),
        }
        yield Case("welford", {"ddof": ddof}, [price], expected, f"NumPy {np.__version__}", "library")
    far = price + 1e9
    var = [np.nan] + [np.var(price[: end + 1], ddof=1) for end in range(1, len(price))]
    note = "A shift by 1e9 rounds the inputs to 1e-7; the variance is that without the shift."
    yield Case("welford", {}, [far], {"var": var}, f"NumPy {np.__version__}", "library", 1e-6, 1.0, 0, note)
    # The worked example of Jain and Chlamtac (1985): markers of the median after 20 observations.
    published = [0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.60, 10.28, 1.47, 0.40, 0.05,
                 11.39, 0.27, 0.42, 0.09, 11.37]  # fmt: skip
    expected = {"quantile": [np.nan] * 19 + [4.44]}
    note = "The paper's last value; it prints two decimals."
    paper = "Jain and Chlamtac 1985, table I"
    yield Case("p2_quantile", {}, [published], expected, paper, "scripted", 5e-3, 1.0, 19, note)
    returns = datasets.log_returns(count=300)
    # Other shares than these river adds up with roundings, and misses steps that are due at whole positions.
    for q in (0.5, 0.0625, 0.875):
        sketch, values = river.stats.Quantile(q), []
        for x in returns:
            sketch.update(float(x))
            values.append(sketch.get())
        note = "Of five values river gives the exact quantile, as of fewer; from the sixth on both give marker 3."
        expected = {"quantile": np.array(values)}
        yield Case("p2_quantile", {"q": q}, [returns], expected, RIVER, "library", 1e-9, 1e-6, 5, note)
        params = {"q": q, "gamma": 0.05, "scale_alpha": 0.1}
        expected = {"quantile": _stochastic_quantile(returns, 0.05, 0.1, q)}
        yield Case(
            "stochastic_quantile", params, [returns], expected, "closed form", "closed form", scale=1e-6
        )
    expected = {"quantile": _stochastic_quantile(price, 0.01, 0.01, 0.5)}
    yield Case("stochastic_quantile", {}, [price], expected, "closed form", "closed form")


def _stochastic_quantile(xs: Any, gamma: float, alpha: float, q: float) -> Any:
    """The scale as a weighted sum over all distances so far."""
    quantiles, distances = [xs[0]], [0.0]
    for x in xs[1:]:
        distances.append(abs(x - quantiles[-1]))
        ages = np.arange(len(distances))[::-1]
        scale = float(np.sum(alpha * (1 - alpha) ** ages * np.array(distances)))
        quantiles.append(quantiles[-1] + gamma * scale * (2 * q if x > quantiles[-1] else 2 * q - 2))
    return quantiles


def _smoothing() -> Iterator[Case]:
    price = datasets.closes(count=160)
    for alpha in (0.2, 0.7, 1.0):
        model = SimpleExpSmoothing(price, initialization_method="known", initial_level=price[0])
        fit = model.fit(smoothing_level=alpha, optimized=False)
        error = np.concatenate([[np.nan], (price - fit.fittedvalues)[1:]])
        expected = {"level": fit.level, "forecast": fit.level, "error": error}
        yield Case("ses", {"alpha": alpha}, [price], expected, STATSMODELS, "library", scale=1.0)
    for alpha, beta, phi, h in ((0.2, 0.05, 1.0, 1), (0.5, 0.3, 0.9, 4), (0.1, 0.0, 0.8, 10)):
        options = {
            "initialization_method": "known",
            "initial_level": price[1],
            "initial_trend": price[1] - price[0],
        }
        model = Holt(price[2:], damped_trend=phi < 1, **options)
        damping = {"damping_trend": phi} if phi < 1 else {}
        fit = model.fit(smoothing_level=alpha, smoothing_trend=beta, optimized=False, **damping)
        reach = sum(phi**k for k in range(1, h + 1))
        level = np.concatenate([[price[1]], fit.level])
        trend = np.concatenate([[price[1] - price[0]], fit.trend])
        expected = {"level": level, "trend": trend, "forecast": level + reach * trend}
        params = {"alpha": alpha, "beta": beta, "phi": phi, "h": h}
        expected = {name: datasets.after_warmup(values, len(price)) for name, values in expected.items()}
        yield Case("holt", params, [price], expected, STATSMODELS, "library")
    for m, alpha, beta, gamma, h in ((24, 0.2, 0.01, 0.1, 1), (5, 0.5, 0.2, 0.3, 7), (4, 0.3, 0.1, 0.0, 4)):
        yield _holt_winters(price, m, alpha, beta, gamma, h)


def _holt_winters(price: Any, m: int, alpha: float, beta: float, gamma: float, h: int) -> Case:
    first, second = price[:m].mean(), price[m : 2 * m].mean()
    trend = (second - first) / m
    seasons = price[:m] - (first + trend * (np.arange(m) - (m - 1) / 2))
    model = ExponentialSmoothing(
        price[m:], trend="add", seasonal="add", seasonal_periods=m, initialization_method="known",
        initial_level=first + trend * (m - 1) / 2, initial_trend=trend, initial_seasonal=seasons,
    )  # fmt: skip
    fit = model.fit(smoothing_level=alpha, smoothing_trend=beta, smoothing_seasonal=gamma, optimized=False)
    season = np.asarray(fit.season)
    level, slope = np.asarray(fit.level)[m - 1 :], np.asarray(fit.trend)[m - 1 :]
    ahead = np.array([season[t - m + 1 + (h - 1) % m] for t in range(m - 1, len(season))])
    expected = {
        "level": level,
        "trend": slope,
        "season": season[m - 1 :],
        "forecast": level + h * slope + ahead,
    }
    expected = {name: datasets.after_warmup(values, len(price)) for name, values in expected.items()}
    params = {"m": m, "alpha": alpha, "beta": beta, "gamma": gamma, "h": h}
    return Case("holt_winters", params, [price], expected, STATSMODELS, "library")


def _regression() -> Iterator[Case]:
    x, y = _features()
    for lam, delta in ((0.999, 1000.0), (0.9, 10.0), (1.0, 5.0)):
        beta = []
        for t in range(len(y)):
            weight = lam ** np.arange(t, -1, -1.0)
            left = (x[: t + 1] * weight[:, None]).T @ x[: t + 1] + lam ** (t + 1) / delta * np.eye(3)
            beta.append(
                scipy.linalg.solve(left, (x[: t + 1] * weight[:, None]).T @ y[: t + 1], assume_a="pos")
            )
        pred = np.einsum("tn,tn->t", x, np.vstack([np.zeros(3), beta[:-1]]))
        expected = {"beta": beta, "pred": pred, "err": y - pred}
        yield Case(
            "rls",
            {"lam": lam, "delta": delta},
            [x, y],
            expected,
            "closed form: weighted ridge",
            "closed form",
        )
    recursive = statsmodels.api.RecursiveLS(y, x).fit()
    expected = {"beta": recursive.recursive_coefficients.filtered.T}
    note = "A start of 1e10 for P stands for the diffuse one, to what 1/delta leaves."
    yield Case(
        "rls", {"lam": 1.0, "delta": 1e10}, [x, y], expected, STATSMODELS, "library", 1e-6, 1e-3, 10, note
    )
    for alpha, beta in ((1.0, 1.0), (0.1, 25.0)):
        mean, var = [], []
        for t in range(len(y)):
            precision = alpha * np.eye(3) + beta * x[:t].T @ x[:t]
            mean.append(x[t] @ np.linalg.solve(precision, beta * x[:t].T @ y[:t]))
            var.append(1 / beta + x[t] @ np.linalg.solve(precision, x[t]))
        expected = {"pred_mean": mean, "pred_var": var}
        params = {"alpha": alpha, "beta": beta}
        yield Case(
            "bayes_linreg", params, [x, y], expected, "closed form: posterior of all rows", "closed form"
        )
        model = river.linear_model.BayesianLinearRegression(alpha=alpha, beta=beta, smoothing=None)
        mean, var = [], []
        for row, target in zip(x, y, strict=True):
            features = dict(enumerate(row))
            law = model.predict_one(features, with_dist=True)
            mean.append(law.mu)
            var.append(law.sigma**2)
            model.learn_one(features, target)
        expected = {"pred_mean": np.array(mean), "pred_var": np.array(var)}
        note = "river gives a fixed law for the first row, of which it does not know the features."
        yield Case("bayes_linreg", params, [x, y], expected, RIVER, "library", 1e-9, 1e-3, 1, note)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-35.0, min(35.0, x))))


def _classifiers() -> Iterator[Case]:
    x, y = _features(120)
    x, label = 10 * x, (y > 0).astype(float)
    for alpha, beta, l1, l2 in ((0.1, 1.0, 0.0, 1.0), (0.5, 0.0, 0.3, 0.1)):
        prob, weights = _ftrl(x, label, alpha, beta, l1, l2)
        params = {"alpha": alpha, "beta": beta, "l1": l1, "l2": l2}
        oracle = f"{SCIPY}: the objective's minimum by brentq on its derivative"
        yield Case("ftrl_proximal", params, [x, label], {"prob": prob, "weights": weights}, oracle, "library")
    for lr, b1, b2, l2 in ((0.01, 0.9, 0.999, 0.0), (0.1, 0.5, 0.9, 0.2)):
        params = {"lr": lr, "b1": b1, "b2": b2, "l2": l2}
        prob, weights = _adam(x, label, lr, b1, b2, l2)
        expected = {"prob": prob, "weights": weights}
        yield Case("sgd_logistic", params, [x, label], expected, "closed form: direct sums", "closed form")
        optimizer = river.optim.Adam(lr=lr, beta_1=b1, beta_2=b2, eps=1e-13)
        held: dict[int, float] = dict.fromkeys(range(3), 0.0)
        rows = []
        for row, target in zip(x, label, strict=True):
            error = _sigmoid(sum(held[i] * row[i] for i in range(3))) - target
            held = optimizer.step(held, {i: error * row[i] + l2 * held[i] for i in range(3)})
            rows.append([held[i] for i in range(3)])
        note = "river's eps comes before the correction of v; without it, ours of 1e-8 is what differs."
        yield Case(
            "sgd_logistic", params, [x, label], {"weights": rows}, RIVER, "library", 1e-5, 1e-2, 0, note
        )


def _ftrl(x: Any, label: Any, alpha: float, beta: float, l1: float, l2: float) -> tuple[Any, Any]:
    """Each weight minimises what the paper's regret bound is about, found from the history and not from z and n."""
    w = np.zeros(x.shape[1])
    probs, weights = [], []
    history: list[tuple[Any, Any, Any]] = []
    squares = np.zeros_like(w)
    for row, target in zip(x, label, strict=True):
        probs.append(_sigmoid(float(row @ w)))
        gradient = (probs[-1] - target) * row
        sigma = (np.sqrt(squares + gradient**2) - np.sqrt(squares)) / alpha
        squares = squares + gradient**2
        history.append((gradient, sigma, w))
        w = np.array([_minimum(history, i, beta / alpha + l2, l1) for i in range(len(w))])
        weights.append(w)
    return probs, weights


def _minimum(history: Any, i: int, curvature: float, l1: float) -> float:
    gradient, sigma, past = (np.array([item[part][i] for item in history]) for part in range(3))

    def slope(w: float) -> float:
        return float(gradient.sum() + (sigma * (w - past)).sum() + curvature * w)

    if abs(slope(0.0)) <= l1:
        return 0.0
    side = -np.sign(slope(0.0))
    return float(scipy.optimize.brentq(lambda w: slope(w) + l1 * side, -1e3, 1e3, xtol=1e-15, rtol=1e-15))


def _adam(x: Any, label: Any, lr: float, b1: float, b2: float, l2: float) -> tuple[Any, Any]:
    w = np.zeros(x.shape[1])
    gradients: list[Any] = []
    probs, weights = [], []
    for t, (row, target) in enumerate(zip(x, label, strict=True), 1):
        probs.append(_sigmoid(float(row @ w)))
        gradients.append((probs[-1] - target) * row + l2 * w)
        all_, ages = np.array(gradients), np.arange(t)[::-1, None]
        first = ((1 - b1) * b1**ages * all_).sum(axis=0) / (1 - b1**t)
        second = ((1 - b2) * b2**ages * all_**2).sum(axis=0) / (1 - b2**t)
        w = w - lr * first / (np.sqrt(second) + 1e-8)
        weights.append(w)
    return probs, weights


def _aggressive() -> Iterator[Case]:
    x, y = _features(60)
    sign = np.where(y > 0, 1.0, -1.0)
    for task, target, c, eps in (
        ("regression", y, 0.1, 0.01), ("regression", 30 * y, 5.0, 0.2), ("classification", sign, 0.1, 0.0),
        ("classification", sign, 50.0, 0.0),
    ):  # fmt: skip
        w = np.zeros(3)
        pred, loss, weights = [], [], []
        for row, wanted in zip(x, target, strict=True):
            pred.append(row @ w)
            miss = abs(wanted - pred[-1]) - eps if task == "regression" else 1 - wanted * pred[-1]
            loss.append(max(0.0, miss))
            w = _projection(w, row, wanted, c, eps, task)
            weights.append(w)
        expected = {"pred": pred, "loss": loss, "weights": weights}
        yield Case("passive_aggressive", {"c": c, "eps": eps, "task": task}, [x, target], expected,
                   f"cvxpy {cvxpy.__version__}", "library", scale=1.0)  # fmt: skip


def _projection(w: Any, x: Any, y: float, c: float, eps: float, task: str) -> Any:
    moved, slack = cvxpy.Variable(3), cvxpy.Variable(nonneg=True)
    miss = cvxpy.abs(y - x @ moved) - eps if task == "regression" else 1 - y * (x @ moved)
    objective = cvxpy.Minimize(0.5 * cvxpy.sum_squares(moved - w) + c * slack)
    cvxpy.Problem(objective, [miss <= slack]).solve(
        solver=cvxpy.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13
    )
    return moved.value


def _experts() -> Iterator[Case]:
    forecasts, y = _forecasts()
    losses = np.minimum(1.0, np.abs(forecasts - y[:, None]) / 100.0)
    start = np.full((1, 3), 1 / 3)
    for eta in (0.1, 5.0):
        weights = scipy.special.softmax(-eta * np.cumsum(losses, axis=0), axis=1)
        pred = (np.vstack([start, weights[:-1]]) * forecasts).sum(axis=1)
        yield Case(
            "hedge", {"eta": eta}, [forecasts, losses], {"weights": weights, "pred": pred}, SCIPY, "library"
        )
    for lam, floor in ((0.98, 1e-12), (0.5, 1.0), (1.0, 0.1)):
        errors = (forecasts - y[:, None]) ** 2
        ages = np.arange(len(y))[:, None] - np.arange(len(y))
        decay = np.where(ages >= 0, (1 - lam) * lam ** np.maximum(ages, 0), 0.0)
        inverse = 1 / np.maximum(decay @ errors, floor)
        weights = inverse / inverse.sum(axis=1, keepdims=True)
        pred = (np.vstack([start, weights[:-1]]) * forecasts).sum(axis=1)
        yield Case("forecast_combination", {"lam": lam, "floor": floor}, [forecasts, y],
                   {"weights": weights, "pred": pred}, "closed form", "closed form")  # fmt: skip


def _splitmix(seed: int) -> Iterator[float]:
    mask = 2**64 - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield ((z ^ (z >> 31)) >> 11) / 2**53


def _bandits() -> Iterator[Case]:
    x, _ = _features(150)
    rewards = np.clip(0.5 + 5 * np.column_stack([x, x[:, 0] + 0.05]), 0.0, 1.0)
    for seed in (0, 77):
        for method, play in (("ucb1", _ucb1), ("thompson", _thompson), ("exp3", _exp3)):
            arms, p = play(rewards, _splitmix(seed), 0.1 + 0.002 * seed)
            params = {"method": method, "gamma": 0.1 + 0.002 * seed, "seed": seed}
            expected = {"arm": arms, "p": p}
            oracle = (
                f"{SCIPY} (beta quantiles)" if method == "thompson" else "closed form: from the whole history"
            )
            yield Case("bandits", params, [rewards], expected, oracle, "closed form")


def _ucb1(rewards: Any, draws: Iterator[float], gamma: float) -> tuple[Any, Any]:
    k, arms = rewards.shape[1], []
    for t in range(len(rewards)):
        paid = [[rewards[s, arm] for s, played in enumerate(arms, 1) if played == arm] for arm in range(k)]
        idle = [arm for arm in range(k) if not paid[arm]]
        bound = [np.mean(pay) + math.sqrt(2 * math.log(t) / len(pay)) if pay else np.inf for pay in paid]
        arms.append(idle[0] if idle else int(np.argmax(bound)))
    return arms, np.eye(k)[arms]


def _thompson(rewards: Any, draws: Iterator[float], gamma: float) -> tuple[Any, Any]:
    k, arms = rewards.shape[1], []
    outcomes: list[tuple[int, bool]] = []
    for t in range(len(rewards)):
        if arms:
            outcomes.append((arms[-1], next(draws) < rewards[t, arms[-1]]))
        wins = [sum(won for arm, won in outcomes if arm == a) for a in range(k)]
        losses = [sum(not won for arm, won in outcomes if arm == a) for a in range(k)]
        samples = [scipy.stats.beta.ppf(next(draws), 1 + wins[a], 1 + losses[a]) for a in range(k)]
        arms.append(int(np.argmax(samples)))
    return arms, np.eye(k)[arms]


def _exp3(rewards: Any, draws: Iterator[float], gamma: float) -> tuple[Any, Any]:
    k, arms, ps = rewards.shape[1], [], []
    gains = np.zeros(k)
    for t in range(len(rewards)):
        if arms:
            gains[arms[-1]] += rewards[t, arms[-1]] / ps[-1][arms[-1]]
        p = (1 - gamma) * scipy.special.softmax(gamma * gains / k) + gamma / k
        ps.append(p)
        arms.append(int(np.searchsorted(np.cumsum(p), next(draws), side="right")))
    return arms, ps


def _evaluation() -> Iterator[Case]:
    forecasts, y = _forecasts(240)
    forecast = forecasts[:, 0]
    for alpha, gamma, window in ((0.1, 0.01, 50), (0.3, 0.2, 20), (0.05, 0.3, 10)):
        params = {"alpha": alpha, "gamma": gamma, "window": window}
        lo, hi, level = _conformal(forecast, y, alpha, gamma, window)
        expected = {"lo": lo, "hi": hi, "alpha_t": level}
        yield Case("adaptive_conformal", params, [forecast, y], expected, "closed form", "closed form")
    errors = [y - forecasts[:, 0], y - forecasts[:, 1] - 3.0]
    for h, power, min_obs in ((1, 2, 20), (4, 1, 30), (12, 2, 40)):
        params = {"h": h, "power": power, "min_obs": min_obs}
        expected = _diebold_mariano(*errors, h, power, min_obs)
        yield Case(
            "diebold_mariano", params, errors, expected, f"closed form, p-values of {SCIPY}", "closed form"
        )
    # Identical forecasts: 0/0.
    nothing = {name: np.full(30, np.nan) for name in ("dm", "dm_hln", "p_value")}
    yield Case("diebold_mariano", {}, [errors[0][:30]] * 2, nothing, "0/0", "scripted")
    for window, m in ((60, 1), (25, 7)):
        params = {"window": window, "m": m}
        yield Case("forecast_errors", params, [forecasts[:, 1], y], _errors(forecasts[:, 1], y, window, m),
                   SKLEARN, "library")  # fmt: skip
    # Flat and perfect; then one miss of 2 on a level of 10, after which a move of 5 is foreseen.
    scene_y = [10.0, 10.0, 10.0, 10.0, 15.0]
    scene_f = [10.0, 10.0, 10.0, 8.0, 15.0]
    expected = {
        "rmse": [np.nan, np.nan, 0.0, math.sqrt(2), math.sqrt(2)],
        "mae": [np.nan, np.nan, 0.0, 1.0, 1.0],
        "mase": [np.nan, np.nan, np.nan, np.inf, 0.4],
        "smape": [np.nan, np.nan, 0.0, 100 * 4 / 18 / 2, 100 * 4 / 18 / 2],
        "hit": [np.nan, np.nan, np.nan, np.nan, 1.0],
    }
    yield Case("forecast_errors", {"window": 2}, [scene_f, scene_y], expected, "by hand", "scripted")
    sd = 10.0 + np.abs(forecasts[:, 2] - y)
    for q in (0.5, 0.9, 0.01):
        pinball = [
            sklearn.metrics.mean_pinball_loss([a], [b], alpha=q) for a, b in zip(y, forecast, strict=True)
        ]
        yield Case("crps_pinball", {"q": q}, [forecast, sd, y], {"pinball": pinball}, SKLEARN, "library")
    rows = slice(0, 40)
    crps = [_crps(*row) for row in zip(forecast[rows], sd[rows], y[rows], strict=True)]
    note = "The integral is taken by quadrature."
    yield Case("crps_pinball", {}, [forecast[rows], sd[rows], y[rows]], {"crps": crps}, f"{SCIPY}: quad", "library",
               1e-8, 1e-3, 0, note)  # fmt: skip
    yield Case("crps_pinball", {"q": 0.25}, [[1.0, 1.0, 1.0], [0.0, 0.0, -1.0], [5.0, -3.0, 2.0]],
               {"pinball": [1.0, 3.0, np.nan], "crps": [4.0, 4.0, np.nan]}, "by hand", "scripted")  # fmt: skip


def _conformal(forecast: Any, y: Any, alpha: float, gamma: float, window: int) -> tuple[Any, Any, Any]:
    lo, hi, level = (np.full(len(y), np.nan) for _ in range(3))
    score, now = np.abs(y - forecast), alpha
    for t in range(window, len(y)):
        share = math.ceil((window + 1) * (1 - now)) / window
        if now >= 1:
            reach = 0.0
        elif now <= 0 or share > 1:
            reach = math.inf
        else:
            reach = float(np.quantile(score[t - window : t], share, method="inverted_cdf"))
        lo[t], hi[t], level[t] = forecast[t] - reach, forecast[t] + reach, now
        now += gamma * (alpha - (not lo[t] <= y[t] <= hi[t]))
    return lo, hi, level


def _diebold_mariano(a: Any, b: Any, h: int, power: int, min_obs: int) -> dict[str, Any]:
    out = {name: np.full(len(a), np.nan) for name in ("dm", "dm_hln", "p_value")}
    for t in range(min_obs - 1, len(a)):
        d = np.abs(a[: t + 1]) ** power - np.abs(b[: t + 1]) ** power
        n, c = len(d), d - d.mean()
        g = [c[lag:] @ c[: n - lag] / n for lag in range(h)]
        lrv = g[0] + 2 * sum(g[1:])
        if lrv <= 0:
            lrv = g[0] + 2 * sum((1 - lag / h) * g[lag] for lag in range(1, h))
        dm = d.mean() / math.sqrt(lrv / n)
        hln = dm * math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
        out["dm"][t], out["dm_hln"][t] = dm, hln
        out["p_value"][t] = 2 * scipy.stats.t.sf(abs(hln), n - 1)
    return out


def _errors(forecast: Any, y: Any, window: int, m: int) -> dict[str, Any]:
    out = {name: np.full(len(y), np.nan) for name in ("rmse", "mae", "mase", "smape", "hit")}
    for t in range(window + m - 1, len(y)):
        rows = np.arange(t - window + 1, t + 1)
        actual, given = y[rows], forecast[rows]
        out["rmse"][t] = sklearn.metrics.root_mean_squared_error(actual, given)
        out["mae"][t] = sklearn.metrics.mean_absolute_error(actual, given)
        out["mase"][t] = out["mae"][t] / sklearn.metrics.mean_absolute_error(actual, y[rows - m])
        out["smape"][t] = 100 * np.mean(2 * np.abs(actual - given) / (np.abs(actual) + np.abs(given)))
        move = np.sign(actual - y[rows - 1])
        seen = np.sign(given - y[rows - 1])
        out["hit"][t] = sklearn.metrics.accuracy_score(move[move != 0], seen[move != 0])
    return out


def _crps(mean: float, sd: float, y: float) -> float:
    law = scipy.stats.norm(mean, sd)
    low, high = min(y, mean) - 12 * sd, max(y, mean) + 12 * sd
    below = scipy.integrate.quad(lambda x: law.cdf(x) ** 2, low, y, points=[mean] if low < mean < y else None,
                                 epsabs=1e-12, epsrel=1e-12, limit=200)[0]  # fmt: skip
    above = scipy.integrate.quad(lambda x: law.sf(x) ** 2, y, high, points=[mean] if y < mean < high else None,
                                 epsabs=1e-12, epsrel=1e-12, limit=200)[0]  # fmt: skip
    return float(below + above)


def _batch() -> Iterator[Case]:
    returns = 1e3 * datasets.log_returns(count=300)
    centred = returns - returns.mean()
    for order in (1, 5, 12):
        phi, _ = burg(returns, order, demean=True)
        forecast = returns.mean() + phi @ centred[::-1][:order]
        expected = {"phi": phi, "sigma2": _burg_power(centred, order), "forecast": forecast}
        yield Case("ar_burg", {"order": order}, [returns], expected, STATSMODELS, "library")
        phi, sigma = yule_walker(returns, order, method="mle", demean=True)
        forecast = returns.mean() + phi @ centred[::-1][:order]
        expected = {"phi": phi, "sigma2": sigma**2, "forecast": forecast}
        params = {"order": order, "method": "yule_walker"}
        yield Case("ar_burg", params, [returns], expected, STATSMODELS, "library")
    yield from _boosting()


def _burg_power(x: Any, order: int) -> float:
    """The variance times 1 - k^2 for the last coefficient of each order, which statsmodels gives."""
    power = float(np.mean(x**2))
    for lower in range(1, order + 1):
        power *= 1 - burg(x, lower, demean=False)[0][-1] ** 2
    return power


def _boosting() -> Iterator[Case]:
    """scikit-learn bins by midpoints and quantiles; with few distinct values both have a bin for each."""
    x, y = _features(300)
    x, label = np.round(4 * x), (y > 0).astype(float)
    for n_trees, depth, lr, l2, min_child in (
        (20, 3, 0.1, 1.0, 20),
        (50, 1, 0.5, 0.0, 5),
        (5, 4, 1.0, 3.0, 10),
    ):
        model = sklearn.ensemble.HistGradientBoostingClassifier(
            max_iter=n_trees, max_depth=depth, learning_rate=lr, l2_regularization=l2, min_samples_leaf=min_child,
            max_leaf_nodes=None, early_stopping=False, max_bins=255,
        )  # fmt: skip
        model.fit(x, label)
        expected = {"prob": model.predict_proba(x)[:, 1], "logit": model.decision_function(x)}
        params = {
            "n_trees": n_trees,
            "depth": depth,
            "lr": lr,
            "l2": l2,
            "min_child": min_child,
            "bins": 4096,
        }
        note = "scikit-learn keeps gradients and curvatures in single precision."
        yield Case("gbdt_logistic", params, [x, label], expected, SKLEARN, "library", 1e-5, 1e-1, 0, note)
