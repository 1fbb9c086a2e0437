"""Machine-learning features: labels, weights, splits, transforms and the quality of probabilities."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy
import scipy.stats
import skfolio
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy.special import binom
from skfolio.model_selection import CombinatorialPurgedCV
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.preprocessing import RobustScaler

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

SCIPY = f"SciPy {scipy.__version__}"
PANDAS = f"pandas {pd.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"
SKFOLIO = f"skfolio {skfolio.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
NUMPY = f"NumPy {np.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its default (windows may be shorter) and at other parameters."""
    for part in (
        _transforms,
        _sampling,
        _probabilities,
        _drift,
        _barriers,
        _uniqueness,
        _splits,
        _calibration_maps,
    ):
        yield from part()


def _transforms() -> Iterator[Case]:
    logs = np.log(datasets.closes())
    for d, tau, width in (
        (0.4, 1e-3, 1000),
        (0.4, 1e-5, 300),
        (0.0, 0.5, 2),
        (1.0, 1e-4, 50),
        (1.7, 1e-4, 1000),
    ):
        k = np.arange(width)
        weights = (-1.0) ** k * binom(d, k)
        small = np.flatnonzero(np.abs(weights) < tau)
        weights = weights[: small[0]] if len(small) else weights
        y = after_warmup(np.convolve(logs, weights, mode="valid"), len(logs))
        yield Case(
            "fracdiff",
            {"d": d, "tau": tau, "max_width": width},
            [logs],
            {"y": y},
            f"{SCIPY} special.binom, numpy.convolve",
            "library",
        )

    signal = np.round(np.diff(datasets.closes("ETHUSDT", 401)), 1)  # with ties
    for period in (10, 120):
        cut = windows(signal, period)
        ranks = scipy.stats.rankdata(cut, axis=1)[:, -1]
        z = after_warmup(scipy.stats.norm.ppf(ranks / (period + 1)), len(signal))
        yield Case(
            "rank_gauss", {"period": period}, [signal], {"z": z}, f"{SCIPY} rankdata, norm.ppf", "library"
        )
        scaler = RobustScaler(unit_variance=True)
        scaled = np.array([scaler.fit_transform(row[:, None])[-1, 0] for row in cut])
        for clip in (5.0, 0.8):
            yield Case(
                "robust_scale",
                {"period": period, "clip": clip},
                [signal],
                {"z": after_warmup(scaled.clip(-clip, clip), len(signal))},
                f"{SKLEARN} RobustScaler",
                "library",
            )
    # Eight of ten values alike: no spread between the quartiles, whatever the newest is.
    spike = np.array([1.0] * 8 + [9.0] + [1.0] * 3)
    flat = after_warmup(np.zeros(3), 12)
    yield Case("robust_scale", {"period": 10}, [spike], {"z": flat}, "0 by definition", "scripted")


def _sampling() -> Iterator[Case]:
    price = datasets.closes()
    for h in (0.0015, 0.005):
        yield Case(
            "cusum_filter",
            {"h": h},
            [price],
            _cusum(np.log(price), h),
            "closed form: the log price above its lowest (below its highest) since the last event",
            "closed form",
        )
    # +3%, -1%, -6%, +1%: up at once, then down; each side is reset on its own.
    scene = np.exp(np.cumsum([0.0, 0.03, -0.01, -0.06, 0.01]))
    expected = {
        "event": [np.nan, 1.0, 0.0, -1.0, 0.0],
        "s_pos": [np.nan, 0.0, 0.0, 0.0, 0.01],
        "s_neg": [np.nan, 0.0, -0.01, 0.0, 0.0],
    }
    yield Case("cusum_filter", {"h": 0.025}, [scene], expected, "by hand", "scripted")

    t = datasets.trades(400)
    inputs = [t.price, t.size, t.side]
    for kind, threshold in (("tick", 25.0), ("volume", 1.7), ("dollar", 60_000.0)):
        measure = {"tick": np.ones(400), "volume": t.size, "dollar": t.price * t.size}[kind]
        yield Case(
            "information_bars",
            {"kind": kind, "threshold": threshold},
            inputs,
            _bars(t, measure, threshold, None),
            "closed form: bars cut out of the tape one by one",
            "closed form",
        )
    for kind, threshold, span in (
        ("tick_imbalance", 12.0, 20),
        ("volume_imbalance", 1.5, 3),
        ("dollar_imbalance", 40_000.0, 5),
    ):
        measure = {"t": np.ones(400), "v": t.size, "d": t.price * t.size}[kind[0]]
        yield Case(
            "information_bars",
            {"kind": kind, "threshold": threshold, "span": span},
            inputs,
            _bars(t, t.side * measure, threshold, span),
            "closed form: bars cut out of the tape one by one",
            "closed form",
        )


def _cusum(logs: Any, h: float) -> dict[str, Any]:
    """Without a running sum: distances from the extremes since the last event of each side."""
    out = {name: np.full(len(logs), np.nan) for name in ("event", "s_pos", "s_neg")}
    up_from = down_from = 0
    for t in range(1, len(logs)):
        up = logs[t] - logs[up_from : t + 1].min()
        down = logs[t] - logs[down_from : t + 1].max()
        event = -1.0 if down < -h else 1.0 if up > h else 0.0
        if event < 0:
            down_from, down = t, 0.0
        if event > 0:
            up_from, up = t, 0.0
        out["event"][t], out["s_pos"][t], out["s_neg"][t] = event, up, down
    return out


def _bars(t: Any, measure: Any, threshold: float, span: int | None) -> dict[str, Any]:
    """Bars of a tape; with a span, those of imbalance."""
    names = ("open", "high", "low", "close", "volume", "buy_volume", "n")
    out = {name: np.full(len(measure), np.nan) for name in names}
    start = 0
    lengths: list[int] = []
    signed: list[float] = []
    while True:
        if lengths and span:
            new = 2.0 / (span + 1.0)
            weights = (1.0 - new) ** np.arange(len(lengths))[::-1]
            weights[1:] *= new
            length = lengths[0]
            for later in lengths[1:]:
                length = np.clip((1.0 - new) * length + new * later, lengths[0] / 10.0, lengths[0] * 10.0)
            threshold = length * abs(weights @ signed)
        reached = np.flatnonzero(np.abs(np.cumsum(measure[start:])) >= threshold)
        if len(reached) == 0:
            return out
        end = start + reached[0] + 1
        price, size = t.price[start:end], t.size[start:end]
        values = (
            price[0], price.max(), price.min(), price[-1],
            math.fsum(size), math.fsum(size[t.side[start:end] > 0]), end - start,
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            out[name][end - 1] = value
        lengths.append(end - start)
        signed.append(measure[start:end].sum() / (end - start))
        start = end


def _probabilities() -> Iterator[Case]:
    prob = np.concatenate([[0.0, 1.0, 0.5, 0.25, 1.0, 0.0], np.linspace(0.001, 0.999, 101)])
    side = np.where(np.arange(len(prob)) % 3 == 0, -1.0, 1.0)
    side[4:6] = -1.0
    for step, classes in ((0.0, 2), (0.1, 2), (0.0, 5), (0.3, 3)):
        with np.errstate(divide="ignore"):
            z = (prob - 1.0 / classes) / np.sqrt(prob * (1.0 - prob))
        size = side * (2.0 * scipy.stats.norm.cdf(z) - 1.0)
        if step:
            size = (np.round(size / step) * step).clip(-1.0, 1.0)
        inputs = [prob, side]
        yield Case(
            "bet_size",
            {"step": step, "classes": classes},
            inputs,
            {"size": size},
            f"{SCIPY} norm.cdf",
            "library",
        )

    draw = np.random.default_rng(571)
    prob = draw.beta(0.8, 0.9, 300)
    outcome = (draw.random(300) < prob**1.3).astype(float)
    for bins, window in ((10, 100), (3, 10), (50, 60)):
        cut = list(zip(windows(prob, window), windows(outcome, window), strict=True))
        expected = {
            "brier": [brier_score_loss(y, p) for p, y in cut],
            "logloss": [log_loss(y, p, labels=[0, 1]) for p, y in cut],
            "ece": [_calibration_error(y, p, bins) for p, y in cut],
        }
        yield Case(
            "calibration",
            {"bins": bins, "window": window},
            [prob, outcome],
            {name: after_warmup(values, 300) for name, values in expected.items()},
            f"{SKLEARN} brier_score_loss, log_loss, calibration_curve",
            "library",
        )


def _calibration_error(outcome: Any, prob: Any, bins: int) -> float:
    true, predicted = calibration_curve(outcome, prob, n_bins=bins)
    counts = np.histogram(prob, np.linspace(0.0, 1.0, bins + 1))[0]
    return float((counts[counts > 0] / len(prob)) @ np.abs(true - predicted))


def _drift() -> Iterator[Case]:
    returns = datasets.log_returns(count=300)
    ties = np.round(returns * 1e4)
    for signal, bins, recent, reference, eps in (
        (returns, 10, 40, 120, 1e-4),
        (ties, 5, 60, 150, 1e-2),
        (returns, 7, 100, 50, 1e-4),
    ):
        ref = signal[:reference]
        cut = windows(signal[reference:], recent)
        edges = np.quantile(ref, np.arange(1, bins) / bins, method="inverted_cdf")

        def shares(values: Any, edges: Any = edges, eps: float = eps) -> Any:
            counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
            return np.maximum(counts / len(values), eps)

        q = shares(ref)
        psi = [float((shares(row) - q) @ np.log(shares(row) / q)) for row in cut]
        ks = [scipy.stats.ks_2samp(row, ref).statistic for row in cut]
        yield Case(
            "psi",
            {"bins": bins, "recent": recent, "ref": reference, "eps": eps},
            [signal],
            {"psi": after_warmup(psi, len(signal)), "ks": after_warmup(ks, len(signal))},
            f"{SCIPY} stats.ks_2samp; {NUMPY} quantile",
            "library",
        )


def _barriers() -> Iterator[Case]:
    close = datasets.closes(count=350)
    draw = np.random.default_rng(561)
    side = draw.choice([-1.0, 0.0, 1.0], 350)
    side[100] = np.nan
    sigma = pd.Series(close).pct_change()
    for pt, sl, horizon, span, timeout in (
        (1.0, 1.0, 100, 100, "sign"),
        (2.0, 1.5, 8, 20, "sign"),
        (0.0, 1.0, 12, 50, "zero"),
        (3.0, 0.0, 5, 50, "zero"),
    ):
        deviation = sigma.ewm(span=span, adjust=True).std().to_numpy()
        rows = [_barrier(close, side, deviation, t, pt, sl, horizon, timeout) for t in range(len(close))]
        expected = dict(zip(("label", "ret", "t_end"), np.array(rows).T, strict=True))
        yield Case(
            "triple_barrier",
            {"pt": pt, "sl": sl, "horizon": horizon, "sigma_span": span, "timeout": timeout},
            [close, side],
            expected,
            f"{PANDAS} ewm std, then price by price",
            "library",
        )
    # Sigma at row 2 is that of +10% and -10% with weights 1/3 and 1: sqrt(2) * 10%. From 99 the levels are 113 and 85:
    # 105 is between them, 121 is a long's profit and a short's loss, and 80 comes too late.
    close = np.array([100.0, 110.0, 99.0, 105.0, 121.0, 80.0])
    label = {
        "label": [np.nan, np.nan, 1.0, np.nan, np.nan, np.nan],
        "t_end": [np.nan, np.nan, 4.0, *[np.nan] * 3],
    }
    side = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    yield Case("triple_barrier", {"horizon": 3, "sigma_span": 2}, [close, side], label, "by hand", "scripted")
    label = {"label": [np.nan, np.nan, -1.0, np.nan, np.nan, np.nan], "t_end": label["t_end"]}
    yield Case(
        "triple_barrier", {"horizon": 3, "sigma_span": 2}, [close, -side], label, "by hand", "scripted"
    )


def _barrier(
    close: Any, side: Any, sigma: Any, t: int, pt: float, sl: float, horizon: int, timeout: str
) -> tuple[float, float, float]:
    """The first price beyond a level of its own, for a long and a short apart."""
    if side[t] not in (1.0, -1.0) or not sigma[t] > 0:
        return (math.nan,) * 3
    wide, tight = pt * sigma[t], sl * sigma[t]
    for u in range(t + 1, min(t + horizon, len(close) - 1) + 1):
        gain = (close[u] - close[t]) / close[t] * side[t]
        if pt > 0 and gain >= wide:
            return 1.0, gain, u
        if sl > 0 and gain <= -tight:
            return -1.0, gain, u
    if t + horizon > len(close) - 1:
        return (math.nan,) * 3
    return (math.copysign(1.0, gain) if gain and timeout == "sign" else 0.0), gain, t + horizon


def _uniqueness() -> Iterator[Case]:
    returns = datasets.log_returns(count=120)
    draw = np.random.default_rng(563)
    t0 = draw.integers(0, 110, 120).astype(float)
    t1 = t0 + draw.integers(0, 12, 120)
    t0[[3, 50]] = np.nan
    for c in (1.0, 0.25):
        yield Case(
            "label_uniqueness",
            {"c": c},
            [t0, t1, returns],
            _indicator_matrix(t0, t1, returns, c),
            f"closed form: {NUMPY} indicator matrix",
            "closed form",
        )
    # Bars 0 to 2 and 1 to 2 overlap; bar 3 stands alone; the last row has no label.
    yield Case(
        "label_uniqueness",
        {"c": 0.5},
        [[0.0, 1.0, 3.0, np.nan], [2.0, 2.0, 3.0, 3.0], [0.1, 0.2, 0.2, -0.1]],
        {
            "concurrency": [1.0, 2.0, 2.0, 1.0],
            "uniqueness": [2 / 3, 0.5, 1.0, np.nan],
            "weight": np.array([0.3, 0.2, 0.1, np.nan]) / 0.2,
            "time_decay": [0.5 + 0.5 * (2 / 3) / (13 / 6), 0.5 + 0.5 * (7 / 6) / (13 / 6), 1.0, np.nan],
        },
        "by hand",
        "scripted",
    )


def _indicator_matrix(t0: Any, t1: Any, returns: Any, c: float) -> dict[str, Any]:
    count = len(returns)
    bars_ = np.arange(count)[:, None]
    with np.errstate(invalid="ignore"):
        there = (bars_ >= t0) & (bars_ <= t1) & (t1 < count)
    concurrency = there.sum(axis=1)
    labels = there.any(axis=0)
    unique, weight, decay = (np.full(count, np.nan) for _ in range(3))
    for label in np.flatnonzero(labels):
        unique[label] = np.mean(1.0 / concurrency[there[:, label]])
        weight[label] = abs(math.fsum(returns[there[:, label]] / concurrency[there[:, label]]))
    weight /= np.nanmean(weight)
    order = sorted(np.flatnonzero(labels), key=lambda label: t0[label])
    for place, label in enumerate(order):
        share = math.fsum(unique[order[: place + 1]]) / math.fsum(unique[order])
        decay[label] = c + (1.0 - c) * share
    return {"concurrency": concurrency, "uniqueness": unique, "weight": weight, "time_decay": decay}


def _splits() -> Iterator[Case]:
    rows, reach = 60, 2
    t0 = np.arange(rows, dtype=float)
    for groups, k, embargo in ((6, 2, 0.05), (5, 3, 0.0)):
        # Labels of one length: purging is then what skfolio does with a number of rows.
        oracle = CombinatorialPurgedCV(
            n_folds=groups, n_test_folds=k, purged_size=reach, embargo_size=int(embargo * rows)
        )
        list(oracle.split(np.zeros((rows, 1))))
        state = oracle.index_train_test_
        yield Case(
            "purged_cpcv",
            {"n_groups": groups, "k_test": k, "embargo": embargo},
            [t0, t0 + reach],
            {
                "train": (state == 0).astype(float),
                "test": np.column_stack(
                    [np.isin(np.arange(rows) // (rows // groups), split) for split in oracle.test_set_index]
                ).astype(float),
                "n_paths": np.float64(oracle.n_test_paths),
            },
            f"{SKFOLIO} CombinatorialPurgedCV",
            "library",
        )
    draw = np.random.default_rng(565)
    t0 = np.cumsum(draw.exponential(10.0, 50))
    t1 = t0 + draw.exponential(40.0, 50)
    for groups, k, embargo in ((6, 2, 0.04), (7, 1, 0.0), (4, 3, 0.1)):
        yield Case(
            "purged_cpcv",
            {"n_groups": groups, "k_test": k, "embargo": embargo},
            [t0, t1],
            _purged(t0, t1, groups, k, embargo),
            "closed form: pairs of labels checked for overlap one by one",
            "closed form",
        )


def _purged(t0: Any, t1: Any, groups: int, k: int, embargo: float) -> dict[str, Any]:
    count = len(t0)
    sizes = [count // groups + (group < count % groups) for group in range(groups)]
    group_of = np.repeat(np.arange(groups), sizes)
    combinations = list(itertools.combinations(range(groups), k))
    train, test = np.ones((count, len(combinations))), np.zeros((count, len(combinations)))
    for column, split in enumerate(combinations):
        for group in split:
            block = [i for i in range(count) if group_of[i] == group]
            start, end = min(t0[i] for i in block), max(t1[i] for i in block)
            last = max(i for i in range(count) if t0[i] <= end)
            for i in range(count):
                overlaps = not (t1[i] < start or t0[i] > end)
                if overlaps or last < i <= last + math.floor(embargo * count):
                    train[i, column] = 0.0
            test[block, column] = 1.0
    return {"train": train, "test": test, "n_paths": math.comb(groups, k) * k / groups}


class _Scores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose scores are its only feature."""

    classes_ = np.array([0.0, 1.0])

    def fit(self, x: Any, y: Any) -> _Scores:
        """There is nothing to learn."""
        return self

    def decision_function(self, x: Any) -> Any:
        """The scores."""
        return x[:, 0]

    def predict(self, x: Any) -> Any:
        """The class on whose side of 0 the score is."""
        return (x[:, 0] > 0.0).astype(float)


def _calibration_maps() -> Iterator[Case]:
    draw = np.random.default_rng(572)
    score = np.round(draw.normal(0.0, 1.5, 250), 2)  # with ties
    outcome = (draw.random(250) < 1.0 / (1.0 + np.exp(-0.7 * score + 0.4))).astype(float)
    far = 1e4 + 50.0 * score
    apart = (score > 0.3).astype(float)
    for x, y in ((score, outcome), (far, 1.0 - outcome), (score, apart)):
        fit = IsotonicRegression(out_of_bounds="clip").fit(x, y)
        expected = {"p_cal": fit.predict(x)}
        yield Case(
            "platt_isotonic",
            {"method": "isotonic"},
            [x, y],
            expected,
            f"{SKLEARN} IsotonicRegression",
            "library",
        )
        positives, negatives = y.sum(), len(y) - y.sum()
        target = np.where(y > 0, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
        # Scaled, which does not move the fit: with columns of very unlike size GLM stops early.
        columns = sm.add_constant((x - x.mean()) / x.std())
        model = sm.GLM(target, columns, family=sm.families.Binomial())
        p = model.fit(tol=1e-14, maxiter=200).fittedvalues
        yield Case("platt_isotonic", {}, [x, y], {"p_cal": p}, f"{STATSMODELS} GLM Binomial", "library")
    sigmoid = CalibratedClassifierCV(_Scores(), method="sigmoid", ensemble=False).fit(score[:, None], outcome)
    yield Case(
        "platt_isotonic",
        {"method": "platt"},
        [score, outcome],
        {"p_cal": sigmoid.predict_proba(score[:, None])[:, 1]},
        f"{SKLEARN} CalibratedClassifierCV",
        "library",
        tolerance=1e-6,
        note="its L-BFGS stops at a loss that is flat to the eighth digit of the probabilities",
    )
