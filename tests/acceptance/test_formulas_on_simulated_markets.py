"""Formulas about markets, queues and blocks against simulations that know nothing of the formula.

What is compared, and where its interval comes from, is said at each test; see `sampling` for the four standard errors.
"""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
import pytest
from sampling import ERRORS, assert_deviation, assert_mean, assert_share, draws, of

ROOM = 25  # transactions in a block
VSIZE = 4e4
TARGET_S = 600.0


def mined(draw: np.random.Generator, rates: Any, own: float, load: float) -> tuple[int, float, int]:
    """Blocks and seconds until a transaction at rate `own` is mined, and the room that the last block had left.

    Miners take the highest rates first; half of what arrives pays more than `own`.
    """
    waiting = [(-rate, 0) for rate in rates] + [(-own, 1)]
    heapq.heapify(waiting)
    blocks, seconds = 0, 0.0
    while True:
        gap = draw.exponential(TARGET_S)
        for rate in draw.uniform(0.0, 2.0 * own, draw.poisson(2.0 * load * ROOM * gap / TARGET_S)):
            heapq.heappush(waiting, (-rate, 0))
        blocks, seconds = blocks + 1, seconds + gap
        for place in range(min(ROOM, len(waiting))):
            if heapq.heappop(waiting)[1]:
                return blocks, seconds, ROOM - 1 - place


#: Transactions ahead, load of what arrives at their rates or above, simulations.
QUEUES = [(74, 0.6, 4000), (249, 0.3, 1000), (12, 0.8, 8000), (99, 0.0, 500)]


@pytest.mark.parametrize(("ahead", "load", "runs"), QUEUES)
def test_clearing_times_are_those_of_a_queue(ahead: int, load: float, runs: int) -> None:
    """Transactions one by one in a queue that is served in blocks of random times.

    The fluid has no last block with room to spare: by Wald's identity a block's worth of such room is
    1 / (1 - load) blocks, which the simulation counts and the formula does not.
    """
    draw = draws()
    own = 10.0
    rates = np.concatenate([draw.uniform(own, 3 * own, ahead), draw.uniform(0.0, own, 40), [own]])
    params = {"rate": own, "block_vsize": ROOM * VSIZE, "target_s": TARGET_S}
    inflow = load * ROOM * VSIZE / TARGET_S
    result = of("clearing_time", params, rates[None, :], np.full((1, len(rates)), VSIZE), [inflow])
    blocks, seconds, spare = np.array([mined(draw, rates[:-1], own, load) for _ in range(runs)]).T
    last_block = spare / ROOM / (1.0 - load)
    assert_mean(blocks - last_block, result.blocks[0], known_error=1e-12, what="blocks")
    assert_mean(seconds - TARGET_S * last_block, result.seconds[0], what="seconds")
    assert result.blocks[0] <= blocks.mean() + ERRORS * blocks.std() / math.sqrt(runs)
    assert result.p_next[0] == float(ahead + 1 < ROOM)
    # The formula's chance of the next block is that of a queue which nothing joins.
    quiet = [mined(draw, rates[:-1], own, 0.0)[0] == 1 for _ in range(20)]
    assert set(quiet) == {bool(result.p_next[0])}


def quoted(
    draw: np.random.Generator, paths: int, gamma: float, follows_inventory: bool
) -> tuple[Any, Any, Any]:
    """Profit, final inventory and mean spread in the paper's market: s=100, T=1, sigma=2, dt=0.005, k=1.5, A=140."""
    sigma, horizon, dt, k, rate = 2.0, 1.0, 0.005, 1.5, 140.0
    mid, cash, inventory = np.full(paths, 100.0), np.zeros(paths), np.zeros(paths)
    params = {"gamma": gamma, "k": k, "sigma": sigma, "horizon": horizon}
    spreads = []
    for step in range(round(horizon / dt)):
        held = inventory if follows_inventory else np.zeros(paths)
        quotes = of("avellaneda_stoikov", params, mid - 0.01, mid + 0.01, held, np.full(paths, step * dt))
        spreads.append(quotes.spread[0])
        chances = rate * dt * np.exp(-k * np.array([quotes.ask - mid, mid - quotes.bid]))
        sold, bought = draw.random((2, paths)) < chances
        cash += np.where(sold, quotes.ask, 0.0) - np.where(bought, quotes.bid, 0.0)
        inventory = inventory + bought - sold
        mid = mid + sigma * math.sqrt(dt) * draw.choice([-1.0, 1.0], paths)
    return cash + inventory * mid, inventory, np.mean(spreads)


#: Avellaneda and Stoikov (2008), table 1: gamma = 0.1, 1000 simulations.
TABLE = {
    "inventory": {"spread": 1.49, "profit": 65.0, "profit_sd": 6.6, "q": 0.08, "q_sd": 2.9},
    "symmetric": {"spread": 1.49, "profit": 68.4, "profit_sd": 12.7, "q": 0.26, "q_sd": 8.4},
}


@pytest.mark.parametrize("strategy", TABLE)
def test_quotes_earn_what_the_table_of_avellaneda_and_stoikov_says(strategy: str) -> None:
    """The formula's quotes in the paper's own market.

    The table is a simulation of 1000 paths too: its standard errors (deviation / sqrt(1000), and of a deviation
    / sqrt(2000)) and its rounding are allowed for on top of ours.
    """
    table = TABLE[strategy]
    profit, inventory, spread = quoted(draws(), 4000, 0.1, strategy == "inventory")
    assert spread == pytest.approx(table["spread"], abs=0.005)
    for name, values, digit in (("profit", profit, 0.05), ("q", inventory, 0.005)):
        theirs = ERRORS * table[f"{name}_sd"]
        assert_mean(values, table[name], known_error=theirs / math.sqrt(1000) + digit, what=name)
        assert_deviation(values, table[f"{name}_sd"], known_error=theirs / math.sqrt(2000) + 0.05, what=name)


def test_the_urgency_of_the_example_of_almgren_and_chriss() -> None:
    """Section 4 of their paper (2001) prints kappa = 0.61 a day: x_(j-1) + x_(j+1) = 2 cosh(kappa) x_j."""
    params = {"t": 5.0, "n": 5, "sigma": 0.95, "eta": 2.5e-6, "gamma": 2.5e-7, "eps": 0.0625, "lam": 1e-6}
    held = of("almgren_chriss", params, [1e6]).holdings[0]
    kappa = np.arccosh((held[:-2] + held[2:]) / (2.0 * held[1:-1]))
    assert kappa == pytest.approx(0.61, abs=0.005)


@pytest.mark.parametrize("buyers", [0.1, 1.0])
def test_latency_costs_what_the_model_of_moallemi_and_saglam_loses(buyers: float) -> None:
    """Their seller (2013), solved backwards in time; `buyers` is how many are expected until the end.

    With a spread of 1 an order at distance 1 - y*u is reached in spite of the price's move since with Phi(y). The
    value h grows by what a buyer brings, max over y of (1 - y*u - h) Phi(y) - u phi(y), and without latency by 1 - h.
    The formula is the leading term for small u: the next one is smaller by the logarithm in it, which is the interval.
    """
    y = np.linspace(0.0, 7.0, 1401)
    reached = 0.5 * (1.0 + np.array([math.erf(one / math.sqrt(2.0)) for one in y]))
    density = np.exp(-(y**2) / 2.0) / math.sqrt(2.0 * math.pi)
    apart = []
    for u in (0.1, 0.01, 1e-3, 1e-4):
        slow = fast = 0.0
        step = buyers / 500
        for _ in range(500):
            half = slow + step / 2.0 * np.max((1.0 - y * u - slow) * reached - u * density)
            slow += step * np.max((1.0 - y * u - half) * reached - u * density)
            fast += step * (1.0 - fast - step / 2.0 * (1.0 - fast))
        cost = of("latency_cost", {"sigma": u, "dt_s": 1.0}, [100.0], [101.0])[0]
        apart.append(abs((fast - slow) / fast / cost - 1.0))
        assert apart[-1] < 1.0 / -math.log(2.0 * math.pi * u**2), (u, apart)
    assert apart == sorted(apart, reverse=True)


def test_fills_of_a_known_intensity_are_calibrated() -> None:
    """Trades reach d at rate A exp(-k d), both sides together: each of 60 hours gives A and k anew.

    ln of a count is low by 1 / (2 count), which at distances reached some 90 times and more is 0.6 %.
    """
    draw, a, k, hour = draws(), 2.0, 1.5, 3600.0
    found = []
    for _ in range(60):
        count = draw.poisson(a * hour)
        t_s = np.sort(draw.uniform(0.0, hour, count))
        side = draw.choice([-1.0, 1.0], count)
        price = 100.0 + side * draw.exponential(1.0 / k, count)
        quote = [np.full(count, 99.5), np.full(count, 100.5)]
        params = {"n_bins": 10, "window_s": 2.0 * hour, "bin_width": 0.25}
        result = of("fill_intensity", params, price, side, *quote, t_s)
        found.append([result.a[-1], result.k[-1], result.r2[-1]])
    rates, slopes, fits = np.array(found).T
    assert_mean(rates, a, known_error=0.006 * a, what="A")
    assert_mean(slopes, k, known_error=0.006 * k, what="k")
    assert fits.min() > 0.99


@pytest.mark.parametrize("volatility", [0.0, 0.3])
def test_a_bounce_on_a_walk_shows_the_spread(volatility: float) -> None:
    """Roll's model: a random walk seen at either side of a spread of 1. His measure is nearly unbiased in variance."""
    draw, repetitions, n = draws(), 200, 2000
    signed = []
    for _ in range(repetitions):
        walk = 100.0 + np.cumsum(volatility * draw.standard_normal(n + 1))
        price = walk + 0.5 * draw.choice([-1.0, 1.0], n + 1)
        signed.append(of("roll_spread", {"window": n}, price).signed[-1])
    squares = np.array(signed) * np.abs(signed)
    # cov = -s^2/4; taking both series about their own means leaves 1/n of the variance of a change.
    assert_mean(squares, 1.0, known_error=4.0 * (volatility**2 + 0.5) / n, what="spread squared")


@pytest.mark.parametrize("lag_s", [-3.0, 0.0, 1.5])
def test_a_lag_between_two_clocks_is_recovered(lag_s: float) -> None:
    """One walk seen twice at random times, the second time `lag_s` later: the lag is on the grid and must be hit."""
    draw, step, n = draws(), 0.5, 3000
    grid = np.arange(0.0, 2000.0, 0.05)
    walk = 100.0 * np.exp(1e-4 * np.cumsum(draw.standard_normal(len(grid))))
    for _ in range(5):
        t_s = np.sort(draw.choice(np.round(np.arange(10.0, 1990.0, 0.01), 2), n, replace=False))
        first = draw.random(n) < 0.5
        x = np.where(first, walk[np.searchsorted(grid, t_s)], np.nan)
        y = np.where(first, np.nan, walk[np.searchsorted(grid, t_s - lag_s)])
        params = {"max_lag_s": 4.0, "step_s": step, "window": n}
        found = of("lead_lag_hy", params, x, y, t_s)
        assert np.ravel(found.lag_s)[-1] == pytest.approx(lag_s, abs=1e-9)
        llr = np.ravel(found.llr)[-1]
        assert lag_s == 0.0 or (llr > 1.0) == (lag_s > 0.0)


@pytest.mark.parametrize("window", [6, 144])
def test_intervals_of_the_hashrate_cover_it(window: int) -> None:
    """Blocks as a Poisson process at a known hashrate: 95 of 100 intervals, of windows apart, hold it."""
    draw, repetitions, hashrate = draws(), 2000, 6e20
    difficulty = draw.uniform(0.8, 1.2, repetitions * window + 1) * 1e14
    gaps = draw.exponential(1.0, len(difficulty)) * difficulty * 2.0**32 / hashrate
    result = of("hashrate_estimate", {"window": window}, 1.7e9 + np.cumsum(gaps), difficulty)
    apart = slice(window, None, window)
    assert_share((result.lo[apart] < hashrate) & (hashrate < result.hi[apart]), 0.95, what="cover")
    # window / (sum of exponentials) is high by window / (window - 1).
    assert_mean(result.hashrate[apart] / hashrate, window / (window - 1), what="hashrate")


def test_arrivals_of_a_poisson_process_have_scores_of_mean_0_and_variance_1() -> None:
    """300 bins of 20 trades before each: the estimated mean adds 1/300 to the variance of the score."""
    draw, rate, seconds = draws(), 20.0, 4000
    t_s = 1.7e9 + np.sort(draw.uniform(0.0, seconds, draw.poisson(rate * seconds)))
    result = of("trade_arrival_rate", {}, t_s)
    bins = np.floor(t_s)
    last = np.flatnonzero(np.diff(bins))[300:] + 1
    z = result.z[last]
    z = z[np.isfinite(z)]
    assert len(z) > 3500
    assert_mean(z, 0.0, known_error=ERRORS / math.sqrt(seconds), what="score")
    assert_deviation(z, math.sqrt(1.0 + 1.0 / 300.0), known_error=0.01, what="score")
    assert_mean(result.rate[last], rate, what="rate")
