"""Volatility, jumps and conditional variance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import arch
import numpy as np
import scipy
import statsmodels
import statsmodels.api
import talib
from arch.univariate import HARX, EWMAVariance, Normal, arch_model
from scipy import special, stats

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

ARCH = f"arch {arch.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
TALIB = f"TA-Lib {talib.__version__}"

ROWS = 220
#: More than the longest default window of formulas over returns.
RETURNS = 340


def cases() -> Iterator[Case]:
    """Each formula at its default, where the sample is long enough for it, and at other parameters."""
    yield from _range()
    yield from _bands()
    yield from _historical()
    yield from _spot()
    yield from _ohlc()
    yield from _realized()
    yield from _jumps()
    yield from _noise()
    yield from _har()
    yield from _garch()


def _closed(
    key: str, params: dict[str, Any], inputs: list[Any], expected: dict[str, Any], how: str, **more: Any
) -> Case:
    """A comparison whose errors are relative, however small the variances are."""
    return Case(
        key, params, inputs, expected, f"closed form: {how}", "closed form", **{"scale": 1e-15, **more}
    )


def _range() -> Iterator[Case]:
    bars = datasets.bars(count=ROWS)
    hlc = [bars.high, bars.low, bars.close]
    yield Case("true_range", {}, hlc, {"tr": talib.TRANGE(*hlc)}, TALIB, "library")
    for period in (14, 1, 3):
        yield Case("atr", {"period": period}, hlc, {"atr": talib.ATR(*hlc, period)}, TALIB, "library")
        # With a period of 1 the library's NATR is the true range in units of price.
        natr = talib.NATR(*hlc, period) if period > 1 else 100 * talib.TRANGE(*hlc) / bars.close
        yield Case("natr", {"period": period}, hlc, {"natr": natr}, TALIB, "library")


def _bands() -> Iterator[Case]:
    close = datasets.closes(count=ROWS)
    for period, k in ((20, 2.0), (5, 1.5)):
        upper, middle, lower = talib.BBANDS(close, period, k, k)
        cut = windows(close, period)
        half = k * cut.std(axis=1)
        expected = {
            "pct_b": (close[period - 1 :] - (cut.mean(axis=1) - half)) / (2 * half),
            "bandwidth": 2 * half / cut.mean(axis=1),
        }
        params = {"period": period, "k": k}
        yield Case(
            "bollinger", params, [close], {"upper": upper, "middle": middle, "lower": lower}, TALIB, "library"
        )
        yield _closed(
            "bollinger", params, [close], _filled(expected, ROWS), "NumPy over each window", scale=1e-3
        )
    flat = np.full(12, 103.7)
    bands = {name: np.full(8, 103.7) for name in ("upper", "middle", "lower")}
    bands |= {"pct_b": np.full(8, 0.5), "bandwidth": np.zeros(8)}
    yield Case("bollinger", {"period": 5}, [flat], _filled(bands, 12), "by hand: a flat window", "scripted")
    bars = datasets.bars(count=ROWS)
    hlc = [bars.high, bars.low, bars.close]
    for period, atr_n, mult in ((20, 10, 2.0), (5, 14, 1.0)):
        params = {"period": period, "atr_n": atr_n, "mult": mult}
        middle = talib.EMA(talib.TYPPRICE(*hlc), period)
        half = mult * talib.ATR(*hlc, atr_n)
        middle = np.where(np.isnan(half), np.nan, middle)
        expected = {"upper": middle + half, "middle": middle, "lower": middle - half}
        yield Case("keltner", params, hlc, expected, f"{TALIB}: EMA and ATR", "library")
    expected = dict(zip(("upper", "middle", "lower"), talib.KC(*hlc, 20, 10, 2.0), strict=True))
    note = "The library seeds its average range elsewhere; the difference has decayed by then."
    yield Case("keltner", {}, hlc, expected, f"{TALIB}: KC", "library", skip=200, note=note)


def _filled(columns: dict[str, Any], length: int) -> dict[str, Any]:
    return {name: after_warmup(values, length) for name, values in columns.items()}


def _deviations(close: Any, period: int) -> Any:
    """Of log returns over each window, divisor n - 1."""
    return windows(np.log(close[1:] / close[:-1]), period).std(axis=1, ddof=1)


def _historical() -> Iterator[Case]:
    close = datasets.closes(count=ROWS)
    for period, annual in ((30, 365.0), (2, 1.0), (100, 525600.0)):
        vol = np.sqrt(annual) * _deviations(close, period)
        expected = {"vol": after_warmup(vol, ROWS)}
        yield _closed(
            "close_vol", {"period": period, "ann": annual}, [close], expected, "NumPy over each window"
        )
    for lam, annual in ((0.94, 365.0), (0.5, 1.0)):
        params = {"lam": lam, "ann": annual}
        returns = np.log(close[1:] / close[:-1])
        expected = {"vol": after_warmup(np.sqrt(annual * _riskmetrics(returns, lam)), ROWS)}
        yield Case("ewma_vol", params, [close], expected, f"{ARCH}: EWMAVariance", "library", scale=1e-15)
    for period, outer in ((20, 20), (5, 40)):
        cut = windows(_deviations(close, period), outer)
        expected = {"vov": after_warmup(cut.std(axis=1, ddof=1) / cut.mean(axis=1), ROWS)}
        yield _closed(
            "vol_of_vol", {"period": period, "outer": outer}, [close], expected, "NumPy over each window"
        )
    for period, hist, annual in ((30, 100, 365.0), (5, 51, 1.0)):
        cut = windows(np.sqrt(annual) * _deviations(close, period), hist)
        quantiles = np.quantile(cut, [0.1, 0.5, 0.9], axis=1)
        expected = {
            "percentile": np.array([stats.percentileofscore(row, row[-1], kind="weak") for row in cut]),
            "q10": quantiles[0],
            "q50": quantiles[1],
            "q90": quantiles[2],
        }
        params = {"period": period, "hist": hist, "ann": annual}
        oracle = f"{SCIPY}: percentileofscore; NumPy {np.__version__}: quantile"
        yield Case("vol_cone", params, [close], _filled(expected, ROWS), oracle, "library", scale=1e-15)


def _riskmetrics(returns: Any, lam: float) -> Any:
    """The library's forecasts, each for the return after: one step later than ours."""
    shocks = np.append(returns, 0.0)
    out = np.empty_like(shocks)
    bounds = np.tile([0.0, 1e9], (len(shocks), 1))
    EWMAVariance(lam).compute_variance(np.empty(0), shocks, out, float(returns[0] ** 2), bounds)
    return out[1:]


def _spot() -> Iterator[Case]:
    trades = datasets.trades(count=ROWS)
    price, t_s = trades.price, trades.t_s
    squares = np.log(price[1:] / price[:-1]) ** 2
    for tau in (60.0, 0.2):
        ages = t_s[1:, None] - t_s[None, 1:]
        weights = np.where(ages >= 0.0, np.exp(-ages / tau), 0.0)
        # Trades of one time come one after the other: those that are still to come do not count.
        sums = np.tril(weights) @ squares
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = sums / (tau * -np.expm1(-(t_s[1:] - t_s[0]) / tau))
        rate[t_s[1:] == t_s[0]] = np.nan
        expected = _filled({"var_rate": rate, "vol": np.sqrt(rate)}, ROWS)
        yield _closed("spot_var_ewma", {"tau_s": tau}, [price, t_s], expected, "explicit sum over the kernel")


def _ohlc() -> Iterator[Case]:
    bars = datasets.bars(count=ROWS)
    o, h, l, c = bars.open, bars.high, bars.low, bars.close
    satchell = np.log(h / c) * np.log(h / o) + np.log(l / c) * np.log(l / o)
    garman = 0.5 * np.log(h / l) ** 2 - (2 * np.log(2) - 1) * np.log(c / o) ** 2
    how = "NumPy over each window"
    for period, annual in ((30, 365.0), (2, 1.0), (77, 1e5)):
        params = {"period": period, "ann": annual}

        def rooted(terms: Any, period: int = period, annual: float = annual) -> dict[str, Any]:
            return {"vol": after_warmup(np.sqrt(annual * windows(terms, period).mean(axis=1)), ROWS)}

        yield _closed("parkinson", params, [h, l], rooted(np.log(h / l) ** 2 / (4 * np.log(2))), how)
        yield _closed("garman_klass", params, [o, h, l, c], rooted(garman), how)
        yield _closed("rogers_satchell", params, [o, h, l, c], rooted(satchell), how)
        gaps = windows(np.log(o[1:] / c[:-1]), period).var(axis=1, ddof=1)
        bodies = windows(np.log(c / o)[1:], period).var(axis=1, ddof=1)
        k = 0.34 / (1.34 + (period + 1) / (period - 1))
        variance = gaps + k * bodies + (1 - k) * windows(satchell[1:], period).mean(axis=1)
        yield _closed(
            "yang_zhang", params, [o, h, l, c], {"vol": after_warmup(np.sqrt(annual * variance), ROWS)}, how
        )


def _bipower(cut: Any) -> Any:
    n = cut.shape[1]
    size = np.abs(cut)
    return np.pi / 2 * n / (n - 1) * (size[:, 1:] * size[:, :-1]).sum(axis=1)


def _realized() -> Iterator[Case]:
    r = datasets.log_returns(count=RETURNS)
    how = "NumPy over each window"
    for period, annual in ((288, 1.0), (20, 365.0), (3, 2.0)):
        cut = windows(r, period)
        squares = (cut**2).sum(axis=1)
        variation = {"rv": squares, "rvol": np.sqrt(annual * squares)}
        gains, losses = (np.where(sign * cut > 0, cut**2, 0.0).sum(axis=1) for sign in (1, -1))
        halves = {"rs_pos": gains, "rs_neg": losses, "sjv": gains - losses}
        triples = np.median(np.abs(_triples(cut)), axis=-1)
        medrv = np.pi / (6 - 4 * np.sqrt(3) + np.pi) * period / (period - 2) * (triples**2).sum(axis=1)
        only = {"period": period}
        yield _closed("realized_variance", only | {"ann": annual}, [r], _filled(variation, RETURNS), how)
        yield _closed("realized_semivariance", only, [r], _filled(halves, RETURNS), how, scale=1e-7)
        yield _closed("bipower_variation", only, [r], {"bv": after_warmup(_bipower(cut), RETURNS)}, how)
        yield _closed("medrv", only, [r], {"medrv": after_warmup(medrv, RETURNS)}, how)
    for bins, days in ((12, 4), (5, 30), (2, 1)):
        cut = windows(r, bins * days)
        day_by_bin = (cut**2).reshape(len(cut), days, bins)
        # The newest return is in the last bin of a window that ends with it, whatever its number is.
        factor = np.sqrt(day_by_bin[:, :, -1].mean(axis=1) / day_by_bin.mean(axis=(1, 2)))
        expected = {"factor": after_warmup(factor, RETURNS)}
        yield _closed("intraday_periodicity", {"bins": bins, "days": days}, [r], expected, how)


def _triples(cut: Any) -> Any:
    return np.stack([cut[:, :-2], cut[:, 1:-1], cut[:, 2:]], axis=-1)


def _jumps() -> Iterator[Case]:
    r = datasets.log_returns(count=RETURNS)
    mu = 2 ** (2 / 3) * special.gamma(7 / 6) / special.gamma(0.5)
    for n in (288, 30, 10):
        cut = windows(r, n)
        rv, bv = (cut**2).sum(axis=1), _bipower(cut)
        powers = np.abs(_triples(cut)).prod(axis=-1) ** (4 / 3)
        tpq = n * mu**-3 * n / (n - 2) * powers.sum(axis=1)
        share = (rv - bv) / rv
        z = share / np.sqrt(((np.pi / 2) ** 2 + np.pi - 5) / n * np.maximum(1, tpq / bv**2))
        expected = {"z": z, "p_value": stats.norm.sf(z), "jump_share": np.maximum(share, 0)}
        how = "NumPy over each window, gamma function and normal tail of SciPy"
        yield _closed("bns_jump_test", {"period": n}, [r], _filled(expected, RETURNS), how, scale=1e-3)
    for window, count, alpha in ((270, 1000, 0.01), (16, 50, 0.2), (4, 10, 0.4)):
        cut = windows(r, window)
        size = np.abs(cut)
        # The window's last return is the one that is tested.
        spread = np.sqrt((size[:, 1:-1] * size[:, :-2]).sum(axis=1) / (window - 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            stat = np.where(cut[:, -1] == 0, 0.0, cut[:, -1] / spread)
        c, root = np.sqrt(2 / np.pi), np.sqrt(2 * np.log(count))
        centre = root / c - (np.log(np.pi) + np.log(np.log(count))) / (2 * c * root)
        jump = (np.abs(stat) - centre) * c * root > -np.log(-np.log(1 - alpha))
        params = {"window": window, "n_obs": count, "alpha": alpha}
        expected = {"stat": stat, "is_jump": jump.astype(float)}
        yield _closed("lee_mykland", params, [r], _filled(expected, RETURNS), "NumPy over each window")
    returns = np.array([1e-3, 0.0, 0.0, 0.0, 0.0, -2e-3, 1e-3])
    expected = {
        "stat": np.array([np.nan, np.nan, np.nan, 0.0, 0.0, -np.inf, np.inf]),
        "is_jump": np.array([np.nan, np.nan, np.nan, 0.0, 0.0, 1.0, 1.0]),
    }
    oracle = "by hand: no volatility before the return"
    yield Case("lee_mykland", {"window": 4}, [returns], expected, oracle, "scripted")


def _noise() -> Iterator[Case]:
    price = datasets.closes(count=ROWS)
    for n, k in ((100, 30), (60, 7), (12, 12), (10, 2)):
        cut = np.log(windows(price, n + 1) / price[0])
        slow = ((cut[:, k:] - cut[:, :-k]) ** 2).sum(axis=1) / k
        fast = (np.diff(cut, axis=1) ** 2).sum(axis=1)
        share = (n - k + 1) / k / n
        expected = {"tsrv": after_warmup((slow - share * fast) / (1 - share), ROWS)}
        note = "Scales are subtracted: errors are measured against variances of 1e-6 and more."
        how = "NumPy over each window"
        yield _closed("tsrv", {"n": n, "k": k}, [price], expected, how, scale=1e-6, note=note)
    r = datasets.log_returns(count=ROWS)
    for n, h in ((100, 30), (60, 0), (20, 1), (10, 40)):
        weights = [_parzen(lag / (h + 1)) for lag in range(1, min(h, n - 1) + 1)]
        values = []
        for row in windows(r, n):
            lagged = [2 * weight * np.dot(row[lag:], row[:-lag]) for lag, weight in enumerate(weights, 1)]
            values.append(np.dot(row, row) + sum(lagged))
        expected = {"rk": after_warmup(np.array(values), ROWS)}
        yield _closed("realized_kernel", {"n": n, "h": h}, [r], expected, "autocovariances of each window")


def _parzen(x: float) -> float:
    return 1 - 6 * x**2 + 6 * x**3 if x <= 0.5 else 2 * (1 - x) ** 3


def _har() -> Iterator[Case]:
    squares = np.diff(np.log(datasets.minutes().close)) ** 2
    y = squares[: 5 * 575].reshape(-1, 5).sum(axis=1) * 1e6
    note = "In units of 1e-6, so that the intercept is a number of the order of the slopes."
    for d, w, m, window, count in ((1, 5, 22, 500, 575), (1, 3, 8, 40, 200), (2, 4, 9, 30, 150)):
        series = y[:count]
        rows = []
        for t in range(window + m - 1, count):
            means = [
                np.array([series[s - n + 1 : s + 1].mean() for n in (d, w, m)])
                for s in range(t - window, t + 1)
            ]
            design = np.column_stack([np.ones(window + 1), means])
            fit = statsmodels.api.OLS(series[t - window + 1 : t + 1], design[:-1]).fit()
            rows.append([max(design[-1] @ fit.params, 0.0), *fit.params])
        expected = _filled(_named(rows), count)
        params = {"d": d, "w": w, "m": m, "window": window}
        yield Case("har_rv", params, [series], expected, f"{STATSMODELS}: OLS", "library", note=note)
    series, rows = y[:150], []
    for t in range(30 + 11 - 1, 150):
        fit = HARX(series[t - 30 - 11 + 1 : t + 1], lags=[1, 4, 11], rescale=False).fit(disp="off")
        forecast = fit.forecast(horizon=1).mean.to_numpy()[-1, 0]
        rows.append([max(forecast, 0.0), *fit.params[:4]])
    params = {"d": 1, "w": 4, "m": 11, "window": 30}
    yield Case("har_rv", params, [series], _filled(_named(rows), 150), f"{ARCH}: HARX", "library", note=note)


def _named(rows: list[Any]) -> dict[str, Any]:
    return dict(zip(("forecast", "b0", "b_d", "b_w", "b_m"), np.array(rows).T, strict=True))


def _garch() -> Iterator[Case]:
    r = 1e2 * datasets.log_returns(count=ROWS)
    for omega, alpha, beta, h in ((1e-6, 0.08, 0.9, 1), (2e-4, 0.1, 0.8, 10), (1e-3, 0.0, 0.0, 3)):
        model = arch_model(r, mean="Zero", vol="GARCH", p=1, q=1, rescale=False)
        fixed = model.fix([omega, alpha, beta])
        params = {
            "omega": omega,
            "alpha": alpha,
            "beta": beta,
            "h": h,
            "backcast": float(model.volatility.backcast(r)),
        }
        ahead = fixed.forecast(horizon=h, start=0).variance.to_numpy()[:, -1]
        expected = _conditional(r, fixed) | {"forecast_h": ahead}
        yield Case("garch11", params, [r], expected, f"{ARCH}: arch_model", "library", scale=1e-6)
    for omega, alpha, gamma, beta in ((1e-6, 0.03, 0.1, 0.88), (2e-4, 0.2, -0.1, 0.7)):
        model = arch_model(r, mean="Zero", vol="GARCH", p=1, o=1, q=1, rescale=False)
        fixed = model.fix([omega, alpha, gamma, beta])
        params = {"omega": omega, "alpha": alpha, "gamma": gamma, "beta": beta}
        params["backcast"] = float(model.volatility.backcast(r))
        yield Case(
            "gjr_garch", params, [r], _conditional(r, fixed), f"{ARCH}: arch_model", "library", scale=1e-6
        )
    for omega, alpha, gamma, beta in ((-0.1, 0.1, -0.05, 0.98), (-1.3, 0.3, 0.1, 0.8)):
        model = arch_model(r, mean="Zero", vol="EGARCH", p=1, o=1, q=1, rescale=False)
        fixed = model.fix([omega, alpha, gamma, beta])
        params = {"omega": omega, "alpha": alpha, "gamma": gamma, "beta": beta}
        params["backcast"] = float(np.exp(model.volatility.backcast(r)))
        yield Case(
            "egarch", params, [r], _conditional(r, fixed), f"{ARCH}: arch_model", "library", scale=1e-6
        )


def _conditional(returns: Any, fixed: Any) -> dict[str, Any]:
    sigma2 = np.asarray(fixed.conditional_volatility) ** 2
    each = Normal().loglikelihood([], returns, sigma2, individual=True)
    return {"sigma2": sigma2, "loglik": np.cumsum(each)}
