"""Laws of the estimators of time series and dependence: what must hold whatever the sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nanotick.errors import ConfigError
from nanotick.formulas.estimators import dependence, stat_arb

pytest.importorskip("scipy")
pytest.importorskip("statsmodels")

NOISE = np.random.default_rng(11).standard_normal((400, 4))
WALK = 100.0 + np.cumsum(NOISE, axis=0)


def numbers(values: Any) -> Any:
    """All outputs in one row."""
    parts = values if isinstance(values, tuple) else (values,)
    return np.concatenate([np.ravel(part) for part in parts])


#: Statistics of one series that neither units nor the zero point change.
AFFINE = {
    "adf": lambda x: stat_arb.adf(x, min_obs=50, lags=2, trend="c"),
    "adf ct": lambda x: stat_arb.adf(x, min_obs=50, lags=1, trend="ct"),
    "kpss": lambda x: stat_arb.kpss(x, min_obs=50, lags=-1, trend="c"),
    "hurst_rs": lambda x: stat_arb.hurst_rs(x, min_obs=64, min_chunk=8),
    "dfa": lambda x: stat_arb.dfa(x, min_obs=64, order=1, min_box=8),
    "arch_lm": lambda x: stat_arb.arch_lm(x, min_obs=50, lags=3),
}

#: The same for two series, each in units of its own.
AFFINE_PAIR = {
    "engle_granger": lambda x, y: stat_arb.engle_granger(x, y, min_obs=50, lags=1)[0],
    "granger_causality": lambda x, y: stat_arb.granger_causality(x, y, min_obs=50, lags=2),
    "distance_correlation": lambda x, y: dependence.distance_correlation(x, y, min_obs=50),
}


@pytest.mark.parametrize("name", AFFINE)
def test_units_and_zero_points_do_not_matter(name: str) -> None:
    plain = numbers(AFFINE[name](WALK[:, 0]))
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(numbers(AFFINE[name](3.0 - 0.25 * WALK[:, 0])), plain, rtol=1e-8)


@pytest.mark.parametrize("name", AFFINE_PAIR)
def test_units_and_zero_points_of_pairs_do_not_matter(name: str) -> None:
    x, y = WALK[:, 0], WALK[:, 1]
    plain = numbers(AFFINE_PAIR[name](x, y))
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(numbers(AFFINE_PAIR[name](7.0 * x + 50.0, 2.0 - 0.1 * y)), plain, rtol=1e-8)


def test_noise_is_told_from_a_walk() -> None:
    noise, walk = NOISE[:, 0], WALK[:, 0]
    stat, p_value = stat_arb.adf(noise, min_obs=50, lags=1, trend="c")
    assert stat < -8.0 and p_value < 1e-6
    assert stat_arb.adf(walk, min_obs=50, lags=1, trend="c")[1] > 0.01
    calm = stat_arb.kpss(noise, min_obs=50, lags=-1, trend="c")
    restless = stat_arb.kpss(walk, min_obs=50, lags=-1, trend="c")
    assert 0.0 <= calm[0] < restless[0] and restless[1] <= calm[1]


def test_exponents_of_noise_of_its_sum_and_of_a_line() -> None:
    draw = np.random.default_rng(5)
    noises = draw.standard_normal((30, 2048))
    # One sample is a tenth off at times: the largest boxes are four.
    for order in (1, 2):
        flat = [stat_arb.dfa(noise, min_obs=64, order=order, min_box=16) for noise in noises]
        summed = [stat_arb.dfa(np.cumsum(noise), min_obs=64, order=order, min_box=16) for noise in noises]
        assert np.mean(flat) == pytest.approx(0.5, abs=0.04)
        assert np.mean(summed) == pytest.approx(1.5, abs=0.06)
    corrected = [stat_arb.hurst_rs(noise, min_obs=64, min_chunk=16)[1] for noise in noises]
    assert np.mean(corrected) == pytest.approx(0.5, abs=0.04)
    noise = noises.ravel()
    walk = np.exp(np.cumsum(0.01 * noise))
    assert stat_arb.generalized_hurst(walk, min_obs=50, q=2.0, max_lag=19) == pytest.approx(0.5, abs=0.03)
    line = np.exp(np.arange(300.0) * 0.01)
    for q in (0.5, 1.0, 3.0):
        assert stat_arb.generalized_hurst(line, min_obs=50, q=q, max_lag=10) == pytest.approx(1.0, abs=1e-9)


def test_a_tied_pair_is_cointegrated_and_an_exact_one_entirely() -> None:
    x = WALK[:, 0]
    stat, beta, alpha, p_value = stat_arb.engle_granger(x, 5.0 + 2.0 * x + NOISE[:, 1], min_obs=50, lags=1)
    assert stat < -8.0 and p_value < 1e-6
    assert beta == pytest.approx(2.0, abs=0.05) and alpha == pytest.approx(5.0, abs=5.0)
    stat, beta, alpha, p_value = stat_arb.engle_granger(x, 5.0 + 2.0 * x, min_obs=50, lags=1)
    assert (stat, p_value) == (float("-inf"), 0.0)
    assert beta == pytest.approx(2.0) and alpha == pytest.approx(5.0)


@pytest.mark.parametrize("det_order", [-1, 0, 1])
@pytest.mark.parametrize("k_ar_diff", [0, 1, 3])
def test_ranks_of_cointegration_do_not_depend_on_the_basis(det_order: int, k_ar_diff: int) -> None:
    params = {"min_obs": 50, "det_order": det_order, "k_ar_diff": k_ar_diff}
    levels = WALK[:, :3]
    eigenvalues, trace, max_eig, beta = stat_arb.johansen(levels, **params)
    assert ((eigenvalues >= 0.0) & (eigenvalues < 1.0)).all() and (np.diff(eigenvalues) <= 0.0).all()
    np.testing.assert_allclose(trace, [max_eig[row:].sum() for row in range(3)], rtol=1e-12)
    mixed = levels @ np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [0.5, 0.0, 3.0]])
    np.testing.assert_allclose(stat_arb.johansen(mixed, **params)[0], eigenvalues, rtol=1e-8)
    assert beta.shape == (3, 3) and (beta[np.abs(beta).argmax(axis=0), range(3)] > 0.0).all()


def test_a_vector_without_lags_follows_the_definition() -> None:
    """With k_ar_diff = 0: canonical correlations of the differences with the levels before them."""
    levels = WALK[:, :2]
    changes, before = np.diff(levels, axis=0), levels[:-1]
    changes, before = changes - changes.mean(axis=0), before - before.mean(axis=0)
    s00, s11, s01 = changes.T @ changes, before.T @ before, changes.T @ before
    wanted = np.linalg.eigvals(np.linalg.solve(s11, s01.T) @ np.linalg.solve(s00, s01))
    got = stat_arb.johansen(levels, min_obs=50, det_order=0, k_ar_diff=0)[0]
    np.testing.assert_allclose(got, np.sort(wanted)[::-1], rtol=1e-8)


def test_heteroskedasticity_has_no_sign_and_is_found() -> None:
    noise = NOISE[:, 0] - NOISE[:, 0].mean()
    plain = stat_arb.arch_lm(noise, min_obs=50, lags=2)
    assert stat_arb.arch_lm(-1e-6 * noise, min_obs=50, lags=2) == pytest.approx(plain)
    loud = noise * np.repeat([0.1, 1.0, 0.1, 1.0], 100)
    assert stat_arb.arch_lm(loud, min_obs=50, lags=2)[1] < 1e-6 < plain[1]


def test_causes_come_before() -> None:
    x = NOISE[:, 0]
    y = np.append(0.0, x[:-1]) + 0.1 * NOISE[:, 1]
    assert stat_arb.granger_causality(x, y, min_obs=50, lags=1)[1] < 1e-12
    assert stat_arb.granger_causality(y, x, min_obs=50, lags=1)[1] > 0.001


def test_scores_do_not_depend_on_units_or_order() -> None:
    returns = 0.01 * (NOISE + NOISE[:, :1])
    params = {"window": 400, "ou_window": 80, "n_factors": 1, "dt": 1.0}
    plain = np.array(stat_arb.pca_sscore(returns, **params))
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(
        np.array(stat_arb.pca_sscore(returns[:, order], **params)), plain[:, order], rtol=1e-8
    )
    scaled = np.array(stat_arb.pca_sscore(returns * [1.0, 5.0, 0.1, 1.0], **params))
    np.testing.assert_allclose(scaled[:2], plain[:2], rtol=1e-8)
    assert np.isfinite(plain).any()
    # One factor explains copies of one asset entirely.
    copies = returns[:, :1] * [1.0, 2.0, 3.0]
    assert np.isnan(np.array(stat_arb.pca_sscore(copies, **params))).all()
    for wrong in ({"n_factors": 5}, {"ou_window": 401}, {"n_factors": 3, "ou_window": 4}):
        with pytest.raises(ConfigError):
            stat_arb.pca_sscore(returns, **(params | wrong))


def test_equal_prices_have_no_statistic() -> None:
    flat = np.full(100, 0.1)
    assert np.isnan(numbers(stat_arb.adf(flat, min_obs=50, lags=1, trend="c"))).all()
    assert np.isnan(numbers(stat_arb.kpss(flat, min_obs=50, lags=-1, trend="ct"))).all()
    assert np.isnan(numbers(stat_arb.hurst_rs(flat, min_obs=64, min_chunk=8))).all()
    assert np.isnan(stat_arb.dfa(flat, min_obs=64, order=1, min_box=8))
    assert np.isnan(stat_arb.generalized_hurst(flat, min_obs=50, q=2.0, max_lag=5))
    assert np.isnan(stat_arb.generalized_hurst(-WALK[:, 0], min_obs=50, q=2.0, max_lag=5))
    assert np.isnan(numbers(stat_arb.arch_lm(flat, min_obs=50, lags=1))).all()
    assert np.isnan(numbers(stat_arb.granger_causality(flat, flat, min_obs=50, lags=1))).all()


def test_distances_are_bounded_and_see_more_than_lines() -> None:
    x, y = NOISE[:, 0], NOISE[:, 1]
    assert dependence.distance_correlation(x, 4.0 - 2.0 * x, min_obs=50) == pytest.approx(1.0)
    independent = dependence.distance_correlation(x, y, min_obs=50)
    bent = dependence.distance_correlation(x, x**2, min_obs=50)
    assert 0.0 <= independent < 0.2 < bent < 1.0
    assert dependence.distance_correlation(x, np.full(400, 0.1), min_obs=50) == 0.0


def test_leads_turn_with_the_sides() -> None:
    t_s = 1.7e9 + np.cumsum(np.random.default_rng(2).random(300))
    x, y = np.exp(0.01 * WALK[:300, 0]), np.exp(0.01 * WALK[:300, 0] + 0.003 * WALK[:300, 1])
    x[::3], y[1::3] = np.nan, np.nan
    params = {"max_lag_s": 3.0, "step_s": 0.5, "window": 300}
    lag, corr, ratio = dependence.lead_lag_hy(x, y, t_s, **params)
    turned = dependence.lead_lag_hy(y, x, t_s, **params)
    assert turned == pytest.approx((-lag, corr, 1.0 / ratio))
    late = dependence.lead_lag_hy(x, y, t_s, max_lag_s=0.4, step_s=0.5, window=300)
    assert late[0] == 0.0 and np.isnan(late[2])
    assert dependence.lead_lag_hy(x, np.full(300, np.nan), t_s, **params)[:2] == (0.0, 0.0)


def test_partial_correlations_do_not_depend_on_units() -> None:
    returns = NOISE + 0.5 * NOISE[:, :1]
    plain = dependence.partial_corr(returns, window=400, ridge=0.0)
    np.testing.assert_allclose(plain, plain.T, atol=1e-12)
    assert (np.abs(plain) <= 1.0).all() and (np.diag(plain) == 1.0).all()
    scaled = dependence.partial_corr(returns * [1e-6, 1.0, -1e6, 3.0], window=400, ridge=0.0)
    signs = np.array([1.0, 1.0, -1.0, 1.0])
    np.testing.assert_allclose(scaled, plain * np.outer(signs, signs), rtol=1e-6)
    two = dependence.partial_corr(returns[:, :2], window=400, ridge=0.0)
    assert two[0, 1] == pytest.approx(np.corrcoef(returns[:, 0], returns[:, 1])[0, 1])
    flat = np.column_stack([returns[:, 0], np.full(400, 0.1)])
    assert np.isnan(dependence.partial_corr(flat, window=400, ridge=0.0)).all()


def test_shrinking_keeps_the_trace() -> None:
    for rows in (400, 10, 3):
        returns = NOISE[:rows] * [1.0, 2.0, 0.1, 5.0]
        cov, delta = dependence.ledoit_wolf(returns, window=rows)
        assert 0.0 <= delta <= 1.0 and np.linalg.eigvalsh(cov)[0] > 0.0
        assert np.trace(cov) == pytest.approx(np.trace(np.cov(returns.T, bias=True)))
    cov, delta = dependence.ledoit_wolf(np.full((20, 3), 0.1), window=20)
    assert delta == 0.0 and (cov == 0.0).all()


def test_noise_has_no_signal_and_a_market_has_one() -> None:
    corr, signals, bound = dependence.rmt_denoise(NOISE, window=400)
    assert signals == 0.0 and bound == pytest.approx(1.21)
    np.testing.assert_allclose(corr, np.eye(4), atol=1e-12)
    market = NOISE + 3.0 * np.random.default_rng(1).standard_normal((400, 1))
    corr, signals, _ = dependence.rmt_denoise(market, window=400)
    assert signals == 1.0 and (np.diag(corr) == 1.0).all() and np.linalg.eigvalsh(corr)[0] > 0.0
    order = [3, 1, 0, 2]
    turned = dependence.rmt_denoise(market[:, order], window=400)[0]
    np.testing.assert_allclose(turned, corr[np.ix_(order, order)], atol=1e-10)
