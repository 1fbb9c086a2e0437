"""Information and complexity."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from typing import Any

import antropy
import EntropyHub
import infomeasure
import numpy as np
import ordpy
import scipy
import scipy.spatial.distance
import scipy.stats
import sklearn
import sklearn.metrics

from nanotick.formulas.proving import Case
from oracles import datasets

ANTROPY = f"antropy {importlib.metadata.version('antropy')}"
ENTROPYHUB = f"EntropyHub {importlib.metadata.version('EntropyHub')}"
INFOMEASURE = f"infomeasure {importlib.metadata.version('infomeasure')}"
ORDPY = f"ordpy {importlib.metadata.version('ordpy')}"
SCIPY = f"SciPy {scipy.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"


def cases() -> Iterator[Case]:
    """Each formula at its defaults and at other parameters."""
    for part in (_shannon, _sample, _permutation, _lempel_ziv, _divergence, _mutual, _transfer):
        yield from part()


def _windowed(values: list[Any], names: tuple[str, ...], count: int) -> dict[str, Any]:
    columns = np.array(values, dtype=float).reshape(len(values), -1).T
    return {name: datasets.after_warmup(column, count) for name, column in zip(names, columns, strict=True)}


def _shannon() -> Iterator[Case]:
    x = datasets.log_returns(count=350)
    for period, bins, correct in ((200, 10, False), (50, 7, True), (20, 100, False)):
        values = []
        for window in datasets.windows(x, period):
            counts = np.histogram(window, bins)[0]
            h = scipy.stats.entropy(counts) + correct * (np.count_nonzero(counts) - 1) / (2 * period)
            values.append([h, h / math.log(bins)])
        params = {"period": period, "bins": bins, "correct": correct}
        yield Case(
            "shannon_entropy", params, [x], _windowed(values, ("h", "h_norm"), len(x)), SCIPY, "library"
        )
    # Prices lie on the edges of the bins again and again; a flat window has no entropy.
    x = np.concatenate([np.arange(40.0) % 9, np.full(12, 3.0)])
    values = [[scipy.stats.entropy(np.histogram(w, 8)[0])] * 2 for w in datasets.windows(x, 10)]
    values = [[h, h / math.log(8)] for h, _ in values]
    yield Case("shannon_entropy", {"period": 10, "bins": 8}, [x], _windowed(values, ("h", "h_norm"), len(x)), SCIPY,
               "library")  # fmt: skip


def _sample() -> Iterator[Case]:
    x = datasets.log_returns(count=300)
    for period, m, r in ((200, 2, 0.2), (300, 1, 0.5), (120, 3, 1.0)):
        window = x[-period:]
        value = antropy.sample_entropy(window, order=m, tolerance=r * window.std())
        yield Case(
            "sample_entropy", {"period": period, "m": m, "r": r}, [x], {"sampen": value}, ANTROPY, "library"
        )
        value = EntropyHub.SampEn(window, m=m, r=r * window.std())[0][-1]
        yield Case(
            "sample_entropy",
            {"period": period, "m": m, "r": r},
            [x],
            {"sampen": value},
            ENTROPYHUB,
            "library",
        )


def _permutation() -> Iterator[Case]:
    x = datasets.log_returns(count=320)
    names = ("pe", "pe_norm")
    for period, order, delay in ((200, 3, 1), (60, 4, 2), (100, 5, 1)):
        values = [
            [antropy.perm_entropy(w, order, delay, normalize=flag) for flag in (False, True)]
            for w in datasets.windows(x, period)
        ]
        params = {"period": period, "order": order, "delay": delay}
        yield Case("permutation_entropy", params, [x], _windowed(values, names, len(x)), ANTROPY, "library")
        values = [
            [
                ordpy.weighted_permutation_entropy(w, order, taux=delay, base=2, normalized=flag)
                for flag in (False, True)
            ]
            for w in datasets.windows(x, period)
        ]
        params = params | {"weighted": True}
        yield Case("permutation_entropy", params, [x], _windowed(values, names, len(x)), ORDPY, "library")
    # Ties by time: equal values count as rising.
    bits = -(0.8 * math.log2(0.8) + 0.2 * math.log2(0.2))
    scene = {name: [np.nan] * 5 + [0.0, bits] for name in ("pe", "pe_norm")}
    yield Case("permutation_entropy", {"period": 6, "order": 2}, [[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0]], scene,
               "by hand", "scripted")  # fmt: skip


def _lempel_ziv() -> Iterator[Case]:
    x = datasets.log_returns(count=400)
    for period in (256, 60, 400):
        window = x[-period:]
        text = "".join(str(int(value > np.median(window))) for value in window)
        count = antropy.lziv_complexity(text)
        params = {"period": period, "normalize": False}
        yield Case("lempel_ziv", params, [x], {"c": count}, ANTROPY, "library")
        ratio = antropy.lziv_complexity(text, normalize=True)
        yield Case("lempel_ziv", {"period": period}, [x], {"c": ratio}, ANTROPY, "library")
    digits = [float(digit) for digit in "0001101001000101"]
    params = {"period": 16, "normalize": False}
    yield Case(
        "lempel_ziv", params, [digits], {"c": 6}, "Lempel and Ziv 1976: 0.001.10.100.1000.101", "scripted"
    )
    yield Case("lempel_ziv", params, [[2.0] * 16], {"c": 2}, "by hand", "scripted")


def _divergence() -> Iterator[Case]:
    x = datasets.log_returns(count=500)
    for recent, ref, bins, eps in ((60, 300, 20, 1e-6), (40, 100, 5, 0.5)):
        values = []
        for window in datasets.windows(x, recent + ref):
            past, new = window[:ref], window[ref:]
            edges = np.concatenate([[-np.inf], np.quantile(past, np.arange(1, bins) / bins), [np.inf]])
            p, q = ((np.histogram(part, edges)[0] + eps) / (len(part) + bins * eps) for part in (new, past))
            values.append([scipy.stats.entropy(p, q), scipy.spatial.distance.jensenshannon(p, q, base=2)])
        params = {"recent": recent, "ref": ref, "bins": bins, "eps": eps}
        yield Case(
            "kl_divergence", params, [x], _windowed(values, ("kl", "js_distance"), len(x)), SCIPY, "library"
        )


def _pair(count: int = 400) -> tuple[Any, Any]:
    return datasets.log_returns("BTCUSDT", count), datasets.log_returns("ETHUSDT", count)


def _mutual() -> Iterator[Case]:
    x, y = _pair()
    rounded = np.round(x * 1e4), np.round(y * 1e4)
    for period, bins, (a, b) in ((200, 10, (x, y)), (60, 4, (x, y)), (80, 6, rounded)):
        values = []
        for left, right in zip(datasets.windows(a, period), datasets.windows(b, period), strict=True):
            table = np.histogram2d(left, right, bins)[0]
            mi = sklearn.metrics.mutual_info_score(None, None, contingency=table)
            h_x, h_y = scipy.stats.entropy(table.sum(axis=1)), scipy.stats.entropy(table.sum(axis=0))
            values.append([mi, mi / min(h_x, h_y), h_x + h_y - 2 * mi])
        expected = _windowed(values, ("mi", "nmi", "vi"), len(x))
        yield Case(
            "mutual_information", {"period": period, "bins": bins}, [a, b], expected, SKLEARN, "library"
        )
    flat = {"mi": [np.nan] * 19 + [0.0], "nmi": [np.nan] * 19 + [0.0], "vi": [np.nan] * 19 + [math.log(2)]}
    yield Case(
        "mutual_information", {"period": 20}, [[4.0] * 20, [0.0, 1.0] * 10], flat, "by hand", "scripted"
    )


def _transfer() -> Iterator[Case]:
    x, y = _pair(260)
    for period, bins, lag in ((200, 3, 1), (120, 4, 3), (60, 2, 1)):
        values = []
        for left, right in zip(datasets.windows(x, period), datasets.windows(y, period), strict=True):
            codes = []
            for part in (left, right):
                edges = np.quantile(part, np.arange(1, bins) / bins)
                codes.append(np.digitize(part, edges))
            values.append([_te(*codes, lag), _te(*codes[::-1], lag)])
            values[-1].append(values[-1][0] - values[-1][1])
        expected = _windowed(values, ("te_xy", "te_yx", "net"), len(x))
        params = {"period": period, "bins": bins, "lag": lag}
        yield Case("transfer_entropy", params, [x, y], expected, INFOMEASURE, "library")


def _te(source: Any, target: Any, lag: int) -> float:
    """The source is moved by hand: infomeasure's own shift starts from a lag of one."""
    moved = source[: len(source) - lag + 1]
    kept = target[lag - 1 :]
    return float(infomeasure.te(moved, kept, approach="discrete", base="e"))
