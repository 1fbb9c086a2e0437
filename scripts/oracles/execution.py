"""Execution and market making."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import cvxpy
import numpy as np
from scipy.optimize import linprog

from nanotick.formulas.proving import Case
from oracles import datasets

CVXPY = f"CVXPY {cvxpy.__version__}"
SCIPY = f"SciPy {importlib.metadata.version('scipy')}"
WHOLE = "closed form over whole arrays"
NUMPY = f"NumPy {np.__version__}"


def split_mix(seed: int, count: int) -> list[Fraction]:
    """Draws of SplitMix64 in [0, 1)."""
    mask, draws = 2**64 - 1, []
    for k in range(1, count + 1):
        z = (seed + k * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        draws.append(Fraction((z ^ (z >> 31)) >> 11, 2**53))
    return draws


def schedules() -> Iterator[Case]:
    """TWAP, VWAP and participation."""
    orders = np.array([0.0, 1.0001, 3.2171, 812.0031, 0.0004, 55.5557])
    for params in ({}, {"slices": 7, "jitter": 0.5, "lot": 0.01, "seed": 42, "horizon_s": 900.0}):
        every = {"slices": 20, "jitter": 0.0, "lot": 0.001, "seed": 0, "horizon_s": 3600.0} | params
        slices, lot = int(every["slices"]), Fraction(str(every["lot"]))
        targets = [[round(Fraction(q) * k / slices / lot) for k in range(slices + 1)] for q in orders]
        width, jitter = Fraction(every["horizon_s"]) / slices, Fraction(every["jitter"])
        draws = split_mix(int(every["seed"]), slices)
        times = [float(width * (k + Fraction(1, 2) + jitter * (2 * u - 1))) for k, u in enumerate(draws)]
        expected = {
            "sizes": np.array([[float(n * lot) for n in np.diff(row)] for row in targets]),
            "times": np.tile(times, (len(orders), 1)),
        }
        yield Case(
            "twap_schedule", params, [orders], expected, "whole lots by exact fractions", "closed form", 1e-12
        )
    volume = datasets.minutes().volume[:310].copy()
    volume[120:144] = 0.0
    size = np.linspace(0.30171, 41.70013, 310)
    for params in ({"bins": 24}, {"bins": 12, "lam": 0.5, "lot": 0.25, "start": 3, "stop": 10}):
        every = {"lam": 0.9, "lot": 0.001, "start": 0, "stop": 0} | params
        bins, lam, start = int(every["bins"]), every["lam"], int(every["start"])
        stop = int(every["stop"]) or bins
        curves, sizes = [], []
        for row in range(310):
            days = volume[: (row + 1) // bins * bins].reshape(-1, bins)
            days = days[days.sum(axis=1) > 0]
            shares = days / days.sum(axis=1, keepdims=True)
            age = np.arange(len(days))[::-1]
            weights = np.where(age < len(days) - 1, (1 - lam) * lam**age, lam**age)
            curve = weights @ shares if len(days) else np.full(bins, 1 / bins)
            part = curve[start:stop] / curve[start:stop].sum()
            lots = np.rint(size[row] * np.cumsum(part) / every["lot"])
            curves.append(curve)
            sizes.append(
                np.concatenate(
                    [np.zeros(start), np.diff(lots, prepend=0.0) * every["lot"], np.zeros(bins - stop)]
                )
            )
        expected = {"sizes": np.array(sizes), "curve": np.array(curves)}
        oracle = "weighted mean of all days' shares at once"
        yield Case("vwap_schedule", params, [size, volume], expected, oracle, "closed form")
    yield from participation()


def participation() -> Iterator[Case]:
    """A controller that is filled in part, by exact fractions."""
    trades = datasets.trades(250)
    for rate, cap, lot, order in ((0.1, 0.2, "0.001", 4.0), (0.3, 0.12, "0.05", 1e3)):
        rng = np.random.default_rng(8)
        market = filled = Fraction(0)
        rows, expected = [], []
        asked = Fraction(0)
        for size in trades.size:
            fill = Fraction(str(round(float(asked) * rng.choice([0.0, 0.5, 1.0]), 4)))
            open_size = max(asked - fill, Fraction(0)) * int(rng.uniform() < 0.3)
            market, filled = market + Fraction(str(size)), filled + fill
            r, c, unit = Fraction(str(rate)), Fraction(str(cap)), Fraction(lot)
            taken = filled + open_size
            wanted = min(r / (1 - r), c / (1 - c)) * market - taken
            asked = min(max(wanted // unit, 0) * unit, max(Fraction(order) - taken, Fraction(0)))
            rows.append([order, size, float(fill), float(open_size)])
            expected.append(float(asked))
        params = {"rate": rate, "cap": cap, "lot": float(lot)}
        inputs = list(np.array(rows).T)
        oracle = "the definition by exact fractions"
        yield Case("pov_schedule", params, inputs, {"size": np.array(expected)}, oracle, "closed form", 1e-12)
    scene = [[10, 0, 0, 0, 0], [10, 9, 0, 0, 1], [10, 0, 1, 0, 0], [10, 22, 0, 0, 2], [10, 0, 0, 2, 0],
             [10, 900, 2, 0, 7], [10, 0, 7, 0, 0], [10, 5, -1, 0, math.nan]]  # fmt: skip
    *inputs, expected = np.array(scene, dtype=float).T
    params = {"rate": 0.1, "cap": 0.2, "lot": 1.0}
    yield Case(
        "pov_schedule", params, inputs, {"size": expected}, "a ninth of the market by hand", "scripted", 1e-12
    )


def shortfalls() -> Iterator[Case]:
    """Perold's decomposition."""
    names = ("total_bps", "delay", "trading", "opportunity", "fees")
    trades = datasets.trades(200)
    rng = np.random.default_rng(6)
    there = rng.uniform(size=200) < 0.6
    there[:2] = [False, True]
    close = trades.price * (1 + rng.normal(0, 1e-3, 200))
    decision, arrival = trades.price[0] * 0.999, trades.price[0] * 1.0007
    for side in (1.0, -1.0):
        rows, total_size = [], trades.size[there].sum() * 1.1
        fee = 0.0004 * trades.price * trades.size
        for row in range(200):
            taken = np.flatnonzero(there[: row + 1])
            p, q = trades.price[taken], trades.size[taken]
            rest = total_size - q.sum()
            unit = 1e4 / (total_size * decision)
            fees, missed = fee[taken].sum(), side * rest * (close[row] - decision)
            total = side * np.sum((p - decision) * q) + missed + fees
            delay, trading = side * q.sum() * (arrival - decision), side * np.sum(q * (p - arrival))
            rows.append(np.array([total, delay, trading, missed, fees]) * unit)
        fills = [np.where(there, column, np.nan) for column in (trades.price, trades.size, fee)]
        constants = [np.full(200, value) for value in (side, total_size, decision, arrival)]
        expected = dict(zip(names, np.array(rows).T, strict=True))
        note = "A bps of a notional of 6e4 a contract is what is left of eleven digits."
        inputs = [*fills, *constants, close]
        oracle = "the definition over all fills so far"
        yield Case(
            "implementation_shortfall", {}, inputs, expected, oracle, "closed form", 1e-9, 1e-2, note=note
        )
    # Buy 100 decided at 50: 40 at 52 and 30 at 53, fees 4 and 6, arrival 51, 30 missed while the price went to 55.
    nan = math.nan
    scene = [
        [nan, nan, nan, 1.0, 100.0, 50.0, 51.0, 51.0, 200.0, 0.0, 0.0, 200.0, 0.0],
        [52.0, 40.0, 4.0, 1.0, 100.0, 50.0, 51.0, 51.0, 288.0, 80.0, 80.0, 120.0, 8.0],
        [53.0, 30.0, 6.0, 1.0, 100.0, 50.0, 51.0, 55.0, 660.0, 140.0, 200.0, 300.0, 20.0],
        [53.0, -1.0, 6.0, 1.0, 100.0, 50.0, 51.0, 55.0, nan, nan, nan, nan, nan],
        [53.0, 1.0, 6.0, 0.0, 100.0, 50.0, 51.0, 55.0, nan, nan, nan, nan, nan],
        [nan, nan, nan, 1.0, 100.0, 50.0, 51.0, 50.0, 360.0, 140.0, 200.0, 0.0, 20.0],
    ]
    columns = list(np.array(scene).T)
    expected = dict(zip(names, columns[8:], strict=True))
    yield Case("implementation_shortfall", {}, columns[:8], expected, "one order by hand", "scripted", 1e-12)


def events(count: int = 300) -> Any:
    """Trades with the mid at each; every third trade is a fill of ours. Columns: price, size, side, mid, t_s, ours."""
    tape = datasets.tape(3000)
    mid = (tape.bid + tape.ask) / 2
    known = np.maximum.accumulate(np.where(np.isnan(mid), 0, np.arange(len(mid))))
    rows = [row for row in range(len(mid)) if not np.isnan(mid[known[row]])][:count]
    ours = (np.arange(count) % 3 == 1) & ~np.isnan(tape.price[rows])
    return tape.price[rows], tape.size[rows], tape.side[rows], mid[known[rows]], tape.t_s[rows], ours


def slippages() -> Iterator[Case]:
    """Against arrival, VWAP and TWAP."""
    price, size, _, mid, t_s, ours = events()
    for side in (1.0, -1.0):
        out = np.full((4, len(mid)), np.nan)
        for row in range(len(mid)):
            fills = np.flatnonzero(ours[: row + 1])
            if not len(fills):
                continue
            end = fills[-1] + 1
            average = np.average(price[fills], weights=size[fills])
            public = ~np.isnan(price[:end])
            vwap = np.average(price[:end][public], weights=size[:end][public])
            twap = np.average(mid[: end - 1], weights=np.diff(t_s[:end])) if t_s[end - 1] > t_s[0] else mid[0]
            out[:3, row] = [side * (average / other - 1) * 1e4 for other in (mid[0], vwap, twap)]
            out[3, row] = size[fills].sum() / size[:end][public].sum()
        fills_ = [np.where(ours, column, np.nan) for column in (price, size, np.full(len(mid), side))]
        expected = dict(zip(("vs_arrival", "vs_vwap", "vs_twap", "participation"), out, strict=True))
        note = "Ratios of prices less 1, in bps: twelve digits after the point."
        inputs = [*fills_, price, size, mid, t_s]
        yield Case(
            "vwap_slippage",
            {},
            inputs,
            expected,
            "each interval as a whole",
            "closed form",
            1e-9,
            0.1,
            note=note,
        )


def attributions() -> Iterator[Case]:
    """Where the profit came from, against wealth marked to the mid."""
    tape = datasets.tape(3000)
    first = int(np.flatnonzero(~np.isnan(tape.bid))[0])
    rows = slice(max(first - 2, 0), max(first - 2, 0) + 300)
    price, size, side, bid, ask = (
        getattr(tape, name)[rows] for name in ("price", "size", "side", "bid", "ask")
    )
    fee = np.where(np.isnan(price), np.nan, 1e-4 * price * size)
    side = -side
    names = ("spread_capture", "inventory", "fees", "total")
    out = np.full((4, len(price)), np.nan)
    mids = (bid + ask) / 2
    start = int(np.flatnonzero(~np.isnan(mids))[0])
    known = np.maximum.accumulate(np.where(np.isnan(mids), 0, np.arange(len(mids))))
    mid = mids[known]
    for row in range(start, len(price)):
        span = np.arange(start, row + 1)
        fills = span[~np.isnan(price[span])]
        signed = np.where(np.isnan(price[span]), 0.0, side[span] * size[span])
        capture = np.sum(side[fills] * size[fills] * (mid[fills] - price[fills]))
        inventory = np.sum(np.cumsum(signed)[:-1] * np.diff(mid[span]))
        fees = fee[fills].sum()
        cash = -np.sum(side[fills] * size[fills] * price[fills]) - fees
        out[:, row] = [capture, inventory, fees, cash + signed.sum() * mid[row]]
    expected = dict(zip(names, out, strict=True))
    note = "Cash of 1e6 that nearly cancels against the position: nine digits after the point."
    inputs = [price, size, side, fee, bid, ask]
    oracle = "sums over all events; total as cash and position marked to the mid"
    yield Case("mm_pnl_attribution", {}, inputs, expected, oracle, "closed form", 1e-9, 1.0, note=note)
    nan = math.nan
    scene = [
        [99.0, 2.0, 1.0, 0.1, nan, nan, nan, nan, nan, nan],
        [nan, nan, nan, nan, 99.0, 101.0, 0.0, 0.0, 0.0, 0.0],
        [99.0, 2.0, 1.0, 0.1, nan, nan, 2.0, 0.0, 0.1, 1.9],
        [nan, nan, nan, nan, 101.0, 103.0, 2.0, 4.0, 0.1, 5.9],
        [104.0, 3.0, -1.0, 0.2, 102.0, 104.0, 5.0, 6.0, 0.3, 10.7],
        [nan, nan, nan, nan, 105.0, 103.0, nan, nan, nan, nan],
        [nan, nan, nan, nan, 105.0, 105.0, 5.0, 4.0, 0.3, 8.7],
    ]
    columns = list(np.array(scene).T)
    expected = dict(zip(names, columns[6:], strict=True))
    yield Case("mm_pnl_attribution", {}, columns[:6], expected, "six events by hand", "scripted", 1e-12)


def trajectories() -> Iterator[Case]:
    """Almgren and Chriss: the minimum of cost plus risk, found without their formula."""
    sets: tuple[dict[str, Any], ...] = (
        {},
        {"n": 12, "t": 600.0, "sigma": 2.0, "eta": 0.3, "gamma": 0.0, "eps": 0.02, "lam": 1e-4},
        {"n": 25, "t": 5.0, "sigma": 0.95, "eta": 2.5e-6, "gamma": 2.5e-7, "eps": 0.0625, "lam": 1e-6},
        {"n": 10, "gamma": 1e-4, "lam": 0.0},
        # So little urgency that the trajectory is straight to a few parts in 1e8.
        {"lam": 1.5e-15},
        {"n": 40, "t": 1e5, "gamma": 0.0, "lam": 10.0},
    )
    for params in sets:
        every = {
            "t": 3600.0,
            "n": 60,
            "sigma": 0.5,
            "eta": 0.05,
            "gamma": 1e-3,
            "eps": 0.0,
            "lam": 1e-6,
        } | params
        n, tau = int(every["n"]), every["t"] / every["n"]
        eta, risk = every["eta"] - every["gamma"] * tau / 2, every["sigma"] ** 2 * tau
        orders = np.array([1000.0, 1.0, 0.0, 345.678])
        # The gradient by x_1 .. x_{n-1} is zero: a tridiagonal system.
        diagonal = np.full(n - 1, 4 * eta / tau + 2 * every["lam"] * risk)
        system = np.diag(diagonal) - 2 * eta / tau * (np.eye(n - 1, k=1) + np.eye(n - 1, k=-1))
        pull = np.eye(n - 1)[0] * 2 * eta / tau
        inner = np.linalg.solve(system, pull)
        holdings = np.outer(orders, np.concatenate([[1.0], inner, [0.0]]))
        trades = -np.diff(holdings, axis=1)
        squares = (trades**2).sum(axis=1)
        expected = {
            "holdings": holdings,
            "trades": trades,
            "cost": every["gamma"] / 2 * orders**2 + every["eps"] * orders + eta / tau * squares,
            "variance": risk * (holdings[:, 1:] ** 2).sum(axis=1),
        }
        oracle = f"{NUMPY}: linalg.solve of the first-order conditions"
        yield Case("almgren_chriss", params, [orders], expected, oracle, "library")
    every = {"t": 600.0, "sigma": 2.0, "eta": 0.3, "gamma": 0.002, "eps": 0.02, "lam": 1e-4}
    n, order = 12, 100.0
    tau = every["t"] / n
    eta = every["eta"] - every["gamma"] * tau / 2
    holdings = cvxpy.Variable(n + 1)
    trades = holdings[:-1] - holdings[1:]
    cost = (
        every["gamma"] / 2 * order**2
        + every["eps"] * cvxpy.norm1(trades)
        + eta / tau * cvxpy.sum_squares(trades)
    )
    variance = every["sigma"] ** 2 * tau * cvxpy.sum_squares(holdings[1:])
    ends = [holdings[0] == order, holdings[n] == 0]
    tight = {f"tol_{name}": 1e-13 for name in ("gap_abs", "gap_rel", "feas")}
    cvxpy.Problem(cvxpy.Minimize(cost + every["lam"] * variance), ends).solve(solver=cvxpy.CLARABEL, **tight)
    expected = {
        "holdings": holdings.value[None, :],
        "trades": trades.value[None, :],
        "cost": np.array([cost.value]),
        "variance": np.array([variance.value]),
    }
    note = "An interior point method's accuracy, measured against the order's size."
    params = {"n": n, **every}
    inputs = [np.array([order])]
    yield Case("almgren_chriss", params, inputs, expected, CVXPY, "library", 1e-6, order, note=note)


def equal_parts() -> Iterator[Case]:
    """Almgren and Chriss (2001), section 4: a million shares in five equal parts."""
    paper = {"t": 5.0, "n": 5, "sigma": 0.95, "eta": 2.5e-6, "gamma": 2.5e-7, "eps": 0.0625, "lam": 0.0}
    # Their equations 10 and 11: 125,000 for permanent impact, 62,500 for the spread, 475,000 for temporary impact.
    expected = {
        "holdings": np.array([[1e6, 8e5, 6e5, 4e5, 2e5, 0.0]]),
        "cost": np.array([662_500.0]),
        "variance": np.array([1.083e12]),
    }
    oracle = "Almgren and Chriss (2001), section 4: equal parts, by hand"
    yield Case("almgren_chriss", paper, [np.array([1e6])], expected, oracle, "scripted", 1e-12)


def quoting() -> Iterator[Case]:
    """Impact, quotes, and the informed trader."""
    sizes = np.concatenate([[0.0], datasets.trades(100).size * 1e3])
    for params in ({}, {"y": 0.7, "sigma": 0.05, "adv": 3e4}):
        y, sigma, adv = ({"y": 1.0, "sigma": 0.02, "adv": 1e6} | params).values()
        expected = {"impact_bps": 1e4 * y * sigma * np.sqrt(sizes / adv)}
        yield Case("sqrt_impact", params, [sizes], expected, WHOLE, "closed form", 1e-12)
    quotes = datasets.quotes(200)
    mid = (quotes.bid + quotes.ask) / 2
    inventory = np.random.default_rng(9).integers(-6, 7, 200).astype(float)
    elapsed = np.linspace(0.0, 1.2, 200)
    for params in (
        {},
        {"gamma": 1e-9, "k": 0.3},
        {"gamma": 0.5, "sigma": 1.3, "horizon": 0.7, "tick": 0.1, "post_only": True},
    ):
        every = {
            "gamma": 0.1,
            "k": 1.5,
            "sigma": 2.0,
            "horizon": 1.0,
            "tick": 0.0,
            "post_only": False,
        } | params
        risk = every["gamma"] * every["sigma"] ** 2 * np.clip(every["horizon"] - elapsed, 0, None)
        reservation = mid - inventory * risk
        x = Fraction(every["gamma"]) / Fraction(every["k"])
        log = float(x - x**2 / 2 + x**3 / 3) if x < 1e-6 else math.log(1 + x)
        spread = risk + 2 / every["gamma"] * log
        bid, ask = reservation - spread / 2, reservation + spread / 2
        if every["tick"]:
            ticks = [
                np.floor(bid * 10),
                np.ceil(ask * 10),
                np.rint(quotes.bid * 10),
                np.rint(quotes.ask * 10),
            ]
            crossing = (ticks[0] >= ticks[3]) | (ticks[1] <= ticks[2])
            if not crossing.any() or crossing.all():
                raise ValueError("the quotes must cross now and then")
            bid, ask = np.minimum(ticks[0], ticks[3] - 1) / 10, np.maximum(ticks[1], ticks[2] + 1) / 10
        expected = {"reservation": reservation, "bid": bid, "ask": ask, "spread": spread}
        inputs = [quotes.bid, quotes.ask, inventory, elapsed]
        yield Case("avellaneda_stoikov", params, inputs, expected, WHOLE, "closed form", 1e-12)
    yield from inventories()
    half = 1e4 * (quotes.ask - quotes.bid) / 2 / mid
    for params in ({}, {"maker_fee": -0.00005, "taker_fee": 0.0003, "fill_prob": 0.9, "adverse_bps": 0.2}):
        every = {"maker_fee": 2e-4, "taker_fee": 5.5e-4, "fill_prob": 0.6, "adverse_bps": 1.0} | params
        maker, taker, fill, adverse = every.values()
        edge = fill * (half - adverse - 1e4 * maker) - (1 - fill) * (half + 1e4 * taker)
        cost = half + 1e4 * taker
        expected = {
            "maker_edge_bps": edge,
            "taker_cost_bps": cost,
            "prefer_maker": (edge > -cost).astype(float),
        }
        yield Case("maker_breakeven", params, [quotes.bid, quotes.ask], expected, WHOLE, "closed form", 1e-11)
    wide = quotes.ask + np.arange(200) * 0.05
    for params in ({"sigma": 0.9}, {"sigma": 12.0, "dt_s": 0.05}):
        every = {"sigma": 0.1, "dt_s": 0.001} | params
        u = every["sigma"] * math.sqrt(every["dt_s"]) / (wide - quotes.bid)
        small = 2 * np.pi * u**2 < 1
        cost = np.where(small, u * np.sqrt(-np.log(2 * np.pi * np.where(small, u, 0.1) ** 2)), np.nan)
        yield Case("latency_cost", params, [quotes.bid, wide], {"lc": cost}, WHOLE, "closed form", 1e-10)


def inventories() -> Iterator[Case]:
    """Quotes of Gueant, Lehalle and Fernandez-Tapia; Glosten and Milgrom's."""
    lots = np.arange(-22.0, 23.0)
    for params in ({}, {"gamma": 2.0, "a": 0.5, "k": 0.4, "sigma": 1.1, "qmax": 5}):
        every = {"gamma": 0.1, "a": 1.0, "k": 1.5, "sigma": 0.3, "qmax": 20} | params
        gamma, a, k, sigma, qmax = every.values()
        c1 = math.log(1 + gamma / k) / gamma
        c2 = math.sqrt(sigma**2 * gamma / (2 * k * a) * (1 + gamma / k) ** (1 + k / gamma))
        expected = {
            "delta_bid": np.where(lots >= qmax, np.nan, c1 + (2 * lots + 1) / 2 * c2),
            "delta_ask": np.where(lots <= -qmax, np.nan, c1 - (2 * lots - 1) / 2 * c2),
        }
        yield Case("glft", params, [lots], expected, WHOLE, "closed form", 1e-12)
    # The paper's exact stationary quotes, of which the formula is the continuous limit: near zero inventory.
    gamma, a, k, sigma, qmax = 0.01, 0.9, 0.3, 0.3, 120
    every_lot = np.arange(-qmax, qmax + 1)
    eta = a * (1 + gamma / k) ** -(1 + k / gamma)
    matrix = np.diag(k * gamma * sigma**2 / 2 * every_lot.astype(float) ** 2)
    matrix -= eta * (np.eye(len(every_lot), k=1) + np.eye(len(every_lot), k=-1))
    lowest = np.abs(np.linalg.eigh(matrix)[1][:, 0])
    c1 = math.log(1 + gamma / k) / gamma
    inner = slice(qmax - 4, qmax + 5)
    value = np.log(lowest)
    expected = {
        "delta_bid": (c1 + (value[:-1] - value[1:]) / k)[inner],
        "delta_ask": (c1 + (value[1:] - value[:-1]) / k)[qmax - 5 : qmax + 4],
    }
    params = {"gamma": gamma, "a": a, "k": k, "sigma": sigma, "qmax": qmax}
    oracle = f"{NUMPY}: linalg.eigh of the paper's matrix"
    note = (
        "The formula is the limit of a continuous inventory; the exact solution differs by a thousandth here."
    )
    inputs = [every_lot[inner].astype(float)]
    yield Case("glft", params, inputs, expected, oracle, "library", 2e-3, note=note)
    side = datasets.trades(300).side
    for params in ({}, {"v_high": 3.0, "v_low": -2.0, "mu": 0.05, "p0": 0.9}):
        every = {"v_high": 101.0, "v_low": 99.0, "mu": 0.2, "p0": 0.5} | params
        high, low, mu, p = (Fraction(str(value)) for value in every.values())
        rows = []

        def bayes(p: Fraction, buy: bool, mu: Fraction = mu) -> Fraction:
            likely = (1 + mu if buy else 1 - mu, 1 - mu if buy else 1 + mu)
            return p * likely[0] / (p * likely[0] + (1 - p) * likely[1])

        for taken in side[:120]:
            p = bayes(p, taken > 0)
            values = [low + bayes(p, buy) * (high - low) for buy in (False, True)]
            rows.append([float(value) for value in (*values, p)])
        expected = dict(zip(("bid", "ask", "p"), np.array(rows).T, strict=True))
        oracle = "Bayes' rule by exact fractions"
        note = "p near 0 or 1 is small against its scale."
        yield Case("glosten_milgrom", params, [side[:120]], expected, oracle, "closed form", 1e-11, note=note)


def intensities() -> Iterator[Case]:
    """Fill intensity by weighted least squares of NumPy over the trades of each window."""
    tape = datasets.tape(3000)
    rows = slice(0, 600)
    bid, ask, t_s = tape.bid[rows].copy(), tape.ask[rows].copy(), tape.t_s[rows]
    side = tape.side[rows]
    rng = np.random.default_rng(12)
    price = np.where(np.isnan(side), np.nan, 0.0)
    mids = (bid + ask) / 2
    last = math.nan
    for row in range(600):
        last = mids[row] if not np.isnan(mids[row]) else last
        if not np.isnan(side[row]):
            price[row] = last + side[row] * rng.exponential(0.8) if not np.isnan(last) else tape.price[row]
    for params in ({"bin_width": 0.25}, {"n_bins": 4, "window_s": 2.0, "bin_width": 0.5}):
        every = {"n_bins": 10, "window_s": 3600.0} | params
        n_bins, width, part = int(every["n_bins"]), every["bin_width"], every["window_s"] / 64
        start_row = int(np.flatnonzero(~np.isnan(mids))[0])
        start = t_s[start_row]
        out = np.full((3, 600), np.nan)
        reach: list[tuple[int, float]] = []
        mid = math.nan
        for row in range(start_row, 600):
            mid = mids[row] if not np.isnan(mids[row]) else mid
            now = math.floor((t_s[row] - start) / part)
            if not np.isnan(price[row]):
                reach.append((now, side[row] * (price[row] - mid)))
            oldest = max(now - 63, 0)
            inside = np.array([distance for at, distance in reach if at >= oldest])
            d = width * np.arange(1, n_bins + 1)
            counts = (inside[:, None] >= d[None, :]).sum(axis=0) if len(inside) else np.zeros(n_bins)
            used = counts > 0
            exposure = t_s[row] - start - oldest * part
            if used.sum() < 2 or exposure <= 0:
                continue
            x, y, w = d[used], np.log(counts[used] / exposure), counts[used].astype(float)
            slope, level = np.polyfit(x, y, 1, w=np.sqrt(w))
            mean = np.average(y, weights=w)
            spread = np.sum(w * (y - mean) ** 2)
            r2 = 1 - np.sum(w * (y - level - slope * x) ** 2) / spread if np.ptp(counts[used]) else math.nan
            out[:, row] = [math.exp(level), -slope, r2]
        if np.isfinite(out[0]).sum() < 50:
            raise ValueError("too few windows in which two distances were reached")
        expected = dict(zip(("a", "k", "r2"), out, strict=True))
        inputs = [price, np.where(np.isnan(price), np.nan, side), bid, ask, t_s]
        oracle = f"{NUMPY}: polyfit over each window"
        yield Case("fill_intensity", params, inputs, expected, oracle, "library", 1e-8, 1e-2)
    # Ten seconds: 1000, 100 and 10 trades reach 1, 2 and 3: the rates fall tenfold each, from 1000 a second at 0.
    reached = [3.5] * 10 + [2.5] * 90 + [1.5] * 900 + [0.5] * 7
    price = np.array([100.0 + d if i % 2 else 100.0 - d for i, d in enumerate(reached)])
    side = np.where(np.arange(len(reached)) % 2, 1.0, -1.0)
    t_s = np.linspace(0.0, 10.0, len(reached))
    quote = [np.full(len(reached), 99.5), np.full(len(reached), 100.5)]
    last_row = len(reached) - 1
    expected = {name: np.full(last_row + 1, np.nan) for name in ("a", "k", "r2")}
    for name, value in (("a", 1000.0), ("k", math.log(10.0)), ("r2", 1.0)):
        expected[name][last_row] = value
    params = {"n_bins": 5, "bin_width": 1.0}
    note = "Only the last row is compared: the rates are exactly exponential there."
    inputs = [price, side, *quote, t_s]
    oracle = "rates that fall tenfold, by hand"
    yield Case(
        "fill_intensity", params, inputs, expected, oracle, "scripted", 1e-12, skip=last_row, note=note
    )


def routing() -> Iterator[Case]:
    """Splits among venues as linear programmes."""
    rng = np.random.default_rng(10)
    book = datasets.books(30, 10)
    for side, fees in (("buy", [0.0006, 0.0005]), ("sell", [0.0002, 0.0007, -0.0001])):
        px, sizes = (book.ask_px, book.ask_sizes) if side == "buy" else (book.bid_px, book.bid_sizes)
        sign = 1.0 if side == "buy" else -1.0
        venues = len(fees)
        level_px = np.concatenate([px * (1 + 1e-5 * v) for v in range(venues)], axis=1)
        level_sizes = np.concatenate(
            [sizes * rng.uniform(0.2, 1.0, sizes.shape) for _ in range(venues)], axis=1
        )
        level_sizes[rng.uniform(size=level_sizes.shape) < 0.1] = 0.0
        order = level_sizes.sum(axis=1) * rng.uniform(0.05, 1.1, len(px))
        order[0] = 0.0
        for params in (
            {"taker_fees": fees, "side": side},
            {"taker_fees": fees, "side": side, "max_levels": 4},
        ):
            shares, average = [], []
            for row in range(len(px)):
                cost = level_px[row] * (1 + sign * np.repeat(fees, 10)) * sign
                top = level_sizes[row].copy()
                top[np.tile(np.arange(10) >= params.get("max_levels", 50), venues)] = 0.0
                wanted = min(order[row], top.sum())
                solved = linprog(cost, A_eq=np.ones((1, len(cost))), b_eq=[wanted],
                                 bounds=list(zip(np.zeros(len(cost)), top, strict=True)))  # fmt: skip
                if not solved.success:
                    raise ValueError(solved.message)
                shares.append(solved.x.reshape(venues, 10).sum(axis=1))
                average.append(sign * solved.fun / wanted if wanted else math.nan)
            expected = {"sizes": np.array(shares), "avg_price": np.array(average)}
            inputs = [level_px, level_sizes, order]
            oracle = f"{SCIPY}: linprog"
            yield Case("order_routing", params, inputs, expected, oracle, "library")
    # Equal prices after fees: the larger level first, then the first venue.
    px = np.array([[10.0, 11.0, 10.0, 12.0], [10.0, 11.0, 10.0, 12.0], [11.0, 10.0, 10.0, 12.0]])
    sizes = np.array([[2.0, 5.0, 3.0, 9.0], [2.0, 5.0, 2.0, 9.0], [2.0, 5.0, 2.0, 9.0]])
    expected = {
        "sizes": np.array([[0.0, 2.5], [2.0, 0.5], [np.nan, np.nan]]),
        "avg_price": np.array([10.0, 10.0, np.nan]),
    }
    inputs = [px, sizes, np.full(3, 2.5)]
    params = {"taker_fees": [0.0, 0.0]}
    yield Case("order_routing", params, inputs, expected, "ties by hand", "scripted", 1e-12)


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    families = (
        *(schedules, shortfalls, slippages, attributions, trajectories, equal_parts),
        *(quoting, intensities, routing),
    )
    for family in families:
        yield from family()
