"""Laws of the estimators of risk, performance and sizing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nanotick.errors import ConfigError
from nanotick.formulas.estimators.performance import bootstrap_ci, pbo
from nanotick.formulas.estimators.risk import gpd_pot
from nanotick.formulas.estimators.sizing import kelly_empirical, kelly_multi

pytest.importorskip("scipy")

RETURNS = arrays.arrays(np.float64, 80, elements=st.floats(-0.25, 0.25, width=32), unique=True)
SEEDS = st.integers(0, 10_000)


def noise(seed: int, *shape: int) -> Any:
    return 0.01 * np.random.default_rng(seed).standard_normal(shape)


@given(SEEDS, st.floats(0.01, 100.0), st.floats(-1.0, 1.0))
def test_a_pareto_tail_follows_scale_and_shift(seed: int, scale: float, shift: float) -> None:
    r = 0.01 * np.random.default_rng(seed).standard_t(4, 500)
    options = {"window": 500, "q": 0.9, "alpha": 0.01}
    xi, beta, var, es = gpd_pot(r, **options)
    other = gpd_pot(scale * r + shift, **options)
    assert other == pytest.approx(
        (xi, scale * beta, scale * var - shift, scale * es - shift), rel=1e-5, abs=1e-7
    )
    assert es > var
    # At the share of the excesses themselves the value at risk is the threshold.
    edge = gpd_pot(r, window=500, q=0.9, alpha=0.1)
    assert edge[2] == pytest.approx(np.quantile(-r, 0.9), rel=1e-12)


@given(SEEDS)
def test_a_pareto_tail_is_where_the_likelihood_is_largest(seed: int) -> None:
    from scipy import stats

    r = 0.01 * np.random.default_rng(seed).standard_t(3, 400)
    xi, beta, _, _ = gpd_pot(r, window=400, q=0.85, alpha=0.01)
    excesses = -r - np.quantile(-r, 0.85)
    excesses = excesses[excesses > 0.0]

    def likelihood(xi: float, beta: float) -> float:
        return float(stats.genpareto.logpdf(excesses, xi, 0.0, beta).sum())

    best = likelihood(xi, beta)
    for by_xi, by_beta in ((0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02), (0.02, -0.02)):
        assert likelihood(xi + by_xi, beta * (1.0 + by_beta)) < best


@given(SEEDS, st.permutations(range(5)))
def test_overfitting_does_not_depend_on_the_order_of_strategies(seed: int, order: list[int]) -> None:
    matrix = noise(seed, 64, 5)
    share, logits, slope = pbo(matrix, s=4, min_obs=16)
    again, others, same = pbo(matrix[:, order], s=4, min_obs=16)
    assert (share, slope) == pytest.approx((again, same), abs=1e-9)
    assert logits == pytest.approx(others)
    assert 0.0 <= share <= 1.0
    # Ranks 1 to 5 of 6.
    assert np.isin(np.round(6.0 / (1.0 + np.exp(-logits)), 9), [1.0, 2.0, 3.0, 4.0, 5.0]).all()


def test_overfitting_of_noise_is_about_a_half_and_an_odd_split_is_refused() -> None:
    shares = [pbo(noise(seed, 160, 10), s=8, min_obs=16)[0] for seed in range(40)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ConfigError, match="even"):
        pbo(noise(0, 90, 3), s=3, min_obs=16)
    with pytest.raises(ConfigError, match="min_obs"):
        pbo(noise(0, 18, 3), s=20, min_obs=16)


@given(SEEDS, st.floats(1.0, 50.0))
def test_a_bootstrap_repeats_itself_and_knows_no_scale(seed: int, block: float) -> None:
    r = noise(seed, 60) + 0.002
    options: dict[str, Any] = {"reps": 100, "block": block, "conf": 0.9, "seed": seed, "min_obs": 30}
    low, high = bootstrap_ci(r, **options)
    assert (low, high) == bootstrap_ci(r, **options)
    assert low <= high
    assert bootstrap_ci(4.0 * r, **options) == pytest.approx((low, high), rel=1e-12)
    narrow = bootstrap_ci(r, **(options | {"conf": 0.6}))
    assert low <= narrow[0] <= narrow[1] <= high


def test_blocks_of_one_are_the_plain_bootstrap() -> None:
    r = noise(1, 200) + 0.001
    low, high = bootstrap_ci(r, reps=4000, block=1.0, conf=0.95, seed=3, min_obs=30)
    draw = np.random.default_rng(99)
    plain = np.array([(x := draw.choice(r, 200)).mean() / x.std(ddof=1) for _ in range(4000)])
    assert (low, high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.02)


@given(RETURNS, st.floats(0.1, 10.0))
def test_no_leverage_would_have_grown_faster(r: Any, scale: float) -> None:
    f, growth = kelly_empirical(r, window=80, cap=1000.0)
    assert growth >= 0.0
    for other in f + np.array([-0.5, -0.01, 0.01, 0.5]):
        if ((1.0 + other * r) > 0.0).all():
            assert np.log1p(other * r).mean() <= growth + 1e-12
    scaled, same = kelly_empirical(scale * r, window=80, cap=1000.0)
    assume(abs(f) < 99.0)
    assert scaled * scale == pytest.approx(f, rel=1e-6, abs=1e-9)
    assert same == pytest.approx(growth, rel=1e-6, abs=1e-12)
    capped, _ = kelly_empirical(r, window=80, cap=0.25)
    assert abs(capped) <= 0.25


@given(SEEDS, st.floats(0.01, 1.0))
def test_one_asset_alone_and_assets_apart_are_single_bets(seed: int, frac: float) -> None:
    r = noise(seed, 60, 1) + 0.001
    f, growth = kelly_multi(r, window=60, rf=0.0, ridge=0.0, frac=frac)
    mean, variance = r.mean(), r.var(ddof=1)
    assert f == pytest.approx([frac * mean / variance], rel=1e-9)
    assert growth == pytest.approx(f[0] * mean - 0.5 * f[0] ** 2 * variance, rel=1e-9, abs=1e-15)
    # Signs of Walsh's functions: every covariance is 0.
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    apart = np.tile(signs * [0.01, 0.03], (10, 1)) + np.array([0.001, -0.002])
    f, _ = kelly_multi(apart, window=40, rf=0.0, ridge=0.0, frac=frac)
    assert f == pytest.approx(frac * apart.mean(axis=0) / apart.var(axis=0, ddof=1), rel=1e-9)
    full, _ = kelly_multi(apart, window=40, rf=0.0, ridge=0.0, frac=1.0)
    assert f == pytest.approx(frac * full, rel=1e-12)


def test_what_never_moves_has_no_ratio_and_no_weight() -> None:
    low, high = bootstrap_ci(np.full(40, 0.1), reps=100, block=5.0, conf=0.9, seed=0, min_obs=30)
    assert np.isnan(low) and np.isnan(high)
    f, growth = kelly_multi(np.full((20, 2), 0.001), window=20, rf=0.0, ridge=1e-8, frac=0.5)
    assert np.isnan(f).all() and np.isnan(growth)
