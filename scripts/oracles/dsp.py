"""Digital signal processing."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from typing import Any

import filterpy
import filterpy.kalman
import numpy as np
import pywt
import scipy
import scipy.linalg
import scipy.signal
import scipy.stats
import statsmodels
import talib
import tulipy
from statsmodels.tsa.filters.hp_filter import hpfilter

from nanotick.formulas.proving import Case
from oracles import datasets

FILTERPY = f"filterpy {filterpy.__version__}"
PYWT = f"PyWavelets {pywt.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
TALIB = f"TA-Lib {talib.__version__}"
TULIPY = f"tulipy {importlib.metadata.version('tulipy')}"


def cases() -> Iterator[Case]:
    """Each formula at its defaults and at other parameters."""
    for part in (_filters, _cycles, _correlation, _savgol, _kalman, _hp, _haar, _hampel, _lms):
        yield from part()


def _recursion(x: Any, b: list[float], a: list[float], first: Any) -> Any:
    """A filter whose first two outputs are given."""
    start = scipy.signal.lfiltic(b, a, first[::-1], x[1::-1])
    return np.concatenate([first, scipy.signal.lfilter(b, a, x[2:], zi=start)[0]])


def _smooth(x: Any, period: float) -> Any:
    a = math.exp(-math.sqrt(2) * math.pi / period)
    c2, c3 = 2 * a * math.cos(math.sqrt(2) * math.pi / period), -a * a
    c1 = 1 - c2 - c3
    return _recursion(x, [c1 / 2, c1 / 2, 0.0], [1.0, -c2, -c3], x[:2])


def _high(x: Any, period: float) -> Any:
    w = math.sqrt(2) * math.pi / period
    al = (math.cos(w) + math.sin(w) - 1) / math.cos(w)
    gain = (1 - al / 2) ** 2
    return _recursion(x, [gain, -2 * gain, gain], [1.0, -2 * (1 - al), (1 - al) ** 2], np.zeros(2))


def _band(x: Any, period: float, bandwidth: float) -> Any:
    b, g = math.cos(2 * math.pi / period), 1 / math.cos(2 * math.pi * bandwidth / period)
    al = g - math.sqrt(g * g - 1)
    return _recursion(x, [(1 - al) / 2, 0.0, -(1 - al) / 2], [1.0, -b * (1 + al), al], np.zeros(2))


def _filters() -> Iterator[Case]:
    x = datasets.closes(count=200)
    far = "Differences of prices of 1e5: errors are measured against 1."
    for period in (10.0, 2.5, 40.0):
        yield Case("super_smoother", {"period": period}, [x], {"ss": _smooth(x, period)}, SCIPY, "library")
        expected = {"hp": _high(x, 4.8 * period)}
        yield Case("highpass2", {"period": 4.8 * period}, [x], expected, SCIPY, "library", 1e-9, 1.0, 0, far)
        expected = {"roof": _smooth(_high(x, 4.8 * period), period)}
        params = {"hp": 4.8 * period, "lp": period}
        yield Case("roofing_filter", params, [x], expected, SCIPY, "library", 1e-9, 1.0, 0, far)
    for period, bandwidth in ((20.0, 0.3), (7.0, 0.8)):
        expected = {"bp": _band(x, period, bandwidth)}
        params = {"period": period, "bandwidth": bandwidth}
        yield Case("bandpass_ehlers", params, [x], expected, SCIPY, "library", 1e-9, 1.0, 0, far)


def _cycles() -> Iterator[Case]:
    bars = datasets.bars()
    for period in (10, 1, 34):
        fisher, signal = tulipy.fisher(bars.high, bars.low, period)
        expected = {
            "fisher": datasets.after_warmup(fisher, len(bars.high)),
            "signal": datasets.after_warmup(signal, len(bars.high)),
        }
        yield Case(
            "fisher_transform",
            {"period": period},
            [bars.high, bars.low],
            expected,
            TULIPY,
            "library",
            scale=1.0,
        )
    for x in (datasets.closes(), 100 + np.sin(np.arange(300) * 2 * np.pi / 20)):
        yield Case("hilbert_period", {}, [x], {"period": talib.HT_DCPERIOD(x)}, TALIB, "library")


def _correlation() -> Iterator[Case]:
    x = datasets.closes(count=250)
    for period in (20, 3, 61):
        values = [
            scipy.stats.pearsonr(window, np.arange(period)).statistic
            for window in datasets.windows(x, period)
        ]
        expected = {"cti": datasets.after_warmup(values, len(x))}
        yield Case("correlation_trend", {"period": period}, [x], expected, SCIPY, "library")
    flat = [5.0, 5.0, 5.0, 5.0, 6.0, 7.0, 6.0]
    expected = {"cti": [np.nan, np.nan, 0.0, 0.0, math.sqrt(0.75), 1.0, 0.0]}
    yield Case("correlation_trend", {"period": 3}, [flat], expected, "by hand", "scripted")


def _savgol() -> Iterator[Case]:
    x = datasets.closes(count=200)
    for period, order, deriv in ((21, 2, 0), (7, 3, 1), (40, 4, 2), (15, 5, 3), (3, 0, 0), (9, 1, 2)):
        weights = scipy.signal.savgol_coeffs(period, order, deriv=deriv, pos=period - 1, use="dot")
        expected = {"y": datasets.after_warmup(datasets.windows(x - x[0], period) @ weights, len(x))}
        expected["y"] += x[0] if deriv == 0 else 0.0
        params = {"period": period, "order": order, "deriv": deriv}
        note = "The oracle is given the prices less the first: its weights sum to 1 only to 1e-12."
        yield Case("savgol", params, [x], expected, SCIPY, "library", 1e-9, 1.0, 0, note)
    # SciPy's powers of 50 have lost all digits at this order.
    places = np.arange(-50.0, 1.0)
    fits = [np.polynomial.Legendre.fit(places, w - x[0], 10).deriv()(0.0) for w in datasets.windows(x, 51)]
    expected = {"y": datasets.after_warmup(fits, len(x))}
    params = {"period": 51, "order": 10, "deriv": 1}
    yield Case("savgol", params, [x], expected, f"NumPy {np.__version__}: Legendre.fit", "library", 1e-9, 1.0)


def _kalman() -> Iterator[Case]:
    x = datasets.closes(count=200)
    for q, r in ((1e-5, 1e-3), (50.0, 900.0)):
        model = filterpy.kalman.KalmanFilter(dim_x=1, dim_z=1)
        model.x, model.P, model.F, model.H = np.array([[x[0]]]), np.array([[r]]), np.eye(1), np.eye(1)
        model.Q, model.R = np.array([[q]]), np.array([[r]])
        rows = [[x[0], r, np.nan]]
        for price in x[1:]:
            model.predict()
            model.update(price)
            rows.append([model.x[0, 0], model.P[0, 0], model.y[0, 0] / math.sqrt(model.S[0, 0])])
        expected = dict(zip(("level", "p", "innov_z"), np.array(rows).T, strict=True))
        note = (
            "innov_z is a difference of prices of 1e5 in units of a deviation: errors are measured against 1."
        )
        yield Case("kalman_level", {"q": q, "r": r}, [x], expected, FILTERPY, "library", 1e-9, 1.0, 0, note)
    for q_level, q_slope, r, dt in ((1e-5, 1e-7, 1e-3, 1.0), (20.0, 0.5, 400.0, 2.0), (0.0, 1e-3, 1.0, 1.0)):
        model = filterpy.kalman.KalmanFilter(dim_x=2, dim_z=1)
        model.x, model.F = np.array([[x[1]], [(x[1] - x[0]) / dt]]), np.array([[1.0, dt], [0.0, 1.0]])
        model.P = np.array([[r, r / dt], [r / dt, 2 * r / dt**2]])
        model.H, model.Q, model.R = np.array([[1.0, 0.0]]), np.diag([q_level, q_slope]) * dt, np.array([[r]])
        rows = [[np.nan] * 3, [x[1], (x[1] - x[0]) / dt, np.nan]]
        for price in x[2:]:
            model.predict()
            model.update(price)
            rows.append([model.x[0, 0], model.x[1, 0], model.y[0, 0] / math.sqrt(model.S[0, 0])])
        expected = dict(zip(("level", "slope", "innov_z"), np.array(rows).T, strict=True))
        params = {"q_level": q_level, "q_slope": q_slope, "r": r, "dt": dt}
        note = (
            "innov_z is a difference of prices of 1e5 in units of a deviation: errors are measured against 1."
        )
        yield Case("kalman_trend", params, [x], expected, FILTERPY, "library", 1e-9, 1.0, 0, note)


def _hp() -> Iterator[Case]:
    x = datasets.closes(count=200)
    near = x - x[0]
    for lam in (1600.0, 6.25):
        cycle, trend = hpfilter(near, lam)
        note = "Near zero, where statsmodels' system of condition 16 lam keeps its digits."
        yield Case("hp_filter", {"lam": lam}, [near], {"trend": trend, "cycle": cycle}, STATSMODELS, "library", 1e-9,
                   1.0, 0, note)  # fmt: skip
    second = np.diff(np.eye(len(x)), 2, axis=0)
    note = "A price of 1e5 less its trend: errors of the cycle are measured against 1."
    for lam in (1600.0, 1e7):
        matrix = np.eye(len(x)) + lam * second.T @ second
        trend = np.zeros(len(x), dtype=np.longdouble)
        for _ in range(6):
            rest = near - matrix.astype(np.longdouble) @ trend
            trend = trend + np.linalg.solve(matrix, rest.astype(np.float64))
        expected = {"trend": trend + x[0], "cycle": near - trend}
        yield Case("hp_filter", {"lam": lam}, [x], expected, "closed form: dense solve, refined in long double",
                   "closed form", 1e-9, 1.0, 0, note)  # fmt: skip


def _haar() -> Iterator[Case]:
    x = datasets.closes(count=256)
    for levels in (4, 2, 6):
        transform = pywt.swt(x - x[0], "haar", level=levels, norm=True)
        head = 2**levels - 1
        # PyWavelets looks ahead (on a circle) where the causal form looks back: level j is 2^(j-1) - 1 .. 2^j - 1
        # rows early, which its own impulse response says best.
        details, smooth = np.full((len(x), levels), np.nan), np.full(len(x), np.nan)
        for level in range(1, levels + 1):
            approximation, detail = transform[levels - level]
            details[:, level - 1] = _late(detail, level) * _sign(level)
            smooth = _late(approximation, level) + x[0]
        details[:head], smooth[:head] = np.nan, np.nan
        expected = {"details": details, "smooth": smooth}
        yield Case("haar_modwt", {"levels": levels}, [x], expected, PYWT, "library")


def _impulse(level: int, part: int) -> Any:
    pulse = np.zeros(256)
    pulse[128] = 1.0
    return pywt.swt(pulse, "haar", level=level, norm=True)[0][part]


def _late(values: Any, level: int) -> Any:
    """Delays a level so that its response to a pulse starts at the pulse."""
    return np.roll(values, 128 - int(np.flatnonzero(np.abs(_impulse(level, 0)) > 1e-12)[0]))


def _sign(level: int) -> float:
    """The causal form has the newest values with a plus."""
    response = _impulse(level, 1)
    return float(np.sign(response[np.flatnonzero(np.abs(response) > 1e-12)[0]]))


def _hampel() -> Iterator[Case]:
    x = datasets.closes(count=300).copy()
    x[::37] *= 1.01
    for period, k in ((21, 3.0), (8, 1.5), (3, 0.5)):
        windows = datasets.windows(x, period)
        median = np.median(windows, axis=1)
        limit = k * 1.4826 * scipy.stats.median_abs_deviation(windows, axis=1)
        outlier = np.abs(windows[:, -1] - median) > limit
        expected = {"y": np.where(outlier, median, windows[:, -1]), "is_outlier": outlier.astype(float)}
        expected = {name: datasets.after_warmup(values, len(x)) for name, values in expected.items()}
        yield Case("hampel", {"period": period, "k": k}, [x], expected, SCIPY, "library")
    flat = [7.0, 7.0, 7.0, 7.0, 9.0, 7.0]
    expected = {"y": [np.nan] * 2 + [7.0] * 4, "is_outlier": [np.nan, np.nan, 0.0, 0.0, 1.0, 0.0]}
    yield Case("hampel", {"period": 3}, [flat], expected, "by hand", "scripted")


def _lms() -> Iterator[Case]:
    x = datasets.log_returns(count=200) * 1e4
    for taps, mu, eps in ((8, 0.1, 1e-8), (3, 1.0, 0.5), (2, 1.9, 1e-3)):
        pred, error, weights = (
            np.full(len(x), np.nan),
            np.full(len(x), np.nan),
            np.full((len(x), taps), np.nan),
        )
        steps = np.zeros((len(x), taps))
        for t in range(taps, len(x)):
            u = x[t - taps : t][::-1]
            pred[t] = u @ steps.sum(axis=0)
            error[t] = x[t] - pred[t]
            steps[t] = mu * error[t] * u / (eps + np.linalg.norm(u) ** 2)
            weights[t] = steps.sum(axis=0)
        expected = {"pred": pred, "error": error, "weights": weights}
        yield Case(
            "lms_filter", {"taps": taps, "mu": mu, "eps": eps}, [x], expected, "closed form", "closed form"
        )
