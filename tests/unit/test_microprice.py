"""Laws of the micro-price: it is odd in the imbalance, and it is where the mid is expected to go."""

import numpy as np
import pytest

from nanotick.formulas.estimators.microstructure import stoikov_microprice


def walk(rows: int, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Quotes one tick wide: imbalance 1/6, 1/2 or 5/6 comes by lot, and the mid follows it now and then."""
    draw = np.random.default_rng(seed)
    bucket = draw.integers(0, 3, rows)
    heavy = draw.random(rows) < np.array([0.2, 0.5, 0.8])[bucket]
    moves = np.where(draw.random(rows) < 0.3, np.where(heavy, 1, -1), 0)
    bid = 1000.0 + np.concatenate([[0], np.cumsum(moves[:-1])])
    bid_size = np.array([1.0, 3.0, 5.0])[bucket]
    return bid, bid + 1.0, bid_size, 6.0 - bid_size


def adjustments(quotes: tuple[np.ndarray, ...], iters: int = 1) -> np.ndarray:
    """By bucket: light bid, balanced, heavy bid."""
    _, adjustment = stoikov_microprice(*quotes, n_imb=3, n_spread=1, iters=iters, tick=1.0)
    return np.array([adjustment[quotes[2] == size][0] for size in (1.0, 3.0, 5.0)])


@pytest.mark.parametrize("iters", [1, 6, 50])
def test_the_adjustment_is_odd_in_the_imbalance(iters: int) -> None:
    light, balanced, heavy = adjustments(walk(2000), iters)
    assert abs(balanced) < 1e-12
    assert light == pytest.approx(-heavy, abs=1e-12)
    assert heavy > 0


def test_the_first_move_is_the_expected_one() -> None:
    # A move comes in 3 of 10 rows, else another bucket by lot: G(x) = 0.3 m(x) + 0.7 mean(G), m = -0.6, 0, 0.6.
    light, balanced, heavy = adjustments(walk(200_000))
    assert [light, balanced, heavy] == pytest.approx([-0.18, 0.0, 0.18], abs=0.01)


def test_the_price_expected_later_is_the_one_now() -> None:
    # Over the next move: the mean of what the mid has gone by then is the adjustment, bucket by bucket.
    quotes = walk(100_000, seed=2)
    adjustment = adjustments(quotes)
    mid = 0.5 * (quotes[0] + quotes[1])
    changes = np.flatnonzero(np.diff(mid)) + 1
    rows = np.arange(int(changes[-1]))
    gone = mid[changes[np.searchsorted(changes, rows, side="right")]] - mid[rows]
    for size, wanted in zip((1.0, 3.0, 5.0), adjustment, strict=True):
        assert gone[quotes[2][rows] == size].mean() == pytest.approx(wanted, abs=0.02)


def test_quotes_that_are_in_no_state_have_no_micro_price() -> None:
    bid, ask, bid_size, ask_size = walk(500)
    ask[100], ask[200], bid_size[300] = bid[100] + 5, bid[200], -1.0
    price, adjustment = stoikov_microprice(
        bid, ask, bid_size, ask_size, n_imb=3, n_spread=2, iters=6, tick=1.0
    )
    assert np.flatnonzero(np.isnan(price)).tolist() == [100, 200, 300]
    assert np.isnan(adjustment[[100, 200, 300]]).all()


def test_the_unit_of_size_does_not_matter() -> None:
    # 0.005 of 0.025 is a fifth, also where the division of doubles is a rounding below it.
    draw = np.random.default_rng(3)
    sizes = draw.integers(1, 26, (2, 3000)).astype(float)
    sizes[:, ::7] = [[5.0], [20.0]]
    bid, ask, *_ = walk(3000)
    params = {"n_imb": 5, "n_spread": 1, "iters": 6, "tick": 1.0}
    whole = stoikov_microprice(bid, ask, *sizes, **params)
    parts = stoikov_microprice(bid, ask, *(sizes / 1000.0), **params)
    np.testing.assert_array_equal(parts[1], whole[1])
