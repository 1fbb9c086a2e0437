"""Laws of the machine-learning estimators: labels, weights, splits and calibration maps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanotick.errors import ConfigError
from nanotick.formulas.estimators import ml

seeds = st.integers(0, 10_000)


def walk(seed: int, rows: int = 120) -> np.ndarray:
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, rows)))


def spans(seed: int, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    t0 = draw.integers(0, rows, rows)
    return t0.astype(float), np.minimum(t0 + draw.integers(0, 9, rows), rows - 1).astype(float)


BARRIERS = {"pt": 1.5, "sl": 1.0, "horizon": 9, "sigma_span": 20, "timeout": "sign"}


@given(seeds, st.integers(-3, 3))
def test_barrier_labels_do_not_see_the_unit_of_price(seed: int, power: int) -> None:
    close, side = walk(seed), np.ones(120)
    for a, b in zip(
        ml.triple_barrier(close, side, **BARRIERS),
        ml.triple_barrier(close * 2.0**power, side, **BARRIERS),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


@given(seeds)
def test_a_barrier_label_ends_within_its_horizon(seed: int) -> None:
    label, ret, t_end = ml.triple_barrier(walk(seed), np.ones(120), **BARRIERS)
    rows = np.flatnonzero(~np.isnan(label))
    assert len(rows) > 50
    assert np.all((t_end[rows] > rows) & (t_end[rows] <= rows + BARRIERS["horizon"]))
    assert np.all(np.sign(ret[rows]) == label[rows])
    assert np.isnan(label[:2]).all()


@given(seeds)
def test_a_short_is_a_long_on_the_mirrored_returns(seed: int) -> None:
    """With barriers alike on both sides, touched labels change their sign and nothing else."""
    barriers = BARRIERS | {"pt": 1.0}
    long = ml.triple_barrier(walk(seed), np.ones(120), **barriers)
    short = ml.triple_barrier(walk(seed), -np.ones(120), **barriers)
    np.testing.assert_array_equal(long[0], -short[0])
    np.testing.assert_array_equal(long[1], -short[1])
    np.testing.assert_array_equal(long[2], short[2])


def test_without_barriers_time_decides() -> None:
    barriers = BARRIERS | {"pt": 0.0, "sl": 0.0}
    label, _, t_end = ml.triple_barrier(walk(1), np.ones(120), **barriers)
    rows = np.arange(2, 111)
    np.testing.assert_array_equal(t_end[rows], rows + 9)
    assert np.isnan(label[111:]).all(), "their horizon ends after the data"
    zero, *_ = ml.triple_barrier(walk(1), np.ones(120), **barriers | {"timeout": "zero"})
    assert (zero[rows] == 0.0).all()


def test_no_event_no_label() -> None:
    side = np.array([0.0, np.nan, 2.0] * 40)
    label, ret, t_end = ml.triple_barrier(walk(1), side, **BARRIERS)
    assert np.isnan([label, ret, t_end]).all()
    flat, *_ = ml.triple_barrier(np.full(50, 7.0), np.ones(50), **BARRIERS)
    assert np.isnan(flat).all(), "barriers of no width"


@given(seeds)
def test_labels_share_what_they_cover(seed: int) -> None:
    t0, t1 = spans(seed)
    concurrency, unique, weight, decay = ml.label_uniqueness(t0, t1, np.ones(60), c=0.3)
    lengths = t1 - t0 + 1
    assert (unique * lengths).sum() == pytest.approx((concurrency > 0).sum(), rel=1e-12)
    assert concurrency.sum() == lengths.sum()
    assert np.all((unique > 0.0) & (unique <= 1.0))
    assert weight.mean() == pytest.approx(1.0)
    assert decay.max() == pytest.approx(1.0)
    assert np.all(decay > 0.3)
    assert np.all(np.diff(decay[np.argsort(t0, kind="stable")]) > 0.0)


@given(st.integers(1, 12))
def test_labels_apart_and_labels_alike(count: int) -> None:
    apart = np.arange(12.0)
    _, unique, *_ = ml.label_uniqueness(apart, apart, np.ones(12), c=1.0)
    assert (unique == 1.0).all()
    t0 = np.where(np.arange(12) < count, 3.0, np.nan)
    _, unique, *_ = ml.label_uniqueness(t0, t0 + 4.0, np.ones(12), c=1.0)
    np.testing.assert_allclose(unique[:count], 1.0 / count, rtol=1e-12)
    assert np.isnan(unique[count:]).all()


def test_labels_that_leave_the_bars_are_none() -> None:
    t0 = np.array([-1.0, 0.5, 2.0, 1.0, np.nan])
    t1 = np.array([1.0, 1.0, 5.0, 0.0, 3.0])
    concurrency, *columns = ml.label_uniqueness(t0, t1, np.ones(5), c=1.0)
    assert (concurrency == 0.0).all()
    assert np.isnan(columns).all()


@given(seeds, st.integers(2, 7), st.data())
def test_no_training_label_meets_a_test_block(seed: int, groups: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, groups - 1))
    draw = np.random.default_rng(seed)
    t0 = np.cumsum(draw.exponential(1.0, 40))
    t1 = t0 + draw.exponential(3.0, 40)
    train, test, paths = ml.purged_cpcv(t0, t1, n_groups=groups, k_test=k, embargo=0.05)
    assert train.shape == test.shape == (40, math.comb(groups, k))
    assert paths == math.comb(groups, k) * k / groups
    assert (test.sum(axis=1) == math.comb(groups - 1, k - 1)).all(), "each observation in as many paths"
    for inside, outside in zip(train.T > 0, test.T > 0, strict=True):
        overlaps = (t0[inside][:, None] <= t1[outside]) & (t1[inside][:, None] >= t0[outside])
        assert not overlaps.any()
    loose, *_ = ml.purged_cpcv(t0, t1, n_groups=groups, k_test=k, embargo=0.0)
    assert (train <= loose).all()


def test_one_test_group_and_points_are_k_folds() -> None:
    t0 = np.arange(20.0)
    train, test, _ = ml.purged_cpcv(t0, t0, n_groups=5, k_test=1, embargo=0.0)
    np.testing.assert_array_equal(test, np.repeat(np.eye(5), 4, axis=0))
    np.testing.assert_array_equal(train, 1.0 - test)


@pytest.mark.parametrize(("groups", "k", "rows"), [(4, 4, 40), (50, 2, 40), (60, 30, 100)])
def test_splits_that_cannot_be_made_say_so(groups: int, k: int, rows: int) -> None:
    t0 = np.arange(float(rows))
    with pytest.raises(ConfigError, match="purged_cpcv"):
        ml.purged_cpcv(t0, t0, n_groups=groups, k_test=k, embargo=0.0)


@given(seeds, st.sampled_from(["platt", "isotonic"]))
def test_calibrated_probabilities(seed: int, method: str) -> None:
    draw = np.random.default_rng(seed)
    score = np.round(draw.normal(0.0, 2.0, 80), 1)
    outcome = (draw.random(80) < 1.0 / (1.0 + np.exp(-score))).astype(float)
    p = ml.platt_isotonic(score, outcome, method=method, min_obs=20)
    assert np.all((p >= 0.0) & (p <= 1.0))
    order = np.argsort(score, kind="stable")
    assert np.all(np.diff(p[order]) >= -1e-15)
    moved = ml.platt_isotonic(8.0 * score - 3.0, outcome, method=method, min_obs=20)
    np.testing.assert_allclose(moved, p, rtol=1e-9)
    if method == "isotonic":
        assert p.mean() == pytest.approx(outcome.mean(), rel=1e-12)


def test_scores_without_a_spread_and_outcomes_of_one_kind() -> None:
    outcome = np.array([1.0, 0.0, 0.0, 0.0] * 5)
    wanted = (5 * (6 / 7) + 15 * (1 / 17)) / 20  # the mean of Platt's targets
    p = ml.platt_isotonic(np.ones(20), outcome, method="platt", min_obs=20)
    np.testing.assert_allclose(p, wanted, rtol=1e-12)
    p = ml.platt_isotonic(np.arange(20.0), np.ones(20), method="platt", min_obs=20)
    np.testing.assert_allclose(p, 21 / 22, rtol=1e-12)
    with pytest.raises(ConfigError, match="outcome"):
        ml.platt_isotonic(np.ones(20), outcome + 0.5, method="platt", min_obs=20)
