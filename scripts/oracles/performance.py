"""Performance statistics."""

from __future__ import annotations

import importlib.metadata
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import arch
import empyrical
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from arch.bootstrap import StationaryBootstrap
from riskfolio.src import RiskFunctions
from scipy import optimize, stats
from statsmodels.tsa.stattools import acf

from nanotick.formulas.proving import Case
from oracles import datasets

SCIPY = f"scipy {scipy.__version__}"
NUMPY = f"numpy {np.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
EMPYRICAL = f"empyrical-reloaded {importlib.metadata.version('empyrical-reloaded')}"
RISKFOLIO = f"riskfolio-lib {importlib.metadata.version('riskfolio-lib')}"


def growing(function: Callable[..., Any], first: int, *columns: Any) -> Any:
    """A function of each beginning, from one of `first` rows on."""
    count = len(columns[0])
    parts = [function(*(column[:end] for column in columns)) for end in range(first, count + 1)]
    return datasets.after_warmup(parts, count)


def returns(symbol: str = "BTCUSDT", count: int = 300) -> Any:
    """Minute returns, large enough for every ratio to be one of whole numbers."""
    return 10.0 * datasets.simple_returns(symbol, count)


def growth_cases() -> Iterator[Case]:
    """Compound growth."""
    r = returns()
    for ann in (365.0, 12.0):
        expected = {
            "cagr": growing(lambda x, a=ann: empyrical.cagr(x, annualization=a), 1, r),
            "total": growing(empyrical.cum_returns_final, 1, r),
        }
        yield Case("cagr", {"ann": ann}, [r], expected, EMPYRICAL, "library", 1e-10)
    lost = np.array([0.1, -1.0, 0.5])
    expected = {"cagr": [1.1**2 - 1.0, -1.0, -1.0], "total": [0.1, -1.0, -1.0]}
    yield Case("cagr", {"ann": 2.0}, [lost], expected, "all lost", "scripted", 1e-12)
    for window, ann in ((60, 365.0), (1095, 1095.0), (2, 10.0)):
        calmar = [one_calmar(r[max(0, end - window) : end], ann) for end in range(2, len(r) + 1)]
        expected = {"calmar": datasets.after_warmup(calmar, len(r))}
        params = {"window": window, "ann": ann}
        yield Case("calmar", params, [r], expected, EMPYRICAL, "library", 1e-10)
    scene = np.array([0.1, 0.1, -0.5, 0.2, -1.0, 0.3, 0.3, 0.0, 0.0])
    expected = [np.nan, np.inf, -0.45 / 0.5, -0.4 / 0.5, -1.0, -1.0, np.inf, np.inf, np.nan]
    yield Case(
        "calmar", {"window": 2, "ann": 2.0}, [scene], {"calmar": expected}, "by hand", "scripted", 1e-12
    )
    for ann, rf in ((365.0, 0.0), (50.0, 0.02)):
        martin, pain = [], []
        for end in range(2, len(r) + 1):
            excess = empyrical.cagr(r[:end], annualization=ann) - rf
            with np.errstate(divide="ignore"):
                martin.append(excess / np.float64(RiskFunctions.UCI_Rel(r[:end].copy())))
                pain.append(excess / np.float64(RiskFunctions.ADD_Rel(r[:end].copy())))
        expected = {
            "martin": datasets.after_warmup(martin, len(r)),
            "pain_ratio": datasets.after_warmup(pain, len(r)),
        }
        yield Case("martin_ratio", {"ann": ann, "rf": rf}, [r], expected, RISKFOLIO, "library", 1e-10)


def one_calmar(r: Any, ann: float) -> float:
    """Empyrical's, which has NaN where nothing was lost."""
    if empyrical.max_drawdown(r) == 0.0:
        return np.inf if empyrical.cum_returns_final(r) > 0.0 else np.nan
    return float(empyrical.calmar_ratio(r, annualization=ann))


def ratio_of(x: Any) -> tuple[float, float, float]:
    """Ratio per period, skewness and kurtosis."""
    return float(x.mean() / x.std(ddof=1)), float(stats.skew(x)), float(stats.kurtosis(x, fisher=False))


def standard_error(x: Any) -> float:
    """Of the ratio per period, for a law with skewness and kurtosis."""
    s, g3, g4 = ratio_of(x)
    return float(np.sqrt((1.0 + 0.5 * s**2 - g3 * s + (g4 - 3.0) / 4.0 * s**2) / (len(x) - 1)))


def sharpe_cases() -> Iterator[Case]:
    """Sharpe's ratio and its relatives."""
    r = returns("SOLUSDT")
    for rf, ann in ((0.0, 365.0), (0.001, 1095.0)):
        expected = {
            "sharpe": growing(lambda x, f=rf, a=ann: empyrical.sharpe_ratio(x, f, annualization=a), 2, r)
        }
        params = {"rf": rf, "ann": ann}
        yield Case("sharpe", params, [r], expected, EMPYRICAL, "library", 1e-10)
        se = np.sqrt(ann) * growing(standard_error, 2, r - rf)
        yield Case(
            "sharpe", params, [r], {"se": se}, f"closed form with {SCIPY} moments", "closed form", 1e-10
        )
    flat = np.full(5, 0.001)
    nothing = np.full(5, np.nan)
    yield Case("sharpe", {}, [flat], {"sharpe": nothing, "se": nothing}, "no spread: NaN", "scripted")
    for q, min_obs in ((12, 50), (3, 10)):
        eta = growing(lambda x, q=q: lo_factor(x, q), min_obs, r)
        expected = {"eta": eta, "sharpe_q": eta * growing(lambda x: ratio_of(x)[0], min_obs, r)}
        oracle = f"closed form with {STATSMODELS} acf"
        yield Case("sharpe_lo", {"q": q, "min_obs": min_obs}, [r], expected, oracle, "closed form", 1e-10)
    swing = np.tile([0.02, -0.01], 10)
    expected = {"eta": growing(lambda x: lo_factor(x, 2), 10, swing)}
    yield Case("sharpe_lo", {"q": 2, "min_obs": 10}, [swing], expected, f"closed form with {STATSMODELS} acf",
               "closed form", 1e-10)  # fmt: skip
    for reference, conf, min_obs in ((0.0, 0.95, 10), (0.03, 0.99, 40)):
        expected = {
            "psr": growing(lambda x, s=reference: probabilistic(x, s), min_obs, r),
            "min_trl": growing(lambda x, s=reference, c=conf: record_length(x, s, c), min_obs, r),
        }
        params = {"sr_ref": reference, "conf": conf, "min_obs": min_obs}
        yield Case("psr", params, [r], expected, f"closed form with {SCIPY}", "closed form", 1e-9)
    for trials, var_sr in ((10, 0.01), (1, 0.01), (100000, 0.002)):
        sr0 = largest_of(trials) * np.sqrt(var_sr) if trials > 1 else 0.0
        expected = {
            "dsr": growing(lambda x, s=sr0: probabilistic(x, s), 10, r),
            "sr0": growing(lambda _x, s=sr0: s, 10, r),
        }
        params = {"n_trials": trials, "var_sr": var_sr}
        yield Case("dsr", params, [r], expected, f"closed form with {SCIPY}", "closed form", 1e-9)
    yield bailey_and_lopez_de_prado()
    yield from track_records()


def lo_factor(x: Any, q: int) -> float:
    """Lo's factor of aggregation."""
    rho = acf(x, nlags=q - 1, adjusted=False, fft=False)
    radicand = q + 2.0 * sum((q - k) * rho[k] for k in range(1, q))
    return float(q / np.sqrt(radicand)) if radicand > 0.0 else np.nan


def probabilistic(x: Any, reference: float) -> float:
    """The probability that the ratio is above the reference."""
    s, g3, g4 = ratio_of(x)
    spread = np.sqrt((1.0 - g3 * s + (g4 - 1.0) / 4.0 * s**2) / (len(x) - 1))
    return float(stats.norm(reference, spread).cdf(s))


def record_length(x: Any, reference: float, conf: float) -> float:
    """The sample at which the probability would be `conf`."""
    s, g3, g4 = ratio_of(x)
    variance = 1.0 - g3 * s + (g4 - 1.0) / 4.0 * s**2
    return float(1.0 + variance * (stats.norm.ppf(conf) / (s - reference)) ** 2) if s > reference else np.inf


def largest_of(trials: int) -> float:
    """The expected largest of so many normal draws, by the two quantiles of the paper."""
    upper = stats.norm.isf([1.0 / trials, 1.0 / (trials * np.e)])
    return float(upper @ [1.0 - np.euler_gamma, np.euler_gamma])


def bailey_and_lopez_de_prado() -> Case:
    """The paper's example (2014): ratio 2.5 a year of 250 days, 1250 days, skewness -3, kurtosis 10, 100 trials.

    A law with kurtosis = skewness^2 + 1 has two values; 105 of 1250 days at the lower one come nearest.
    """
    rare = 105
    values = np.concatenate([np.full(rare, -1.0), np.ones(1250 - rare)])
    values = (values - values.mean()) / values.std(ddof=1) + 2.5 / np.sqrt(250.0)
    wanted = np.full(1250, np.nan)
    wanted[-1] = 0.9004
    return Case("dsr", {"n_trials": 100, "var_sr": 0.5 / 250.0}, [values],
                {"dsr": wanted, "sr0": np.concatenate([wanted[:-1], [0.1132]])},
                "Bailey and Lopez de Prado (2014), example", "scripted", 1e-3, skip=1249,
                note="the paper gives four digits, and the sample meets its skewness to 3e-4")  # fmt: skip


def sample_of(ratio: float, skew: float, kurtosis: float, count: int = 24) -> Any:
    """Values of these moments: an even spread, of which the two lowest and the highest are moved until they fit."""
    even = np.linspace(-1.0, 1.0, count - 3)

    def misses(ends: Any) -> Any:
        values = np.concatenate([ends, even])
        return stats.skew(values) - skew, stats.kurtosis(values, fisher=False) - kurtosis

    found = optimize.least_squares(
        misses, [-3.0 if skew else -2.0, -1.5, 2.0], xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    if found.cost > 1e-20:
        raise ValueError(f"no sample of skewness {skew} and kurtosis {kurtosis}")
    values = np.concatenate([found.x, even])
    return (values - values.mean()) / values.std(ddof=1) + ratio


def track_records() -> Iterator[Case]:
    """Bailey and Lopez de Prado (2012): 24 months at a ratio of 0.458; records that show a ratio of 2 above 1."""
    paper = "Bailey and Lopez de Prado (2012), examples"
    note = "The paper prints three digits; the sample has its moments."
    last = np.full(24, np.nan)
    for skew, kurtosis, psr in ((0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)):
        expected = {"psr": np.append(last[1:], psr)}
        values = sample_of(0.458, skew, kurtosis)
        yield Case("psr", {}, [values], expected, paper, "scripted", 5e-4 / psr, skip=23, note=note)
    for year, skew, kurtosis, years in ((252, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24),
                                        (12, -0.72, 5.78, 4.99)):  # fmt: skip
        values = sample_of(2.0 / np.sqrt(year), skew, kurtosis)
        expected = {"min_trl": np.append(last[1:], years * year)}
        params = {"sr_ref": 1.0 / np.sqrt(year), "conf": 0.95}
        yield Case("psr", params, [values], expected, paper, "scripted", 5e-3 / years, skip=23, note=note)


def downside_cases() -> Iterator[Case]:
    """Sortino and omega."""
    r = returns("XRPUSDT")
    for mar, ann in ((0.0, 365.0), (0.002, 52.0)):
        expected = {
            "sortino": growing(lambda x, m=mar, a=ann: empyrical.sortino_ratio(x, m, annualization=a), 2, r)
        }
        yield Case("sortino", {"mar": mar, "ann": ann}, [r], expected, EMPYRICAL, "library", 1e-10, skip=1,
                   note="empyrical has no value for one return")  # fmt: skip
    scene = np.array([0.01, 0.02, -0.03])
    expected = {"sortino": [np.inf, np.inf, 0.0]}
    yield Case("sortino", {}, [scene], expected, "by hand", "scripted", 1e-12)
    yield Case("sortino", {}, [np.zeros(3)], {"sortino": np.full(3, np.nan)}, "0/0: NaN", "scripted")
    for threshold in (0.0, 0.002, -0.003):
        omega = growing(
            lambda x, t=threshold: empyrical.omega_ratio(x, required_return=t, annualization=1), 2, r
        )
        first = int(np.flatnonzero(np.isfinite(omega))[0])
        yield Case("omega", {"threshold": threshold}, [r], {"omega": omega}, EMPYRICAL, "library", 1e-10,
                   skip=first, note="empyrical has NaN until there is a loss")  # fmt: skip
    expected = {"omega": [np.nan, np.inf, 2.0, 2.0]}
    yield Case("omega", {}, [np.array([0.0, 0.02, -0.01, 0.0])], expected, "by hand", "scripted", 1e-12)


def benchmark_cases() -> Iterator[Case]:
    """Against a benchmark."""
    r, b = returns("ETHUSDT"), returns()
    for ann in (365.0, 1.0):
        expected = {
            "ir": np.sqrt(ann) * growing(empyrical.excess_sharpe, 2, r, b),
            "tracking_error": np.sqrt(ann) * growing(lambda x, y: np.std(x - y, ddof=1), 2, r, b),
        }
        yield Case("information_ratio", {"ann": ann}, [r, b], expected, EMPYRICAL, "library", 1e-10)
    expected = {"ir": np.full(4, np.nan), "tracking_error": [np.nan, 0.0, 0.0, 0.0]}
    same = np.array([0.01, 0.02, -0.01, 0.0])
    yield Case("information_ratio", {}, [same, same], expected, "r=b: NaN", "scripted")
    for rf, ann in ((0.0, 365.0), (0.0005, 12.0)):
        fits = [fit(r[:end] - rf, b[:end] - rf) for end in range(2, len(r) + 1)]
        alpha, beta = (datasets.after_warmup([one[place] for one in fits], len(r)) for place in (0, 1))
        mean = growing(np.mean, 2, r - rf)
        ratio = mean / growing(lambda x: np.std(x, ddof=1), 2, r)
        m2 = ann * (ratio * growing(lambda x: np.std(x, ddof=1), 2, b) + rf)
        expected = {"alpha": ann * alpha, "treynor": ann * mean / beta, "m2": m2}
        params = {"rf": rf, "ann": ann}
        yield Case("treynor_alpha", params, [r, b], expected, f"{STATSMODELS} OLS", "library", 1e-9)


def fit(y: Any, x: Any) -> Any:
    """Intercept and slope."""
    return sm.OLS(y, sm.add_constant(x)).fit().params


def trade_cases() -> Iterator[Case]:
    """Closed trades."""
    pnl = np.round(1e4 * datasets.simple_returns("ADAUSDT", 300))
    with np.errstate(divide="ignore", invalid="ignore"):
        table = np.array([trades(pnl[:end]) for end in range(1, len(pnl) + 1)])
        names = ("hit_rate", "profit_factor", "payoff", "expectancy", "expectancy_r")
        expected = {name: table[:, place] for place, name in enumerate(names)}
        yield Case("trade_stats", {}, [pnl], expected, f"closed form with {NUMPY}", "closed form", 1e-12)
    scene = np.array([0.0, 2.0, 4.0, -1.0, -3.0])
    expected = {
        "hit_rate": [0.0, 1 / 2, 2 / 3, 2 / 4, 2 / 5],
        "profit_factor": [np.nan, np.inf, np.inf, 6.0, 1.5],
        "payoff": [np.nan, np.nan, np.nan, 3.0, 1.5],
        "expectancy": [0.0, 1.0, 2.0, 1.25, 0.4],
        "expectancy_r": [np.nan, np.nan, np.nan, 1.25, 0.2],
    }
    yield Case("trade_stats", {}, [scene], expected, "by hand", "scripted", 1e-12)


def trades(x: Any) -> list[Any]:
    """Means over the trades that won and those that lost."""
    wins, losses = x[x > 0], x[x < 0]
    mean_win, mean_loss = (np.float64(part.sum()) / np.float64(len(part)) for part in (wins, abs(losses)))
    return [
        np.mean(x > 0),
        np.float64(wins.sum()) / np.float64(abs(losses).sum()),
        mean_win / mean_loss,
        x.mean(),
        x.mean() / mean_loss,
    ]


def inference_cases() -> Iterator[Case]:
    """Tests of the mean, of overfitting, and a bootstrap."""
    r = returns("LTCUSDT")
    for lags, min_obs in ((-1, 20), (0, 20), (12, 40)):
        fits = []
        for end in range(min_obs, len(r) + 1):
            q = int(np.floor(4.0 * (end / 100.0) ** (2.0 / 9.0))) if lags < 0 else lags
            kwds = {"maxlags": q, "use_correction": False}
            fits.append(sm.OLS(r[:end], np.ones(end)).fit(cov_type="HAC", cov_kwds=kwds))
        expected = {
            "t": datasets.after_warmup([one.tvalues[0] for one in fits], len(r)),
            "se": datasets.after_warmup([one.bse[0] for one in fits], len(r)),
        }
        params = {"lags": lags, "min_obs": min_obs}
        yield Case("newey_west_t", params, [r], expected, f"{STATSMODELS} OLS, HAC", "library", 1e-9)
    for s, assets, count in ((8, 6, 163), (4, 3, 101), (6, 8, 300)):
        matrix = datasets.returns_matrix(assets, count)
        yield Case("pbo", {"s": s}, [matrix], brute_force(matrix, s), f"closed form with {SCIPY}", "closed form",
                   1e-9)  # fmt: skip
    matrix = datasets.returns_matrix(4, 320)
    expected = {name: value for name, value in brute_force(matrix, 16).items() if name != "logits"}
    note = "the 12870 logits are not stored; pbo is their share"
    yield Case("pbo", {}, [matrix], expected, f"closed form with {SCIPY}", "closed form", 1e-9, note=note)
    same = np.repeat(r[:64, None], 3, axis=1)
    expected = {"pbo": 1.0, "logits": np.zeros(6)}
    yield Case("pbo", {"s": 4}, [same], expected, "equal columns: rank in the middle", "scripted")
    better = np.column_stack([r[:64] + 1.0, r[:64], r[::-1][:64]])
    expected = {"pbo": 0.0, "logits": np.full(6, np.log(3.0))}
    yield Case("pbo", {"s": 4}, [better], expected, "one column is always best", "scripted")
    for reps, block, conf, seed in ((1000, 10.0, 0.95, 0), (300, 1.0, 0.8, 7), (200, 40.0, 0.9, 12345)):
        bootstrap = StationaryBootstrap(block, r, seed=seed)
        low, high = bootstrap.conf_int(
            lambda x: x.mean() / x.std(ddof=1), reps, method="percentile", size=conf
        )[:, 0]
        params = {"reps": reps, "block": block, "conf": conf, "seed": seed}
        yield Case(
            "bootstrap_ci", params, [r], {"lo": low, "hi": high}, f"arch {arch.__version__}", "library", 1e-10
        )


def brute_force(matrix: Any, s: int) -> dict[str, Any]:
    """Every combination of blocks put together and measured."""
    length = len(matrix) // s
    blocks = np.array_split(matrix[len(matrix) - s * length :], s)
    logits, before, after = [], [], []
    for train in itertools.combinations(range(s), s // 2):
        test = [block for block in range(s) if block not in train]
        halves = [np.concatenate([blocks[place] for place in half]) for half in (train, test)]
        inside, outside = (half.mean(axis=0) / half.std(axis=0, ddof=1) for half in halves)
        pick = int(np.argmax(inside))
        share = stats.rankdata(outside)[pick] / (matrix.shape[1] + 1)
        logits.append(np.log(share / (1.0 - share)))
        before.append(inside[pick])
        after.append(outside[pick])
    return {
        "pbo": np.mean(np.array(logits) <= 0.0),
        "logits": logits,
        "degradation_slope": stats.linregress(before, after).slope,
    }


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    families = (growth_cases, sharpe_cases, downside_cases, benchmark_cases, trade_cases, inference_cases)
    for family in families:
        yield from family()
