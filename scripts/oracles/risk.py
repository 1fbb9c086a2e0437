"""Risk measures."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import scipy
from riskfolio.src import RiskFunctions
from scipy import stats

from nanotick.formulas.proving import Case
from oracles import datasets

SCIPY = f"scipy {scipy.__version__}"
NUMPY = f"numpy {np.__version__}"
EMPYRICAL = f"empyrical-reloaded {importlib.metadata.version('empyrical-reloaded')}"
RISKFOLIO = f"riskfolio-lib {importlib.metadata.version('riskfolio-lib')}"
STATSMODELS = f"statsmodels {importlib.metadata.version('statsmodels')}"


def rolling(function: Callable[[Any], float], values: Any, length: int) -> Any:
    """A function of each window, with NaN before the first."""
    parts = [function(window.copy()) for window in datasets.windows(values, length)]
    return datasets.after_warmup(parts, len(values))


def growing(function: Callable[[Any], Any], values: Any, first: int) -> Any:
    """A function of each beginning, from one of `first` values on."""
    parts = [function(values[:end]) for end in range(first, len(values) + 1)]
    return datasets.after_warmup(parts, len(values))


def tail_mean(values: Any, share: float) -> float:
    """The integral of the quantile function over the lowest share: each of n values has 1/n of the way."""
    n = len(values)
    edges = np.minimum(np.arange(n + 1) / n, share)
    return float(np.sort(values) @ np.diff(edges) / share)


def equity() -> Any:
    """The price of a coin as an account that holds it."""
    return datasets.closes("SOLUSDT")


def fat_tails(count: int = 400) -> Any:
    """Losses of a Pareto law and gains of another, in a scrambled order."""
    order = np.arange(1, count + 1) * 197 % (count + 1) / (count + 1)
    sign = np.where(np.arange(count) * 89 % 181 < 90, -1.0, 1.0)
    return sign * 0.001 * (1.0 - order) ** (-1.0 / np.where(sign < 0, 2.5, 4.0))


def quantile_cases() -> Iterator[Case]:
    """Historical and parametric value at risk."""
    r = datasets.simple_returns(count=300)
    for window, alpha in ((60, 0.05), (20, 0.01), (250, 0.25), (77, 0.123)):
        params = {"window": window, "alpha": alpha}
        var = rolling(lambda w, a=alpha: -np.quantile(w, a), r, window)
        yield Case("var_historical", params, [r], {"var": var}, NUMPY, "library", 1e-12)
        var = rolling(lambda w, a=alpha: -empyrical.value_at_risk(w, a), r, window)
        yield Case("var_historical", params, [r], {"var": var}, EMPYRICAL, "library", 1e-12)
        es = rolling(lambda w, a=alpha: RiskFunctions.CVaR_Hist(w, a), r, window)
        yield Case("es_historical", params, [r], {"es": es}, RISKFOLIO, "library", 1e-12)
        es = rolling(lambda w, a=alpha: -tail_mean(w, a), r, window)
        yield Case(
            "es_historical",
            params,
            [r],
            {"es": es},
            "closed form: integral of quantiles",
            "closed form",
            1e-12,
        )
        yield Case("var_gaussian", params, [r], gaussian(r, window, alpha), SCIPY, "library", 1e-12)
        expected = {"var": rolling(lambda w, a=alpha: cornish_fisher(w, a), r, window)}
        oracle = f"closed form with {SCIPY} moments"
        yield Case("var_cornish_fisher", params, [r], expected, oracle, "closed form", 1e-10)
    flat = np.full(30, 0.001)
    wanted = datasets.after_warmup(np.full(11, -0.001), 30)
    for key, names in (("var_gaussian", ("var", "es")), ("var_cornish_fisher", ("var",))):
        expected = dict.fromkeys(names, wanted)
        yield Case(key, {"window": 20}, [flat], expected, "no spread: var is -m", "scripted", 1e-12)
    slopes = datasets.after_warmup([slope_is_positive(w) for w in datasets.windows(r, 60)], len(r))
    oracle = "closed form: slope on a grid of z"
    yield Case("var_cornish_fisher", {"window": 60}, [r], {"monotone": slopes}, oracle, "closed form")


def gaussian(r: Any, window: int, alpha: float) -> dict[str, Any]:
    """The quantile, and the mean below it as scipy integrates the truncated law."""

    def var(w: Any) -> float:
        return float(-stats.norm(w.mean(), w.std(ddof=1)).ppf(alpha))

    def es(w: Any) -> float:
        return float(-stats.truncnorm.mean(-np.inf, stats.norm.ppf(alpha), w.mean(), w.std(ddof=1)))

    return {"var": rolling(var, r, window), "es": rolling(es, r, window)}


def cornish_fisher(w: Any, alpha: float) -> float:
    """Third-order expansion of the quantile in skewness and excess kurtosis."""
    z, s, k = stats.norm.ppf(alpha), stats.skew(w), stats.kurtosis(w)
    corrected = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    return float(-(w.mean() + corrected * w.std()))


def slope_is_positive(w: Any) -> float:
    """The corrected quantile grows along a fine grid of z."""
    z, s, k = np.linspace(-60, 60, 240_001), stats.skew(w), stats.kurtosis(w)
    corrected = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    return float((np.diff(corrected) > 0).all())


def filtered_cases() -> Iterator[Case]:
    """Filtered historical simulation."""
    r = datasets.simple_returns("ETHUSDT")
    for window, alpha, lam in ((60, 0.05, 0.94), (150, 0.01, 0.8)):
        weights = (1 - lam) * lam ** np.arange(len(r))
        # Every variance on its own: the weights of an exponential average, the first square with what is left.
        variances = np.array(
            [weights[:t] @ r[t:0:-1] ** 2 + lam**t * r[0] ** 2 for t in range(len(r))],
        )
        z = r[1:] / np.sqrt(variances[:-1])
        ahead = np.sqrt(variances[1:])
        lows = rolling(lambda w, a=alpha: np.quantile(w, a), z, window)
        means = rolling(lambda w, a=alpha: tail_mean(w, a), z, window)
        expected = {
            name: np.concatenate([[np.nan], -ahead * tail]) for name, tail in (("var", lows), ("es", means))
        }
        params = {"window": window, "alpha": alpha, "lam": lam}
        yield Case(
            "var_filtered_hs", params, [r], expected, f"closed form with {NUMPY}", "closed form", 1e-11
        )
    constant = np.where(np.arange(120) % 3 == 0, -0.01, 0.01)
    wanted = datasets.after_warmup(np.full(70, 0.01), 120)
    expected = {"var": wanted, "es": wanted}
    yield Case("var_filtered_hs", {"window": 50}, [constant], expected, "constant |r|", "scripted", 1e-12)


def drawdown_cases() -> Iterator[Case]:
    """Drawdowns of an account that holds a coin."""
    e = equity()
    r = e[1:] / e[:-1] - 1.0
    peaks = np.maximum.accumulate(e)
    last = np.array([np.flatnonzero(e[: t + 1] == peaks[t])[-1] for t in range(len(e))])
    duration = np.arange(len(e)) - last
    expected = {
        "drawdown": 1.0 - e / peaks,
        "max_drawdown": np.concatenate([[0.0], growing(lambda x: -empyrical.max_drawdown(x), r, 1)]),
        "duration": duration,
        "max_duration": np.maximum.accumulate(duration),
    }
    yield Case("drawdown", {}, [e], expected, f"{EMPYRICAL} and {NUMPY}", "library", 1e-12)
    scene = np.array([10.0, 8.0, 8.0, 10.0, 12.0, 6.0, 9.0, 12.0, 3.0])
    expected = {
        "drawdown": [0.0, 0.2, 0.2, 0.0, 0.0, 0.5, 0.25, 0.0, 0.75],
        "max_drawdown": [0.0, 0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.75],
        "duration": [0, 1, 2, 0, 0, 1, 2, 0, 1],
        "max_duration": [0, 1, 2, 2, 2, 2, 2, 2, 2],
    }
    yield Case("drawdown", {}, [scene], expected, "by hand", "scripted", 1e-12)
    for window in (2, 60, 250):
        # A window of returns has one value of equity more.
        rolled = empyrical.roll_max_drawdown(pd.Series(r), window - 1) if window > 2 else np.minimum(r, 0.0)
        mdd = datasets.after_warmup(-np.asarray(rolled), len(e))
        yield Case("rolling_max_drawdown", {"window": window}, [e], {"mdd": mdd}, EMPYRICAL, "library", 1e-12)
    for alpha, min_obs in ((0.05, 100), (0.3, 20)):
        params = {"alpha": alpha, "min_obs": min_obs}
        falls = 1.0 - e / peaks
        expected = {
            "cdar": growing(lambda d, a=alpha: -tail_mean(-d, a), falls, min_obs),
            "dar": growing(lambda d, a=alpha: np.quantile(d, 1.0 - a), falls, min_obs),
        }
        yield Case("cdar", params, [e], expected, f"closed form with {NUMPY}", "closed form", 1e-12)
        bounded = params | {"max_obs": 120}
        cut = {name: np.concatenate([values[:120], [f(falls[t - 119 : t + 1]) for t in range(120, len(e))]])
               for (name, values), f in zip(expected.items(), (lambda d, a=alpha: -tail_mean(-d, a),
                                                               lambda d, a=alpha: np.quantile(d, 1.0 - a)),
                                            strict=True)}  # fmt: skip
        yield Case("cdar", bounded, [e], cut, f"closed form with {NUMPY}", "closed form", 1e-12)
        library = [RiskFunctions.CDaR_Rel(r[:end].copy(), alpha) for end in range(min_obs, len(r) + 1)]
        yield from cdar_against_riskfolio(e, library, alpha, min_obs)
    for window in (14, 60, 1):
        square = rolling(lambda d: 100.0 * np.sqrt(np.mean(d**2)), 1.0 - e / peaks, window)
        mean = rolling(lambda d: 100.0 * np.mean(d), 1.0 - e / peaks, window)
        expected = {"ulcer": square, "pain": mean}
        yield Case(
            "ulcer_index",
            {"window": window},
            [e],
            expected,
            f"closed form with {NUMPY}",
            "closed form",
            1e-11,
        )
    whole = np.full(len(e), np.nan)
    ulcer, pain = whole.copy(), whole.copy()
    n = len(r)
    ulcer[-1] = 100.0 * RiskFunctions.UCI_Rel(r.copy())
    pain[-1] = 100.0 * RiskFunctions.ADD_Rel(r.copy())
    expected = {"ulcer": ulcer[-1:], "pain": pain[-1:]}
    yield Case("ulcer_index", {"window": n}, [e], {k: np.concatenate([whole[:-1], v]) for k, v in expected.items()},
               RISKFOLIO, "library", 1e-11, skip=n)  # fmt: skip


def cdar_against_riskfolio(e: Any, library: list[float], alpha: float, min_obs: int) -> Iterator[Case]:
    """Riskfolio has no drawdown for the first value of equity; the last row of a window of n - 1 leaves it out too."""
    for count in (min_obs + 1, 250, len(e)):
        expected = np.full(count, np.nan)
        expected[-1] = library[count - 1 - min_obs]
        params = {"alpha": alpha, "min_obs": min_obs, "max_obs": count - 1}
        note = "compared in the last row, where the drawdown of the first value has left the window"
        yield Case("cdar", params, [e[:count]], {"cdar": expected}, RISKFOLIO, "library", 1e-12,
                   skip=count - 1, note=note)  # fmt: skip


def tail_cases() -> Iterator[Case]:
    """Downside, skewness, kurtosis and tail index."""
    r = datasets.simple_returns(count=300)
    for window, mar in ((60, 0.0), (250, 0.0005), (1, -0.0002)):
        dev = rolling(lambda w, m=mar: empyrical.downside_risk(w, m, annualization=1), r, window)
        params = {"window": window, "mar": mar}
        expected = {"downside_dev": dev, "lpm": dev**2}
        yield Case("semideviation", params, [r], expected, EMPYRICAL, "library", 1e-9, 1e-8)
    for order in (1.0, 3.0, 0.5):
        lpm = rolling(lambda w, o=order: np.mean(np.maximum(0.0002 - w, 0.0) ** o), r, 60)
        params = {"window": 60, "mar": 0.0002, "order": order}
        expected = {"lpm": lpm, "downside_dev": lpm ** (1.0 / order)}
        yield Case(
            "semideviation", params, [r], expected, f"closed form with {NUMPY}", "closed form", 1e-9, 1e-6
        )
    for window in (60, 4, 250):
        expected = {
            "skew": rolling(lambda w: stats.skew(w, bias=False), r, window),
            "kurt": rolling(lambda w: stats.kurtosis(w, bias=False), r, window),
        }
        yield Case("sample_moments", {"window": window}, [r], expected, SCIPY, "library", 1e-9)
    series = pd.Series(r).rolling(60)
    expected = {"skew": series.skew().to_numpy(), "kurt": series.kurt().to_numpy()}
    note = "pandas slides its raw sums and loses digits of small returns"
    yield Case(
        "sample_moments",
        {"window": 60},
        [r],
        expected,
        f"pandas {pd.__version__}",
        "library",
        1e-8,
        note=note,
    )
    flat = np.full(8, 0.3)
    expected = {"skew": np.full(8, np.nan), "kurt": np.full(8, np.nan)}
    yield Case("sample_moments", {"window": 5}, [flat], expected, "no spread: NaN", "scripted")
    losses = fat_tails()
    for window, k in ((200, 20), (100, 5), (60, 40)):
        yield hill(losses, window, k)


def hill(r: Any, window: int, k: int) -> Case:
    """The maximum-likelihood shape that scipy fits to the excesses: a Pareto law from the threshold on."""

    def alpha(w: Any) -> float:
        y = np.sort(-w)[::-1]
        return float(stats.pareto.fit(y[:k] / y[k], floc=0, fscale=1)[0]) if y[k] > 0 else np.nan

    fitted = rolling(alpha, r, window)
    expected = {"alpha": fitted, "se": fitted / np.sqrt(k)}
    return Case("hill", {"window": window, "k": k}, [r], expected, f"{SCIPY} pareto.fit", "library", 1e-10)


def peaks_cases() -> Iterator[Case]:
    """Peaks over a threshold: scipy's own search, gone on until it no longer moves."""
    from scipy import optimize

    def search(function: Any, start: Any, args: Any = (), disp: int = 0) -> Any:
        del disp
        for _ in range(6):
            start = optimize.fmin(function, start, args=args, xtol=1e-13, ftol=1e-16, maxiter=4000, disp=0)
        return start

    order = np.arange(1, 401) * 197 % 401 / 401
    thin = 0.01 - 0.02 * (1.0 - order ** (1.0 / 3.0))
    samples = (fat_tails(), 10.0 * datasets.simple_returns("XRPUSDT", 400), thin)
    choices = ((400, 0.8, 0.01), (300, 0.85, 0.02), (350, 0.9, 0.005))
    for r, (window, q, alpha) in zip(samples, choices, strict=True):
        losses = -r[-window:]
        threshold = np.quantile(losses, q)
        excesses = losses[losses > threshold] - threshold
        start = stats.genpareto.fit(excesses, floc=0, optimizer=search)[::2]
        level = optimize.root(
            pareto_scores, start, args=(excesses,), method="hybr", options={"xtol": 1e-14}
        ).x
        params = {"window": window, "q": q, "alpha": alpha}
        for (xi, beta), oracle, kind, tolerance, note in (
            (start, f"{SCIPY} genpareto.fit", "library", 2e-6,
             "a search by values of a function finds its place to half of the digits"),
            (level, f"closed form: {SCIPY} root of both scores", "closed form", 1e-9, ""),
        ):  # fmt: skip
            law = stats.genpareto(xi, threshold, beta)
            var = law.isf(alpha * len(losses) / len(excesses))
            expected = {
                "xi": xi,
                "beta": beta,
                "var": var,
                "es": var + stats.genpareto(xi, 0.0, beta + xi * (var - threshold)).mean(),
            }
            yield Case("gpd_pot", params, [r], expected, oracle, kind, tolerance, note=note)
    expected = dict.fromkeys(("xi", "beta", "var", "es"), np.nan)
    yield Case(
        "gpd_pot", {"q": 0.95, "alpha": 0.2}, [samples[0]], expected, "alpha above Nu/n: NaN", "scripted"
    )
    cliff = np.sin(np.arange(400.0) ** 2) / 50.0
    oracle = "losses that crowd at their largest: the likelihood has no maximum with xi > -1"
    yield Case("gpd_pot", {"q": 0.9}, [cliff], expected, oracle, "scripted")


def pareto_scores(law: Any, excesses: Any) -> Any:
    """Derivatives of the mean log density by xi and by beta."""
    xi, beta = law
    inside = 1.0 + xi * excesses / beta
    by_xi = np.log(inside) / xi**2 - (1.0 / xi + 1.0) * (excesses / beta) / inside
    by_beta = -1.0 / beta + (1.0 / xi + 1.0) * xi * excesses / beta**2 / inside
    return [by_xi.mean(), beta * by_beta.mean()]


def forecasts() -> tuple[Any, Any]:
    """Returns and a value at risk for each that is made of those before."""
    r = datasets.simple_returns("XRPUSDT")
    var = np.full(len(r), 0.0012)
    var[60:] = [1.4 * np.std(r[t - 60 : t]) for t in range(60, len(r))]
    return r, var


def backtest_cases() -> Iterator[Case]:
    """Tests of coverage."""
    r, var = forecasts()
    hits = (r < -var).astype(float)
    for alpha, min_obs in ((0.05, 100), (0.2, 10)):
        params = {"alpha": alpha, "min_obs": min_obs}

        def pof(h: Any, a: float = alpha) -> float:
            x, n = int(h.sum()), len(h)
            return float(2.0 * (stats.binom.logpmf(x, n, x / n) - stats.binom.logpmf(x, n, a)))

        lr = growing(pof, hits, min_obs)
        expected = {"lr": lr, "p_value": stats.chi2.sf(lr, 1), "failures": growing(np.sum, hits, min_obs)}
        note = "a difference of two logarithms of 1e2 at most; ours has no such cancellation"
        yield Case("kupiec", params, [r, var], expected, f"{SCIPY} binom", "library", 1e-9, note=note)
        ind = growing(independence, hits, min_obs)
        cc = growing(lambda h: pof(h[1:]), hits, min_obs) + ind
        expected = {"lr_ind": ind, "lr_cc": cc, "p_cc": stats.chi2.sf(cc, 2)}
        yield Case("christoffersen", params, [r, var], expected, f"{SCIPY} chi2_contingency (G test)", "library",
                   1e-9, note=note)  # fmt: skip
    never = [np.full(12, 0.01), np.full(12, 0.02)]
    lr = datasets.after_warmup([-2.0 * n * np.log(0.95) for n in (10, 11, 12)], 12)
    expected = {"lr": lr, "failures": datasets.after_warmup([0.0] * 3, 12)}
    yield Case("kupiec", {"min_obs": 10}, never, expected, "no failure: (1 - a)^n alone", "scripted", 1e-12)
    cc = datasets.after_warmup([-2.0 * n * np.log(0.95) for n in (9, 10, 11)], 12)
    expected = {"lr_ind": datasets.after_warmup([0.0] * 3, 12), "lr_cc": cc}
    yield Case("christoffersen", {"min_obs": 10}, never, expected, "no failure", "scripted", 1e-12)


def independence(hits: Any) -> float:
    """The G statistic of the table of transitions; 0 where a row or a column is empty."""
    table = np.zeros((2, 2))
    np.add.at(table, (hits[:-1].astype(int), hits[1:].astype(int)), 1.0)
    if (table.sum(0) == 0).any() or (table.sum(1) == 0).any():
        return 0.0
    return float(stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic)


def allocation_cases() -> Iterator[Case]:
    """Contributions to risk, and ruin."""
    r = datasets.returns_matrix(4, 150)
    w = np.tile([0.5, 0.2, -0.1, 0.4], (len(r), 1)) + 0.1 * np.sin(np.arange(len(r)))[:, None]
    for window, alpha in ((60, 0.05), (30, 0.2)):
        sigma, mrc = np.full(len(r), np.nan), np.full(r.shape, np.nan)
        for t in range(window - 1, len(r)):
            part, weights = r[t - window + 1 : t + 1], w[t]
            sigma[t] = np.std(part @ weights, ddof=1)
            # The derivative of sigma: the slope of each series on the portfolio's.
            mrc[t] = [np.cov(part[:, i], part @ weights)[0, 1] / sigma[t] for i in range(r.shape[1])]
        crc = w * mrc
        expected = {"sigma_p": sigma, "mrc": mrc, "crc": crc, "pct": crc / sigma[:, None],
                    "component_var": -stats.norm.ppf(alpha) * crc}  # fmt: skip
        params = {"window": window, "alpha": alpha}
        yield Case(
            "component_var", params, [r, w], expected, f"closed form with {NUMPY}", "closed form", 1e-10, 1e-6
        )
    library = np.full(r.shape, np.nan)
    for t in range(59, len(r), 10):
        part = pd.DataFrame(r[t - 59 : t + 1])
        library[t] = RiskFunctions.Risk_Contribution(w[t][:, None], part, part.cov(), rm="MV").ravel()
    rows = np.arange(59, len(r), 10)
    yield from riskfolio_contributions(r, w, library, rows)
    flat = [np.full((6, 2), 0.01), np.ones((6, 2))]
    zero, zeros = datasets.after_warmup(np.zeros(3), 6), datasets.after_warmup(np.zeros((3, 2)), 6)
    expected = {"sigma_p": zero} | dict.fromkeys(("mrc", "crc", "pct", "component_var"), zeros)
    yield Case("component_var", {"window": 4}, flat, expected, "no spread: zeros", "scripted")
    yield from ruin_cases()


def riskfolio_contributions(r: Any, w: Any, library: Any, rows: Any) -> Iterator[Case]:
    """Riskfolio's derivative is a difference of a millionth; one case for a row."""
    for t in rows[::3]:
        expected = np.full((60, r.shape[1]), np.nan)
        expected[-1] = library[t]
        note = "riskfolio differentiates by differences"
        yield Case("component_var", {"window": 60}, [r[t - 59 : t + 1], w[t - 59 : t + 1]], {"crc": expected},
                   RISKFOLIO, "library", 1e-5, skip=59, note=note)  # fmt: skip


def ruin_cases() -> Iterator[Case]:
    """Ruin by first-step analysis on a finite ladder, and by scipy's inverse Gaussian law of the time of passage."""
    capital = np.array([1.0, 2.0, 5.0, 20.0, 100.0])
    for edge in (0.02, 0.3, -0.1):
        p, top = (1.0 + edge) / 2.0, 4000
        # Ruin before `top`: the tridiagonal system u_i = p u_{i+1} + (1 - p) u_{i-1}.
        bands = np.array([[-p] * (top - 1), [1.0] * (top - 1), [-(1.0 - p)] * (top - 1)])
        right = np.zeros(top - 1)
        right[0] = 1.0 - p
        from scipy.linalg import solve_banded

        u = solve_banded((1, 1), bands, right)
        expected = {"p_gambler": u[capital.astype(int) - 1] if edge > 0 else np.ones(5)}
        yield Case("risk_of_ruin", {"edge": edge}, [capital], expected, f"{SCIPY} solve_banded: first-step equations",
                   "closed form", 1e-9)  # fmt: skip
    for mu, sigma, barrier in ((0.001, 0.02, 0.5), (0.01, 0.3, 0.2), (0.0001, 0.02, 0.5), (0.3, 0.5, 0.9)):
        nu, distance = mu - sigma**2 / 2, -np.log(1.0 - barrier)
        horizon = 1e9
        reach = stats.norm.cdf((-distance - nu * horizon) / (sigma * np.sqrt(horizon)))
        reach += np.exp(-2.0 * nu * distance / sigma**2) * stats.norm.cdf(
            (-distance + nu * horizon) / (sigma * np.sqrt(horizon))
        )
        expected = {"p_brownian": np.full(5, reach if nu > 0 else 1.0)}
        params = {"mu": mu, "sigma": sigma, "barrier": barrier}
        oracle = f"closed form with {SCIPY} norm: first passage by a far horizon"
        yield Case("risk_of_ruin", params, [capital], expected, oracle, "closed form", 1e-9)


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    for family in (
        quantile_cases,
        filtered_cases,
        drawdown_cases,
        tail_cases,
        peaks_cases,
        backtest_cases,
        allocation_cases,
    ):
        yield from family()
