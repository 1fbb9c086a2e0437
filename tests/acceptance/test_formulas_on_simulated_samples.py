"""Statistics of samples whose law is known: copulas, fractional noise, walks, bets and tests of hypotheses.

What is compared, and where its interval comes from, is said at each test; see `sampling` for the four standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sampling import assert_mean, assert_share, draws, of

pytest.importorskip("scipy")
pytest.importorskip("statsmodels")


@pytest.mark.parametrize("theta", [0.7, 2.0, 5.0])
def test_tails_of_a_clayton_copula(theta: float) -> None:
    """C(q,q)/q and (2q - 1 + C(1-q,1-q))/q at a finite q; the lower one goes to 2^(-1/theta).

    Drawn by inverting the conditional law; the interval is that of 30 samples of 5000 pairs.
    """
    draw, n, q = draws(), 5000, 0.02
    found = []
    for _ in range(30):
        u, w = draw.random((2, n))
        v = ((w ** (-theta / (1.0 + theta)) - 1.0) * u**-theta + 1.0) ** (-1.0 / theta)
        result = of("tail_dependence", {"period": n, "q": q}, u, v)
        found.append([result.lower[-1], result.upper[-1]])
    lower, upper = np.array(found).T

    def together(p: float) -> float:
        return math.pow(2.0 * math.pow(p, -theta) - 1.0, -1.0 / theta)

    assert together(q) / q == pytest.approx(2.0 ** (-1.0 / theta), rel=0.05)
    assert_mean(lower, together(q) / q, what="lower")
    assert_mean(upper, (2.0 * q - 1.0 + together(1.0 - q)) / q, what="upper")


def fractional_noise(draw: np.random.Generator, hurst: float, n: int) -> Any:
    """Increments of fractional Brownian motion, exactly, by circulant embedding (Davies and Harte 1987)."""
    lags = np.arange(n + 1.0)
    power = 2.0 * hurst
    covariance = 0.5 * ((lags + 1.0) ** power - 2.0 * lags**power + np.abs(lags - 1.0) ** power)
    eigenvalues = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real
    assert eigenvalues.min() > -1e-9
    normal = draw.standard_normal(2 * n) + 1j * draw.standard_normal(2 * n)
    return np.fft.fft(np.sqrt(np.maximum(eigenvalues, 0.0) / (2 * n)) * normal).real[:n]


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.7, 0.8])
def test_fractional_motion_has_its_exponents(hurst: float) -> None:
    """The generalised exponent is H at every q: E|X(t+s)-X(t)|^q goes as s^(qH).

    The interval is that of 60 paths. The logs of the means of a path are low by half their relative variance, which
    for persistent paths is more at long lags: 0.005 for 8192 steps and 19 lags.
    """
    draw = draws()
    paths = [100.0 * np.exp(1e-3 * np.cumsum(fractional_noise(draw, hurst, 8192))) for _ in range(60)]
    for q in (1.0, 2.0):
        found = [of("generalized_hurst", {"q": q}, path) for path in paths]
        assert_mean(found, hurst, known_error=0.005, what=f"q={q}")


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("order", [1, 2])
def test_detrended_fluctuations_of_fractional_noise(hurst: float, order: int) -> None:
    """The expected squares of the residuals follow from the covariances: trace(P C) / s for boxes of size s.

    They give the slope that is wanted, with the effect of small boxes, which the limit H leaves out. The interval is
    that of 60 paths; the logs of the largest boxes, of which there are four, are low, by 0.02 of the slope at most.
    """
    draw, n, smallest = draws(), 2048, 8
    sizes = sorted({int(smallest * 1.2**k) for k in range(40) if int(smallest * 1.2**k) <= n // 4})
    squares = []
    for size in sizes:
        places = np.arange(1.0, size + 1.0)
        powers = places ** (2.0 * hurst)
        apart = np.abs(places[:, None] - places) ** (2.0 * hurst)
        covariance = 0.5 * (powers[:, None] + powers - apart)
        basis = np.linalg.qr(np.vander(places / size, order + 1))[0]
        squares.append((np.trace(covariance) - np.trace(basis.T @ covariance @ basis)) / size)
    wanted = np.polyfit(np.log(sizes), 0.5 * np.log(squares), 1)[0]
    params = {"order": order, "min_box": smallest}
    found = [of("dfa", params, fractional_noise(draw, hurst, n)) for _ in range(60)]
    assert_mean(found, wanted, known_error=0.02, what=f"order {order}")


def test_rescaled_ranges_order_fractional_noise() -> None:
    """R/S is known to lean towards 1/2 (Taqqu, Teverovsky and Willinger 1995): by 0.03 to 0.06 here."""
    draw = draws()
    for hurst in (0.3, 0.5, 0.8):
        found = [of("hurst_rs", {}, fractional_noise(draw, hurst, 8192)).hurst_corrected for _ in range(40)]
        assert_mean(found, hurst, known_error=0.07 if hurst != 0.5 else 0.0, what=f"H={hurst}")
        assert hurst <= 0.5 or np.mean(found) > 0.65


def test_an_exact_ornstein_uhlenbeck_process_is_estimated_with_the_bias_of_its_paper() -> None:
    """Tang and Chen (2009): the rate is too high by (5 + 2 exp(kd) + exp(2kd)) / (2nd); level and size are not."""
    draw, kappa, mu, sigma, dt, n = draws(), 1.0, 50.0, 0.7, 0.1, 2000
    decay = math.exp(-kappa * dt)
    noise = sigma * math.sqrt((1.0 - decay**2) / (2.0 * kappa))
    x = np.empty((n, 400))
    x[0] = mu + sigma / math.sqrt(2.0 * kappa) * draw.standard_normal(400)
    for row in range(1, n):
        x[row] = mu + decay * (x[row - 1] - mu) + noise * draw.standard_normal(400)
    last = np.array([[column[-1] for column in of("ou_mle", {"period": n, "dt": dt}, path)] for path in x.T])
    bias = (5.0 + 2.0 / decay + 1.0 / decay**2) / (2.0 * n * dt)
    assert_mean(last[:, 0], kappa + bias, what="rate")
    assert last[:, 0].mean() - kappa > bias / 3.0
    assert_mean(last[:, 1], mu, what="level")
    # sigma^2 has a bias of the order 1/n.
    assert_mean(last[:, 2], sigma, known_error=2.0 * sigma / n, what="size")


#: Two-sided CUSUM with k = 1/2 and h = 5: mean run length by shift of the mean in standard deviations, as in
#: Montgomery, Introduction to Statistical Quality Control, table of ARLs (after Lucas and Crosier), and its last digit.
RUN_LENGTHS = {0.0: (465.0, 1.0), 0.5: (38.0, 0.1), 1.0: (10.4, 0.1), 1.5: (5.75, 0.01), 2.0: (4.01, 0.01),
               3.0: (2.57, 0.01), 4.0: (2.01, 0.01)}  # fmt: skip


@pytest.mark.parametrize("shift", RUN_LENGTHS)
def test_run_lengths_of_a_cusum_are_those_of_the_table(shift: float) -> None:
    wanted, digit = RUN_LENGTHS[shift]
    x = shift + draws().standard_normal(2_000_000 if shift == 0.0 else 200_000)
    alarms = np.flatnonzero(of("cusum_page", {"k": 0.5, "h": 5.0}, x).alarm)
    assert_mean(np.diff(alarms), wanted, known_error=digit, what="run length")


def _hits(draw: np.random.Generator) -> Any:
    return of("christoffersen", {"alpha": 0.2}, -draw.random(1000), np.full(1000, 0.8)).p_cc[-1]


def _failures(draw: np.random.Generator) -> Any:
    return of("kupiec", {"alpha": 0.2}, -draw.random(2000), np.full(2000, 0.8)).p_value[-1]


#: A draw in which the hypothesis is true, tested.
TRUE_HYPOTHESES: dict[str, Callable[[np.random.Generator], Any]] = {
    "christoffersen": _hits,
    "kupiec": _failures,
    "ljung_box": lambda draw: np.ravel(of("ljung_box", {}, draw.standard_normal(1000)).p_value)[-1],
    "arch_lm": lambda draw: of("arch_lm", {}, draw.standard_normal(500)).p_value,
    "granger_causality": lambda draw: of("granger_causality", {}, *draw.standard_normal((2, 500))).p_value,
    "adf": lambda draw: of("adf", {}, 100.0 + np.cumsum(draw.standard_normal(1000))).p_value,
}


@pytest.mark.parametrize("key", TRUE_HYPOTHESES)
def test_true_hypotheses_are_rejected_as_often_as_promised(key: str) -> None:
    """One of ten at 10 %, one of twenty at 5 %, by the binomial law of 2000 tests; and p is 1/2 in the mean.

    The laws of the statistics are limits, and those of counts have steps: at these lengths their sizes are true to
    0.01, less than the interval of 0.02 to 0.027.
    """
    draw = draws()
    p_values = np.array([TRUE_HYPOTHESES[key](draw) for _ in range(2000)])
    for level in (0.05, 0.1):
        assert_share(p_values < level, level, what=f"{key} at {level}")
    assert_mean(p_values, 0.5, known_error=0.01, what=key)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.9])
def test_streaming_quantiles_reach_the_quantile(q: float) -> None:
    """P-square of 5000 normal values: the mean of 100 samples, but for 0.01 of what its parabolas leave.

    The stochastic quantile moves by its own error: shares below it add up to q but for where it ends.
    """
    from scipy.stats import norm

    draw = draws()
    samples = draw.standard_normal((100, 5000))
    found = [of("p2_quantile", {"q": q}, sample)[-1] for sample in samples]
    assert_mean(found, float(norm.ppf(q)), known_error=0.01, what="P-square")
    x = samples.ravel()
    before = of("stochastic_quantile", {"q": q}, x)[:-1]
    assert (x[1:] <= before).mean() == pytest.approx(q, abs=0.003)


def test_the_best_of_noise_is_overfitted_half_the_time() -> None:
    """Ten strategies of pure noise: the one that was best is in the lower half with probability 1/2 outside."""
    draw = draws()
    for s in (4, 8):
        found = [of("pbo", {"s": s}, draw.standard_normal((160, 10))).pbo for _ in range(1000)]
        assert_mean(found, 0.5, what=f"{s} blocks")


def falls(draw: np.random.Generator, drift: float, deviation: float, depth: float, paths: int) -> Any:
    """Which Brownian paths ever fall by `depth`: steps drawn, and between two steps the bridge's exact chance.

    Followed until a later fall has a chance below exp(-20).
    """
    step = depth / drift
    level, fallen = np.zeros(paths), np.zeros(paths, dtype=bool)
    end = 20.0 * deviation**2 / (2.0 * drift)
    while (~fallen & (level < end)).any():
        after = level + drift * step + deviation * math.sqrt(step) * draw.standard_normal(paths)
        room = np.maximum(level + depth, 0.0) * np.maximum(after + depth, 0.0)
        fallen |= draw.random(paths) < np.exp(-2.0 * room / (deviation**2 * step))
        level = np.where(fallen, end, after)
    return fallen


@pytest.mark.parametrize(
    ("mu", "sigma", "barrier"), [(0.05, 0.2, 0.3), (0.001, 0.02, 0.5), (0.02, 0.15, 0.1)]
)
def test_walks_are_ruined_as_often_as_said(mu: float, sigma: float, barrier: float) -> None:
    """20,000 walks: log wealth, and a gambler's units one by one."""
    draw, edge = draws(), 0.1
    result = of("risk_of_ruin", {"edge": edge, "mu": mu, "sigma": sigma, "barrier": barrier}, [1.0, 3.0, 8.0])
    depth = -math.log(1.0 - barrier)
    fallen = falls(draw, mu - sigma**2 / 2.0, sigma, depth, 20_000)
    assert_share(fallen, result.p_brownian[0], what="Brownian")
    # From 100 units more than at first ruin is a matter of (9/11)^100.
    lowest = np.zeros(20_000)
    units = np.zeros(20_000)
    for _ in range(3000):
        units += np.where(draw.random(20_000) < (1.0 + edge) / 2.0, 1.0, -1.0)
        lowest = np.minimum(lowest, units)
    for capital, wanted in zip((1.0, 3.0, 8.0), result.p_gambler, strict=True):
        assert_share(lowest <= -capital, wanted, what=f"gambler with {capital}")


@pytest.mark.parametrize("c", [0.3, 0.7, 1.0, 1.5])
def test_parts_of_kelly_grow_and_fall_as_said(c: float) -> None:
    """Geometric Brownian wealth with a ratio of drift to deviation of 1: log wealth drifts by c - c^2/2."""
    draw, x = draws(), 0.5
    result = of("kelly_drawdown", {"x": x}, [c])
    drift = c - c**2 / 2.0
    assert_share(falls(draw, drift, c, -math.log(x), 20_000), result.p_reach[0], what="half is lost")
    years = 50.0
    growth = drift * years + c * math.sqrt(years) * draw.standard_normal(20_000)
    assert_mean(growth / (0.5 * years), result.rel_growth[0], what="growth against full Kelly")


@pytest.mark.parametrize(
    ("p", "b", "se"), [(0.6, 1.0, 0.03), (0.6, 1.0, 0.1), (0.55, 1.0, 0.05), (0.4, 2.5, 0.06)]
)
def test_bets_on_an_uncertain_edge_are_shrunk(p: float, b: float, se: float) -> None:
    """The share of Kelly at which the mean log growth over estimates of p is largest.

    The row's formula is a quadratic expansion that takes bets below 0 for bets; where these are rare (se below half
    the edge) the optimum is met to 0.05, and everywhere its share grows faster than full Kelly does.
    """
    draw = draws()
    estimate = np.clip(p + se * draw.standard_normal(100_000), 0.0, 1.0)
    full = np.maximum(of("kelly_shrunk", {"b": b, "se": 0.0}, estimate).f, 0.0)
    shrink = float(of("kelly_shrunk", {"b": b, "se": se}, [p]).shrink[0])

    def growth(share: float) -> Any:
        staked = np.minimum(share * full, 0.999)
        return p * np.log1p(b * staked) + (1.0 - p) * np.log1p(-staked)

    shares = np.linspace(0.05, 1.2, 116)
    best = shares[int(np.argmax([growth(share).mean() for share in shares]))]
    if se < 0.5 * ((b + 1.0) * p - 1.0) / (b + 1.0):
        assert best == pytest.approx(shrink, abs=0.05)
    gain = growth(shrink) - growth(1.0)
    assert gain.mean() > 4.0 * gain.std() / math.sqrt(len(gain))


@pytest.mark.parametrize("method", ["ucb1", "thompson", "exp3"])
def test_regret_stays_below_the_bounds_of_the_papers(method: str) -> None:
    """Three arms and 4000 rounds, 40 times. Auer, Cesa-Bianchi and Fischer (2002), theorem 1, for UCB1, which Thompson
    sampling must beat; Auer et al. (2002), theorem 3.1, for EXP3: (e-1) gamma G + K ln K / gamma.
    """
    draw, rounds, means, gamma = draws(), 4000, np.array([0.3, 0.5, 0.7]), 0.1
    gaps = means[-1] - means
    bound = 8.0 * sum(math.log(rounds) / gap for gap in gaps[:2]) + (1.0 + math.pi**2 / 3.0) * gaps.sum()
    if method == "exp3":
        bound = (math.e - 1.0) * gamma * rounds * means[-1] + 3.0 * math.log(3.0) / gamma
    regrets = []
    for seed in range(40):
        rewards = (draw.random((rounds, 3)) < means).astype(float)
        arms = of("bandits", {"method": method, "gamma": gamma, "seed": seed}, rewards).arm[:-1].astype(int)
        regrets.append(gaps[arms].sum())
        late = arms[rounds // 2 :]
        assert np.bincount(late, minlength=3).argmax() == 2
    by_lot = gaps.mean() * rounds
    mean = np.mean(regrets)
    assert mean < min(bound, {"ucb1": 0.5, "thompson": 0.1, "exp3": 0.9}[method] * by_lot), (
        mean,
        bound,
        by_lot,
    )
    # Lai and Robbins (1985): no rule that adapts does with less than about gap / divergence times ln(rounds).
    divergence = [m * math.log(m / 0.7) + (1 - m) * math.log((1 - m) / 0.3) for m in means[:2]]
    assert mean > 0.3 * sum(gap / d for gap, d in zip(gaps[:2], divergence, strict=True)) * math.log(rounds)
