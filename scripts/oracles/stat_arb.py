"""Statistical arbitrage and time series."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import arch
import filterpy
import filterpy.kalman
import nolds
import numpy as np
import pandas as pd
import scipy
import scipy.odr
import scipy.stats
import sklearn
import sklearn.decomposition
import statsmodels
import statsmodels.api as sm
import statsmodels.stats.diagnostic
import statsmodels.tsa.stattools as tsa
from arch.unitroot import ADF, KPSS, VarianceRatio
from arch.unitroot.cointegration import engle_granger
from statsmodels.regression.recursive_ls import RecursiveLS
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import named, rolling

ARCH = f"arch {arch.__version__}"
FILTERPY = f"filterpy {filterpy.__version__}"
NOLDS = "nolds 0.6.1"
NUMPY = "NumPy, window by window from the definition"
PANDAS = f"pandas {pd.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for family in (
            reversion,
            regressions,
            kalman,
            total_least_squares,
            distances,
            autoregressions,
            diagnostics,
            variance_ratios,
            contrarian,
            unit_roots,
            cointegration,
            causality,
            memory,
            factor_scores,
        ):
            yield from family()


def stuck(values: Any, start: int, stop: int) -> Any:
    """A copy that stands still for a while."""
    values = values.copy()
    values[start:stop] = values[start]
    return values


def legs(count: int = 240) -> tuple[Any, Any]:
    """Ether and bitcoin."""
    return datasets.closes("ETHUSDT", count), datasets.closes("BTCUSDT", count)


def reversion() -> Iterator[Case]:
    """Z-scores."""
    close = datasets.closes(count=160)
    for period, ddof, price in ((60, 1, close), (2, 1, close), (21, 0, close), (8, 1, stuck(close, 40, 70))):

        def last(window: Any, ddof: int = ddof) -> float:
            flat = np.ptp(window) == 0.0
            return 0.0 if flat else scipy.stats.zscore(window, ddof=ddof)[-1]

        z = rolling(last, period, price)
        yield Case("zscore", {"period": period, "ddof": ddof}, [price], {"z": z}, SCIPY, "library", scale=1.0)
    for alpha in (0.02, 0.3):
        weighted = pd.Series(close).ewm(alpha=alpha, adjust=False)
        mean, variance = weighted.mean().to_numpy(), weighted.var(bias=True).to_numpy()
        z = np.full(len(close), np.nan)
        z[1] = 0.0
        z[2:] = (close[2:] - mean[1:-1]) / np.sqrt(variance[1:-1])
        note = "pandas keeps the mean as a price: eleven digits of its distance from a price are left."
        yield Case("ewm_zscore", {"alpha": alpha}, [close], {"z": z}, PANDAS, "library", 1e-8, 1.0, note=note)
        z = weighted_zscores(close, alpha)
        yield Case("ewm_zscore", {"alpha": alpha}, [close], {"z": z}, NUMPY, "closed form", scale=1.0)


def weighted_zscores(close: Any, alpha: float) -> Any:
    """From the explicit weights, prices about the first one."""
    prices, z = close - close[0], np.full(len(close), np.nan)
    for t in range(1, len(prices)):
        weights = alpha * (1.0 - alpha) ** np.arange(t - 1, -1, -1.0)
        weights[0] = (1.0 - alpha) ** (t - 1)
        mean = weights @ prices[:t]
        variance = weights @ (prices[:t] - mean) ** 2
        z[t] = 0.0 if variance == 0.0 else (prices[t] - mean) / np.sqrt(variance)
    return z


def regressions() -> Iterator[Case]:
    """Hedge ratio and spread."""
    x, y = legs()
    for period in (200, 3, 30):

        def fit(x: Any, y: Any) -> list[float]:
            # About a pair of the window: the constant then keeps its digits.
            line = sm.OLS(y - y[0], sm.add_constant(x - x[0])).fit()
            shift, beta = line.params
            spread, alpha = line.resid[-1], y[0] + shift - beta * x[0]
            return [beta, alpha, spread, spread / np.sqrt(line.mse_resid), line.rsquared]

        values = named("beta alpha spread spread_z r2", rolling(fit, period, x, y))
        tolerance, note = 1e-9, ""
        if period == 3:
            tolerance, note = 1e-8, "Three points may lie so near a line that nine digits of SSR are left."
        params = {"period": period}
        yield Case("rolling_ols", params, [x, y], values, STATSMODELS, "library", tolerance, 1.0, note=note)
    line = np.polyfit(x[:20], y[:20], 1)
    short = [np.append(x[:20], np.full(20, x[19])), y[:40]]
    beta = np.full(40, np.nan)
    beta[19] = line[0]
    for end in range(21, 39):
        beta[end - 1] = np.polyfit(short[0][end - 20 : end], short[1][end - 20 : end], 1)[0]
    note = "The last windows have one x alone: no line goes through them."
    yield Case(
        "rolling_ols",
        {"period": 20},
        short,
        {"beta": beta},
        "NumPy's polyfit",
        "library",
        scale=1.0,
        note=note,
    )


def kalman() -> Iterator[Case]:
    """The same by a filter."""
    x, y = legs(100)
    pairs = [(1e-4, 1e-3, 1.0, x, y), (1e-6, 0.5, 100.0, x / 1e3, y / 1e4), (0.01, 2.0, 1.0, x, y)]
    for delta, r, p0, x, y in pairs:
        kf = filterpy.kalman.KalmanFilter(dim_x=2, dim_z=1)
        kf.x, kf.F, kf.P = np.zeros((2, 1)), np.eye(2), np.eye(2) * p0
        kf.Q, kf.R = np.eye(2) * delta / (1.0 - delta), np.array([[r]])
        rows = []
        for price, other in zip(x, y, strict=True):
            kf.predict()
            kf.update(np.array([[other]]), H=np.array([[price, 1.0]]))
            e, q = kf.y.item(), kf.S.item()
            rows.append([kf.x[0, 0], kf.x[1, 0], e, q, e / np.sqrt(q)])
        params = {"delta": delta, "r": r, "p0": p0}
        values = named("beta alpha e q z", np.array(rows).T)
        yield Case("kalman_hedge", params, [x, y], values, FILTERPY, "library", scale=1.0)
    x, y = legs(80)
    x, y = x / x[0] - 1.0, y / y[0] - 1.0
    line = RecursiveLS(y, sm.add_constant(x)).fit().recursive_coefficients.filtered
    params = {"delta": 1e-18, "r": 1e-6, "p0": 1e12}
    note = "The limit of no drift and a diffuse start; the first rows still remember the start."
    values = {"beta": line[1], "alpha": line[0]}
    yield Case("kalman_hedge", params, [x, y], values, STATSMODELS, "library", 1e-8, skip=10, note=note)


def total_least_squares() -> Iterator[Case]:
    """Slope of the first principal axis."""
    ether, bitcoin = legs()
    scaled = bitcoin / 40.0
    pairs = [(200, ether, scaled), (10, ether, scaled), (30, scaled, ether), (40, ether, -scaled)]
    for period, x, y in pairs:

        def axis(x: Any, y: Any) -> list[float]:
            _, _, axes = np.linalg.svd(np.column_stack([x - x.mean(), y - y.mean()]))
            beta = axes[0, 1] / axes[0, 0]
            return [beta, y.mean() - beta * x.mean()]

        values = named("beta alpha", rolling(axis, period, x, y))
        yield Case("tls_hedge", {"period": period}, [x, y], values, "NumPy's svd", "library", scale=1.0)
    x, y = ether[:60], -scaled[:60]

    def distance(x: Any, y: Any) -> list[float]:
        model = scipy.odr.Model(lambda b, x: b[0] * x + b[1])
        start = np.polyfit(x - x[0], y - y[0], 1)
        fit = scipy.odr.ODR(scipy.odr.Data(x - x[0], y - y[0]), model, start, sstol=1e-16, partol=1e-16)
        fit.set_job(deriv=1)
        beta, shift = fit.run().beta
        return [beta, y[0] + shift - beta * x[0]]

    values = named("beta alpha", rolling(distance, 40, x, y))
    note = "scipy.odr iterates and stops some digits before the end."
    yield Case("tls_hedge", {"period": 40}, [x, y], values, SCIPY, "library", 1e-7, 1.0, note=note)


def distances() -> Iterator[Case]:
    """Normalised prices."""
    ether, bitcoin = legs()
    for formation, x, y in ((220, ether, bitcoin), (10, ether, bitcoin), (30, ether, ether)):

        def distance(x: Any, y: Any) -> list[float]:
            spread = x / x[0] - y / y[0]
            deviation = spread.std(ddof=1)
            z = (spread[-1] - spread.mean()) / deviation if deviation > 0.0 else 0.0
            return [(spread**2).sum(), spread[-1], z]

        values = named("ssd spread z", rolling(distance, formation, x, y))
        yield Case("distance_pairs", {"formation": formation}, [x, y], values, NUMPY, "closed form")


def autoregressions() -> Iterator[Case]:
    """Speed of reversion."""
    close = datasets.closes("SOLUSDT", 230)
    reverting = close - pd.Series(close).rolling(12, min_periods=1).mean().to_numpy() + 100.0
    for period, dt, price in ((200, 1.0, reverting), (10, 60.0, reverting), (50, 0.5, close)):

        def line(window: Any) -> Any:
            # About a price of the window: the constant then keeps its digits.
            window = window - window[0]
            return sm.OLS(window[1:], sm.add_constant(window[:-1])).fit()

        def ornstein(window: Any, dt: float = dt) -> list[float]:
            a, b = (fit := line(window)).params
            s2 = fit.ssr / fit.nobs
            if b >= 1.0:
                return [0.0, np.nan, np.sqrt(s2 / dt), np.inf]
            mu = window[0] + a / (1.0 - b)
            if b <= 0.0:
                return [np.inf, mu, np.inf, 0.0]
            theta = -np.log(b) / dt
            return [theta, mu, np.sqrt(2.0 * theta * s2 / (1.0 - b * b)), np.log(2.0) / theta]

        def dickey_fuller(window: Any) -> list[float]:
            window = window - window[0]
            slope = sm.OLS(np.diff(window), sm.add_constant(window[:-1])).fit().params[1]
            return [-np.log(2.0) / slope if slope < 0.0 else np.inf, slope]

        params = {"period": period, "dt": dt}
        values = named("theta mu sigma half_life", rolling(ornstein, period, price))
        yield Case("ou_mle", params, [price], values, STATSMODELS, "library")
        values = named("half_life lambda_", rolling(dickey_fuller, period, price))
        yield Case("half_life", {"period": period}, [price], values, STATSMODELS, "library")
    price = stuck(close, 20, 60)[:80]

    def flat(window: Any) -> list[float]:
        before = window[:-1] - window[-2]
        if not before.any():
            return [np.nan, np.nan]
        slope = np.polyfit(before, np.diff(window), 1)[0]
        return [-np.log(2.0) / slope if slope < 0.0 else np.inf, slope]

    values = named("half_life lambda_", rolling(flat, 12, price))
    note = "Windows of one price have no regression."
    yield Case("half_life", {"period": 12}, [price], values, "NumPy's polyfit", "library", note=note)


def diagnostics() -> Iterator[Case]:
    """Autocorrelation, heteroskedasticity and normality."""
    returns = datasets.log_returns(count=280)
    gaps = stuck(returns, 50, 80)
    for period, lag, values in ((200, 1, returns), (20, 3, returns), (10, 9, returns), (10, 2, gaps)):

        def acf(window: Any, lag: int = lag) -> float:
            return tsa.acf(window, nlags=lag, adjusted=False, fft=False)[lag] if np.ptp(window) else 0.0

        expected = rolling(acf, period, values)
        outputs = {"acf": expected, "t_stat": expected * np.sqrt(period)}
        params = {"period": period, "lag": lag}
        yield Case("autocorrelation", params, [values], outputs, STATSMODELS, "library")
    sample = returns[:150]
    for min_obs, lags in ((100, 10), (30, 4), (12, 1)):
        rows = np.full((2, len(sample)), np.nan)
        for end in range(min_obs, len(sample) + 1):
            table = statsmodels.stats.diagnostic.acorr_ljungbox(sample[:end], lags=[lags])
            rows[:, end - 1] = table["lb_stat"].iloc[0], table["lb_pvalue"].iloc[0]
        params = {"min_obs": min_obs, "lags": lags}
        yield Case("ljung_box", params, [sample], named("q p_value", rows), STATSMODELS, "library")
    for lags in (5, 1, 12):
        values = named(
            "lm p_value", statsmodels.stats.diagnostic.het_arch(returns - returns.mean(), lags)[:2]
        )
        yield Case("arch_lm", {"lags": lags}, [returns], values, STATSMODELS, "library")
    for period in (250, 8, 40):
        values = named("jb p_value", rolling(scipy.stats.jarque_bera, period, returns))
        yield Case("jarque_bera", {"period": period}, [returns], values, SCIPY, "library")


def variance_ratios() -> Iterator[Case]:
    """Lo and MacKinlay's test of every sample from the start."""
    close = datasets.closes("LTCUSDT", 150)
    logs = np.log(close)
    for min_obs, q in ((100, 5), (20, 2), (40, 12)):
        rows = np.full((3, len(close)), np.nan)
        for end in range(min_obs, len(close) + 1):
            plain = VarianceRatio(logs[:end], q, trend="c", robust=False, debiased=True)
            robust = VarianceRatio(logs[:end], q, trend="c", robust=True, debiased=True)
            rows[:, end - 1] = plain.vr, plain.stat, robust.stat
        values = named("vr z z_robust", rows)
        yield Case(
            "variance_ratio", {"min_obs": min_obs, "q": q}, [close], values, ARCH, "library", scale=1.0
        )


def contrarian() -> Iterator[Case]:
    """Weights against the average."""
    returns = datasets.returns_matrix(5, 120).copy()
    returns[60] = returns[60, 0]
    for lag, unit_gross in ((1, False), (4, False), (3, True), (1, True)):
        # Axes of windows: row, asset, age.
        past = np.lib.stride_tricks.sliding_window_view(returns, lag, axis=0).sum(axis=2)
        weights = -(past - past.mean(axis=1, keepdims=True)) / 5.0
        gross = 0.5 * np.abs(weights).sum(axis=1, keepdims=True)
        if unit_gross:
            weights = np.divide(weights, gross, out=np.zeros_like(weights), where=gross > 1e-15)
        weights = datasets.after_warmup(weights, len(returns))
        profit = np.full(len(returns), np.nan)
        profit[1:] = (weights[:-1] * returns[1:]).sum(axis=1)
        weights[lag - 1] = np.nan
        params = {"lag": lag, "unit_gross": unit_gross}
        outputs = {"weights": weights, "profit": profit}
        yield Case(
            "contrarian_weights",
            params,
            [returns],
            outputs,
            NUMPY,
            "closed form",
            tolerance=1e-10,
            scale=1e-5,
        )


def unit_roots() -> Iterator[Case]:
    """Dickey-Fuller and KPSS."""
    close = datasets.closes("BNBUSDT", 400)
    for lags, trend in ((1, "c"), (0, "n"), (4, "ct"), (12, "c")):
        test = ADF(close, lags=lags, trend=trend)
        values = {"stat": test.stat, "p_value": test.pvalue}
        yield Case("adf", {"lags": lags, "trend": trend}, [close], values, ARCH, "library")
        stat, p_value, *_ = tsa.adfuller(close, maxlag=lags, regression=trend, autolag=None)
        values = {"stat": stat, "p_value": p_value}
        yield Case("adf", {"lags": lags, "trend": trend}, [close], values, STATSMODELS, "library")
    noise = datasets.log_returns("BNBUSDT", 400)
    for lags, trend, series in ((-1, "c", close), (-1, "ct", close), (3, "c", noise), (0, "ct", noise)):
        params = {"lags": lags, "trend": trend}
        count = int(np.ceil(12.0 * (len(series) / 100.0) ** 0.25)) if lags < 0 else lags
        stat = KPSS(series, lags=count, trend=trend).stat
        yield Case("kpss", params, [series], {"stat": stat}, ARCH, "library")
        stat, p_value, *_ = tsa.kpss(series, regression=trend, nlags="legacy" if lags < 0 else lags)
        values = {"stat": stat, "p_value": p_value}
        yield Case("kpss", params, [series], values, STATSMODELS, "library")


def cointegration() -> Iterator[Case]:
    """Pairs by Engle and Granger, more by Johansen."""
    ether, lite = datasets.closes("ETHUSDT", 400), datasets.closes("LTCUSDT", 400)
    tied = 3.0 * ether + 50.0 * np.sin(np.arange(400.0))
    for lags, x, y in ((1, ether, lite), (0, lite, ether), (6, ether, tied)):
        test = engle_granger(y, x, trend="c", lags=lags)
        beta, alpha = -test.cointegrating_vector.to_numpy()[1:]
        values = {"stat": test.stat, "beta": beta, "alpha": alpha}
        yield Case("engle_granger", {"lags": lags}, [x, y], values, ARCH, "library")
        stat, p_value, _ = tsa.coint(y, x, trend="c", maxlag=lags, autolag=None)
        values = {"stat": stat, "p_value": p_value}
        yield Case("engle_granger", {"lags": lags}, [x, y], values, STATSMODELS, "library")
    prices = np.column_stack([datasets.closes(symbol, 400) for symbol in datasets.SYMBOLS[:4]])
    for det_order, k_ar_diff, assets in ((0, 1, 4), (-1, 2, 2), (1, 3, 3), (0, 4, 3)):
        levels = prices[:, :assets]
        # Without a constant statsmodels would count the levels; ours are taken from the first row on.
        base = levels - levels[0] if det_order < 0 else levels
        test = coint_johansen(base, det_order, k_ar_diff)
        beta = test.evec / np.sign(test.evec[np.abs(test.evec).argmax(axis=0), np.arange(assets)])
        values = {"eigenvalues": test.eig, "trace": test.lr1, "max_eig": test.lr2, "beta": beta}
        params = {"det_order": det_order, "k_ar_diff": k_ar_diff}
        yield Case("johansen", params, [levels], values, STATSMODELS, "library")


def causality() -> Iterator[Case]:
    """Whether one series helps to foretell another."""
    bitcoin, cardano = datasets.log_returns("BTCUSDT", 400), datasets.log_returns("ADAUSDT", 400)
    for lags, x, y in ((5, bitcoin, cardano), (1, cardano, bitcoin), (9, bitcoin, cardano)):
        tests = tsa.grangercausalitytests(np.column_stack([y, x]), [lags])
        f, p_value, *_ = tests[lags][0]["ssr_ftest"]
        values = {"f": f, "p_value": p_value}
        yield Case("granger_causality", {"lags": lags}, [x, y], values, STATSMODELS, "library")


def memory() -> Iterator[Case]:
    """Exponents of long memory."""
    returns = datasets.log_returns(count=680)
    # nolds takes a limit of E(m) for chunks above 340: the samples stop short of twice that.
    for min_chunk, count in ((16, 680), (4, 512), (10, 400)):
        sample = returns[:count]
        sizes = [min_chunk << k for k in range(20) if min_chunk << k <= count // 2]
        hurst, corrected = (
            nolds.hurst_rs(sample, nvals=sizes, fit="poly", corrected=corrected, unbiased=False)
            for corrected in (False, True)
        )
        values = {"hurst": hurst, "hurst_corrected": corrected}
        params = {"min_chunk": min_chunk, "min_obs": 64}
        yield Case("hurst_rs", params, [sample], values, NOLDS, "library")
    for order, min_box in ((1, 8), (2, 5), (3, 16)):
        alpha = detrended(returns, order, min_box)
        params = {"order": order, "min_box": min_box}
        yield Case("dfa", params, [returns], {"alpha": alpha}, NUMPY, "closed form")
    close = datasets.closes(count=500)
    for q, max_lag in ((2.0, 19), (1.0, 5), (3.5, 40)):
        logs = np.log(close)
        moments = []
        for lag in range(1, max_lag + 1):
            changes = [abs(logs[t + lag] - logs[t]) ** q for t in range(len(logs) - lag)]
            moments.append(np.mean(changes) / np.mean(np.abs(logs) ** q))
        h = np.polyfit(np.log(np.arange(1.0, max_lag + 1.0)), np.log(moments), 1)[0] / q
        params = {"q": q, "max_lag": max_lag}
        yield Case("generalized_hurst", params, [close], {"h": h}, NUMPY, "closed form")


def detrended(returns: Any, order: int, min_box: int) -> float:
    """The exponent with a polynomial fitted to each box by itself."""
    walk = np.cumsum(returns - returns.mean())
    sizes = sorted({int(min_box * 1.2**k) for k in range(100)})
    sizes = [size for size in sizes if size <= len(walk) // 4]
    fluctuations = []
    for size in sizes:
        squares = []
        for start in range(0, len(walk) - size + 1, size):
            box, places = walk[start : start + size], np.arange(float(size))
            fit = np.polynomial.Polynomial.fit(places, box, order)
            squares.extend((box - fit(places)) ** 2)
        fluctuations.append(np.sqrt(np.mean(squares)))
    return float(np.polyfit(np.log(sizes), np.log(fluctuations), 1)[0])


def factor_scores() -> Iterator[Case]:
    """Residuals against principal components."""
    returns = datasets.returns_matrix(7, 260)
    for ou_window, n_factors, dt in ((60, 3, 1.0), (40, 1, 1.0 / 252.0), (100, 2, 1.0)):
        standard = (returns - returns.mean(axis=0)) / returns.std(axis=0)
        pca = sklearn.decomposition.PCA(n_factors, svd_solver="full").fit(standard)
        factors = returns[-ou_window:] @ (pca.components_.T / returns.std(axis=0)[:, None])
        rows = []
        for asset in returns[-ou_window:].T:
            walk = np.cumsum(sm.OLS(asset, sm.add_constant(factors)).fit().resid)
            line = sm.OLS(walk[1:], sm.add_constant(walk[:-1])).fit()
            a, b = line.params
            if not 0.0 < b < 1.0:
                rows.append([np.nan] * 4)
                continue
            m, sigma = a / (1.0 - b), np.sqrt(np.var(line.resid) / (1.0 - b * b))
            rows.append([-m / sigma, -np.log(b) / dt, m, sigma])
        params = {"window": len(returns), "ou_window": ou_window, "n_factors": n_factors, "dt": dt}
        values = named("s_score kappa m sigma_eq", np.array(rows).T)
        oracle = f"{SKLEARN} and {STATSMODELS}"
        yield Case("pca_sscore", params, [returns], values, oracle, "library", scale=1e-5)
