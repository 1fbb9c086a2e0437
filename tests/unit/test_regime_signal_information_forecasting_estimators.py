"""Laws of the formulas over whole arrays of regimes, signals, information and forecasting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nanotick.formulas.estimators import dsp, forecasting, information, regime

SEEDS = range(5)


def _noise(seed: int, count: int = 300) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def _regimes(seed: int) -> np.ndarray:
    calm = np.arange(400) // 50 % 2 == 0
    return _noise(seed, 400) * np.where(calm, 1.0, 5.0)


def _baum_welch(x: np.ndarray, iters: int) -> tuple[np.ndarray, ...]:
    return regime.hmm_baum_welch(x, n_states=2, min_obs=100, iters=iters, tol=1e-300)


@pytest.mark.parametrize("seed", SEEDS)
def test_em_never_loses_likelihood_and_follows_scale_and_origin(seed: int) -> None:
    x = _regimes(seed)
    logliks = [_baum_welch(x, iters)[4] for iters in (1, 2, 3, 5, 8, 20)]
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(logliks))
    pi, a, mu, var, _ = _baum_welch(x, 20)
    assert np.allclose(a.reshape(2, 2).sum(axis=1), 1.0) and np.isclose(pi.sum(), 1.0)
    assert var[0] < var[1]
    moved = _baum_welch(4.0 * x + 3.0, 20)
    assert np.allclose(moved[2], 4.0 * mu + 3.0, rtol=1e-7) and np.allclose(moved[3], 16.0 * var, rtol=1e-7)
    assert np.allclose(var, [1.0, 25.0], rtol=0.5)


def test_em_of_a_constant_is_nothing() -> None:
    assert all(np.isnan(value).all() for value in _baum_welch(np.full(200, 2.0), 5))


def _exact(x: np.ndarray, penalty: float, min_size: int) -> float:
    """The best cost by trying every last segment, without pruning."""
    best = [-penalty] + [np.inf] * len(x)
    for end in range(min_size, len(x) + 1):
        for start in range(end - min_size + 1):
            segment = x[start:end]
            cost = float(((segment - segment.mean()) ** 2).sum())
            best[end] = min(best[end], best[start] + cost + penalty)
    return best[-1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("min_size", [1, 2, 5, 11])
def test_pelt_is_the_exact_optimum(seed: int, min_size: int) -> None:
    x = _noise(seed, 90) + np.repeat([0.0, 3.0, -1.0], 30)
    for penalty in (0.1, 2.0, 8.0):
        points, cost = regime.pelt(x, 20, penalty, min_size)
        assert cost == pytest.approx(_exact(x, penalty, min_size), rel=1e-10)
        edges = [0, *points.astype(int), len(x)]
        assert min(np.diff(edges)) >= min_size
        parts = [x[a:b] for a, b in itertools.pairwise(edges)]
        assert cost == pytest.approx(sum(len(p) * p.var() for p in parts) + penalty * len(points), rel=1e-10)
        assert regime.pelt(x[::-1], 20, penalty, min_size)[1] == pytest.approx(cost, rel=1e-10)
    assert len(regime.pelt(x, 20, 1e9, min_size)[0]) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_chow_finds_a_break_and_knows_no_units(seed: int) -> None:
    x = _noise(seed, 120)
    y = np.where(np.arange(120) < 70, 2.0 * x, -1.0 * x + 1.0)
    assert regime.chow_supf(x, y, 60, 0.15)[1] == 70
    noisy = y + 0.5 * _noise(seed + 50, 120)
    stat, place = regime.chow_supf(x, noisy, 60, 0.15)
    again = regime.chow_supf(3.0 * x - 7.0, 5.0 - 2.0 * noisy, 60, 0.15)
    assert again == pytest.approx((stat, place), rel=1e-8) and stat >= 0.0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lags", [0, 2])
def test_bubbles_are_ordered_and_have_no_unit(seed: int, lags: int) -> None:
    price = np.exp(0.01 * np.cumsum(_noise(seed, 120)))
    settings = {"min_obs": 100, "r0": 0, "lags": lags}
    stat, bsadf = regime.sadf(price, generalized=False, **settings)
    general, _ = regime.sadf(price, generalized=True, **settings)
    whole, _ = regime.sadf(price, generalized=False, min_obs=100, r0=119, lags=lags)
    assert general >= stat - 1e-12 >= whole - 2e-12
    assert general == np.nanmax(bsadf)
    assert regime.sadf(1e4 * price, generalized=True, **settings)[0] == pytest.approx(general, rel=1e-6)
    burst = np.exp(1e-3 * 1.05 ** np.arange(120) + 1e-4 * _noise(seed, 120))
    assert regime.sadf(burst, generalized=False, **settings)[0] > 4.0


@pytest.mark.parametrize("seed", SEEDS)
def test_absorption_is_a_share_that_knows_no_order(seed: int) -> None:
    returns = _noise(seed, 600).reshape(100, 6)
    ratio = regime.absorption_ratio(returns, 100, 0.34)
    assert 2 / 6 <= ratio <= 1.0
    assert regime.absorption_ratio(7.0 * returns[:, ::-1], 100, 0.34) == pytest.approx(ratio, rel=1e-12)
    same = np.outer(_noise(seed, 100), [1.0, 2.0, -3.0])
    assert regime.absorption_ratio(same, 100, 0.2) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_trend_lies_between_the_price_and_a_line(seed: int) -> None:
    y, t = np.cumsum(_noise(seed, 80)), np.arange(80.0)
    line = np.polyval(np.polyfit(t, y, 1), t)
    assert np.allclose(dsp.hp_filter(y, 1e-9, 10)[0], y, atol=1e-6)
    assert np.allclose(dsp.hp_filter(y, 1e12, 10)[0], line, atol=1e-4)
    assert np.allclose(dsp.hp_filter(3.0 + 2.0 * t, 1600.0, 10)[1], 0.0, atol=1e-9)
    trend, cycle = dsp.hp_filter(y, 1600.0, 10)
    doubled = dsp.hp_filter(2.0 * y + line, 1600.0, 10)[0]
    assert np.allclose(doubled, 2.0 * trend + line) and np.allclose(trend + cycle, y)


@pytest.mark.parametrize("seed", SEEDS)
def test_entropy_and_complexity_see_regularity_alone(seed: int) -> None:
    x = _noise(seed)
    entropy = information.sample_entropy(x, 200, 2, 0.3)
    assert entropy >= 0.0
    assert information.sample_entropy(4.0 * x + 16.0, 200, 2, 0.3) == pytest.approx(entropy, rel=1e-12)
    assert information.sample_entropy(np.tile([0.0, 1.0, 2.0, 1.0], 75), 200, 2, 0.2) < 0.05
    complexity = information.lempel_ziv(x, 256, True)
    assert information.lempel_ziv(np.exp(x), 256, True) == complexity
    assert information.lempel_ziv(np.tile([0.0, 1.0], 150), 256, True) < 0.2 < complexity


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", ["burg", "yule_walker"])
def test_autoregressions_are_stationary_and_found(seed: int, method: str) -> None:
    x = np.zeros(5000)
    for t, shock in enumerate(_noise(seed, 4999), 1):
        x[t] = 0.6 * x[t - 1] + shock
    phi, sigma2, forecast = forecasting.ar_burg(x, 3, 100, method)
    assert phi == pytest.approx([0.6, 0.0, 0.0], abs=0.06) and sigma2 == pytest.approx(1.0, abs=0.1)
    assert (np.abs(np.roots([1.0, *-phi])) < 1.0).all()
    scaled = forecasting.ar_burg(8.0 * x, 3, 100, method)
    assert scaled[0] == pytest.approx(phi) and scaled[1] == pytest.approx(64.0 * sigma2)
    assert scaled[2] == pytest.approx(8.0 * forecast)


def _loss(prob: np.ndarray, label: np.ndarray) -> float:
    return float(-np.mean(label * np.log(prob) + (1 - label) * np.log(1 - prob)))


@pytest.mark.parametrize("seed", SEEDS)
def test_boosting_only_gains_and_sees_order_alone(seed: int) -> None:
    x = _noise(seed, 600).reshape(300, 2)
    label = (x[:, 0] * x[:, 1] + 0.3 * _noise(seed + 9) > 0).astype(float)
    settings = {"depth": 3, "lr": 0.3, "l2": 1.0, "bins": 32, "min_child": 10, "min_obs": 200}
    losses = [
        _loss(forecasting.gbdt_logistic(x, label, n_trees=n, **settings)[0], label) for n in (1, 2, 4, 8, 16)
    ]
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(losses))
    prob, logit = forecasting.gbdt_logistic(x, label, n_trees=5, **settings)
    assert np.allclose(prob, 1.0 / (1.0 + np.exp(-logit)))
    prior = forecasting.gbdt_logistic(np.ones((300, 2)), label, n_trees=5, **settings)[0]
    assert np.allclose(prior, label.mean())
    # Knots of the quantiles on values themselves: then a monotone map moves none across an edge.
    ranks = np.argsort(np.argsort(x, axis=0), axis=0) * 1.0
    bins = settings | {"bins": 24}
    plain = forecasting.gbdt_logistic(ranks // 15, label, n_trees=5, **bins)[0]
    assert np.allclose(plain, forecasting.gbdt_logistic(np.exp(ranks // 15), label, n_trees=5, **bins)[0])
