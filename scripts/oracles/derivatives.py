"""Derivatives and basis."""

from __future__ import annotations

import decimal
import importlib.metadata
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import QuantLib as ql
from py_vollib.black import black
from py_vollib.black_scholes_merton import black_scholes_merton
from py_vollib.black_scholes_merton.greeks import analytical
from py_vollib.black_scholes_merton.implied_volatility import implied_volatility
from scipy.interpolate import PchipInterpolator

from nanotick.formulas.proving import Case
from oracles import datasets

VOLLIB = f"py_vollib {importlib.metadata.version('py_vollib')}"
QUANTLIB = f"QuantLib {ql.__version__}"
SCIPY = f"SciPy {importlib.metadata.version('scipy')}"


def options(count: int = 150, dividend: bool = True) -> list[Any]:
    """Terms of options on recorded prices, from deep in to deep out of the money and from hours to two years."""
    rng = np.random.default_rng(7)
    spot = datasets.closes(count=count)
    deviation = rng.uniform(-2.5, 2.5, count)
    expiry = np.exp(rng.uniform(np.log(1e-3), np.log(2.0), count))
    sigma = rng.uniform(0.15, 1.8, count)
    strike = np.round(spot * np.exp(deviation * sigma * np.sqrt(expiry)), 1)
    rate = rng.uniform(-0.02, 0.12, count)
    carry = rng.uniform(0.0, 0.08, count) if dividend else np.zeros(count)
    return [spot, strike, expiry, rate, carry, sigma, rng.choice([-1.0, 1.0], count)]


def each(function: Any, columns: list[Any]) -> Any:
    """A library's function of flag, S, K, t, r, sigma, q over the rows."""
    rows = zip(*columns, strict=True)
    return np.array(
        [function("c" if cp > 0 else "p", s, k, t, r, sigma, q) for s, k, t, r, q, sigma, cp in rows]
    )


def quantlib(columns: list[Any]) -> dict[str, Any]:
    """What QuantLib's BlackCalculator gives for price, delta, gamma and vega."""
    names = ("price", "delta", "gamma", "vega", "theta")
    out: dict[str, list[float]] = {name: [] for name in names}
    for s, k, t, r, q, sigma, cp in zip(*columns, strict=True):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if cp > 0 else ql.Option.Put, k)
        forward, discount = s * math.exp((r - q) * t), math.exp(-r * t)
        calculator = ql.BlackCalculator(payoff, forward, sigma * math.sqrt(t), discount)
        values = (calculator.value(), calculator.delta(s), calculator.gamma(s), calculator.vega(t))
        for name, value in zip(names, (*values, calculator.theta(s, t)), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def without_deviation() -> list[list[float]]:
    """Options at expiry or without volatility: in, at and out of the money."""
    return [
        [100.0, 90.0, 0.0, 0.05, 0.01, 0.5, 1.0],
        [100.0, 100.0, 0.0, 0.05, 0.01, 0.5, 1.0],
        [100.0, 110.0, 0.0, 0.05, 0.01, 0.5, 1.0],
        [100.0, 110.0, 0.0, 0.05, 0.01, 0.5, -1.0],
        [100.0, 100.0, 0.0, 0.05, 0.01, 0.5, -1.0],
        [100.0, 90.0, 2.0, 0.05, 0.0, 0.0, 1.0],
        [100.0, 100.0, 2.0, 0.0, 0.0, 0.0, 1.0],
        [100.0, 90.0, 2.0, 0.05, 0.0, 0.0, -1.0],
        [100.0, 90.0, 2.0, 0.05, 0.0, 0.5, 0.5],
        [100.0, -90.0, 2.0, 0.05, 0.0, 0.5, 1.0],
        [100.0, 90.0, -2.0, 0.05, 0.0, 0.5, 1.0],
    ]


def pricing() -> Iterator[Case]:
    """Prices and sensitivities."""
    columns = options()
    price = each(black_scholes_merton, columns)
    yield Case("bs_price", {}, columns, {"price": price}, VOLLIB, "library", tolerance=1e-11, scale=1.0)
    black_calculator = quantlib(columns)
    yield Case("bs_price", {}, columns, {"price": black_calculator["price"]}, QUANTLIB, "library", 1e-9, 1.0)
    greeks = {
        "delta": each(analytical.delta, columns),
        "gamma": each(analytical.gamma, columns),
        "vega": 100.0 * each(analytical.vega, columns),
        "theta": 365.0 * each(analytical.theta, columns),
    }
    for name, values in greeks.items():
        scale = 1e-9 if name == "gamma" else 1e-3
        yield Case(f"bs_{name}", {}, columns, {name: values}, VOLLIB, "library", 1e-10, scale)
        expected = {name: black_calculator[name]}
        yield Case(f"bs_{name}", {}, columns, expected, QUANTLIB, "library", 1e-9, scale)
    edges = list(np.array(without_deviation()).T)
    nan, growth = [math.nan] * 3, math.exp(-0.1)
    density = 1.0 / math.sqrt(2.0 * math.pi)
    limits: dict[str, list[float]] = {
        "price": [10.0, 0.0, 0.0, 10.0, 0.0, 100.0 - 90.0 * growth, 0.0, 0.0, *nan],
        "delta": [1.0, 0.5, 0.0, -1.0, -0.5, 1.0, 0.5, 0.0, *nan],
        "gamma": [0.0, math.inf, 0.0, 0.0, math.inf, 0.0, math.inf, 0.0, *nan],
        "vega": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0 * density * math.sqrt(2.0), 0.0, *nan],
        "theta": [1.0 - 4.5, -math.inf, 0.0, 5.5 - 1.0, -math.inf, -4.5 * growth, 0.0, 0.0, *nan],
    }
    for name, values in limits.items():
        yield Case(f"bs_{name}", {}, edges, {name: np.array(values)}, "limits by hand", "scripted", 1e-14)
    spot, strike, expiry, rate, _, sigma, cp = columns
    rows = list(zip(spot, strike, expiry, rate, sigma, cp, strict=True))
    price = np.array([black("c" if cp > 0 else "p", f, k, t, r, v) for f, k, t, r, v, cp in rows])
    coin = np.array([black("c" if cp > 0 else "p", f, k, t, 0.0, v) for f, k, t, _, v, cp in rows]) / spot
    expected = {"price": price, "price_coin": coin}
    yield Case("black76", {}, [spot, strike, expiry, rate, sigma, cp], expected, VOLLIB, "library", 1e-11)


def exact_arctan(inverse: int) -> Decimal:
    """arctan(1/inverse) by its series."""
    power = total = 1 / Decimal(inverse)
    k = 1
    while abs(power) > Decimal(1).scaleb(-decimal.getcontext().prec):
        k, power = k + 2, -power / inverse**2
        total += power / k
    return total


def exact_normal_cdf(x: Decimal) -> Decimal:
    """1/2 + phi(x) (x + x³/3 + x⁵/(3*5) + ...), in the digits of the decimal context."""
    term = total = x
    k = 1
    while abs(term) > abs(total).scaleb(-decimal.getcontext().prec):
        k += 2
        term *= x * x / k
        total += term
    pi = 16 * exact_arctan(5) - 4 * exact_arctan(239)
    return Decimal("0.5") + (-x * x / 2).exp() / (2 * pi).sqrt() * total


def exact_price(row: tuple[float, ...]) -> tuple[float, float]:
    """A price, rounded only at the end to the nearest float; and the share of the volatility that this may be."""
    with decimal.localcontext() as context:
        context.prec = 420
        s, k, t, r, q, sigma, cp = map(Decimal, row)
        deviation = sigma * t.sqrt()
        d1 = ((s / k).ln() + (r - q) * t) / deviation + deviation / 2
        asset = s * (-q * t).exp() * exact_normal_cdf(cp * d1)
        price = float(cp * (asset - k * (-r * t).exp() * exact_normal_cdf(cp * (d1 - deviation))))
    density = math.exp(-0.5 * float(d1) ** 2) / math.sqrt(2 * math.pi)
    vega = row[0] * math.exp(-row[4] * row[2]) * density * math.sqrt(row[2])
    return price, price * 2e-16 / (vega * row[5]) if vega > 0 else math.inf


def implied() -> Iterator[Case]:
    """Volatility from price, and back."""
    columns = options()
    spot, strike, expiry, rate, dividend, _, cp = columns
    price = each(black_scholes_merton, columns)
    rows = list(zip(price, spot, strike, expiry, rate, dividend, cp, strict=True))
    vol = [implied_volatility(p, s, k, t, r, q, "c" if cp > 0 else "p") for p, s, k, t, r, q, cp in rows]
    inputs = [spot, strike, expiry, rate, dividend, price, cp]
    oracle = f"{VOLLIB}: py_lets_be_rational"
    yield Case("implied_vol", {}, inputs, {"iv": np.array(vol)}, oracle, "library", 1e-11)
    # Far out of the money, tiny and huge deviations: options whose price tells the volatility to 13 digits.
    rng = np.random.default_rng(11)
    kept: list[list[float]] = []
    while len(kept) < 200:
        sigma_, t = (
            np.exp(rng.uniform(np.log(0.005), np.log(4.0))),
            np.exp(rng.uniform(np.log(1e-4), np.log(9.0))),
        )
        distance = rng.choice([0.0, rng.uniform(-25, 25), rng.normal()]) * sigma_ * math.sqrt(t)
        row = (
            100.0,
            100.0 * math.exp(distance),
            t,
            *rng.uniform(0, 0.05, 2),
            sigma_,
            rng.choice([-1.0, 1.0]),
        )
        value, share = exact_price(row)
        if value > 1e-290 and share < 1e-13:
            kept.append([*row[:5], value, row[6], sigma_])
    *inputs, expected = np.array(kept).T
    oracle = "prices with 420 digits (decimal), made from the expected volatilities"
    note = "ln(S/K) and exp(-rT) are rounded; far from the money that is more of the volatility."
    yield Case("implied_vol", {}, list(inputs), {"iv": expected}, oracle, "closed form", 1e-11, note=note)
    edges = [
        [100.0, 90.0, 1.0, 0.0, 0.0, 10.0, 1.0, 0.0],
        [100.0, 110.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        [100.0, 90.0, 1.0, 0.0, 0.0, 9.9, 1.0, math.nan],
        [100.0, 90.0, 1.0, 0.0, 0.0, 100.0, 1.0, math.nan],
        [100.0, 90.0, 1.0, 0.0, 0.0, 90.0, -1.0, math.nan],
        [100.0, 90.0, 0.0, 0.0, 0.0, 12.0, 1.0, math.nan],
    ]
    *inputs, expected = np.array(edges).T
    yield Case("implied_vol", {}, list(inputs), {"iv": expected}, "the domain, by hand", "scripted", 0.0)


def parity() -> Iterator[Case]:
    """Put-call parity on prices of a smile, with quotes that break it now and then."""
    rng = np.random.default_rng(3)
    spot, strike, expiry, rate, dividend, sigma, _ = options(150)
    call = each(black_scholes_merton, [spot, strike, expiry, rate, dividend, sigma, np.ones(150)])
    put = each(black_scholes_merton, [spot, strike, expiry, rate, dividend, sigma, -np.ones(150)])
    shock = rng.normal(0, 20, 150)
    half = rng.uniform(0.5, 6.0, (3, 150))
    dear = call + shock
    calls = [np.maximum(dear - half[0], 0), np.maximum(dear, 0) + half[0]]
    quotes = [*calls, np.maximum(put - half[1], 0), put + half[1], spot - half[2], spot + half[2]]
    call_bid, call_ask, put_bid, put_ask, spot_bid, spot_ask = quotes
    for fees in (0.0, 8.0):
        synthetic = (call_bid + call_ask) / 2 - (put_bid + put_ask) / 2
        cash, carry = strike * np.exp(-rate * expiry), np.exp(-dividend * expiry)
        over = call_bid - put_ask > spot_ask * carry - cash + fees
        under = call_ask - put_bid < spot_bid * carry - cash - fees
        if not (over.any() and under.any()) or (over | under).all():
            raise ValueError("the quotes must break parity to both sides now and then")
        expected = {
            "residual": synthetic - ((spot_bid + spot_ask) / 2 * carry - cash),
            "forward": strike + np.exp(rate * expiry) * synthetic,
            "arb": np.where(over, 1.0, np.where(under, -1.0, 0.0)),
        }
        inputs = [*quotes, strike, expiry, rate, dividend]
        oracle = "closed form over whole arrays"
        note = "Sums of prices near 1e5 that nearly cancel: errors are measured against 1."
        yield Case(
            "put_call_parity", {"fees": fees}, inputs, expected, oracle, "closed form", 1e-9, 1.0, note=note
        )


def svi_exact(*terms: float) -> tuple[float, float]:
    """w and g with derivatives by central differences, whose error at a step of 1e-20 is 1e-40."""
    with decimal.localcontext() as context:
        context.prec = 80
        a, b, rho, m, sig, k = map(Decimal, terms)
        step = Decimal("1e-20")
        below, w, above = (
            a + b * (rho * (x - m) + ((x - m) ** 2 + sig**2).sqrt()) for x in (k - step, k, k + step)
        )
        first, second = (above - below) / (2 * step), (above - 2 * w + below) / step**2
        g = (1 - k * first / (2 * w)) ** 2 - first**2 / 4 * (1 / w + Decimal("0.25")) + second / 2
        return float(w), float(g)


def surface() -> Iterator[Case]:
    """Smiles."""
    forward = datasets.closes(count=120)
    strike = forward * np.exp(np.random.default_rng(5).uniform(-1.2, 1.2, 120))
    defaults = {"a": 0.04, "b": 0.4, "rho": -0.4, "m": 0.0, "sig": 0.1}
    for params in ({}, {"a": -0.01, "b": 0.3, "rho": 0.55, "m": -0.2, "sig": 0.35}, {"a": 0.09, "b": 0.0}):
        every = defaults | params
        points = [svi_exact(*every.values(), math.log(k / f)) for k, f in zip(strike, forward, strict=True)]
        w, g = np.array(points).T
        oracle = "derivatives by central differences with 80 digits (decimal)"
        yield Case("svi", params, [strike, forward], {"w": w, "g": g}, oracle, "closed form", 1e-11)
    yield from skews()
    yield from strips()


def smiles(count: int = 40, strikes: int = 15) -> list[Any]:
    """Slices of volatilities on a skewed smile, some strikes without a quote."""
    rng = np.random.default_rng(17)
    forward = datasets.closes(count=count)
    expiry = rng.uniform(0.02, 0.8, count)
    scale = np.sqrt(expiry)[:, None]
    steps = np.linspace(-1.6, 1.6, strikes)[None, :] + rng.uniform(-0.05, 0.05, (count, strikes))
    k = steps * 0.7 * scale
    vol = 0.6 - 0.08 * steps + 0.05 * steps**2 + rng.uniform(0, 0.004, k.shape)
    vol[rng.uniform(size=k.shape) < 0.15] = 0.0
    return [forward[:, None] * np.exp(k), vol, forward, expiry]


def skews() -> Iterator[Case]:
    """Risk reversals with SciPy's interpolation."""
    strikes, vols, forward, expiry = smiles()
    from scipy.stats import norm

    for delta in (0.25, 0.1):
        rows = []
        for strike, vol, f, t in zip(strikes, vols, forward, expiry, strict=True):
            there = vol > 0
            k, v = np.log(strike[there] / f), vol[there]
            deltas = norm.cdf(-k / (v * np.sqrt(t)) + v * np.sqrt(t) / 2)
            in_delta = PchipInterpolator(deltas[::-1], v[::-1], extrapolate=False)
            in_k = PchipInterpolator(k, v, extrapolate=False)
            call, put = in_delta(delta), in_delta(1 - delta)
            rows.append([call - put, (call + put) / 2 - in_k(0.0), in_k.derivative()(0.0)])
        rr, bf, slope = np.array(rows).T
        expected = {"rr": rr, "bf": bf, "skew_slope": slope}
        oracle = f"{SCIPY}: PchipInterpolator"
        yield Case(
            "risk_reversal", {"delta": delta}, [strikes, vols, forward, expiry], expected, oracle, "library"
        )
    lone = [np.array([[90.0, 100.0, 110.0]] * 3), np.array([[0.0, 0.5, 0.0], [0.5, 0.0, 0.7], [0.5, 0.5, 0.0]]),
            np.full(3, 100.0), np.full(3, 0.1)]  # fmt: skip
    # Two strikes make a straight line; at a strike that is the forward the last slice ends.
    middle = 0.5 + 0.2 * (0 - np.log(0.9)) / (np.log(1.1) - np.log(0.9))
    deviation = np.sqrt(0.1) * np.array([0.5, 0.7])
    ends = norm.cdf(-np.log([0.9, 1.1]) / deviation + deviation / 2)
    line = [0.5 + 0.2 * (delta - ends[0]) / (ends[1] - ends[0]) for delta in (0.45, 0.55)]
    expected = {
        "rr": np.array([np.nan, line[0] - line[1], np.nan]),
        "bf": np.array([np.nan, sum(line) / 2 - middle, np.nan]),
        "skew_slope": np.array([np.nan, 0.2 / (np.log(1.1) - np.log(0.9)), 0.0]),
    }
    yield Case("risk_reversal", {"delta": 0.45}, lone, expected, "straight lines by hand", "scripted", 1e-12)


def strip_variance(strike: Any, call: Any, put: Any, expiry: float, rate: float) -> tuple[float, float]:
    """The VIX white paper's steps over one slice; `call` and `put` are pairs of bids and asks."""
    calls, puts = sum(call) / 2, sum(put) / 2
    both = np.flatnonzero((call[0] > 0) & (put[0] > 0))
    near = both[np.argmin(np.abs(calls - puts)[both])]
    forward = strike[near] + math.exp(rate * expiry) * (calls[near] - puts[near])
    centre = np.flatnonzero(strike <= forward)[-1]
    chosen = {centre: (calls[centre] + puts[centre]) / 2}
    for places, bids, mids in (
        (range(centre - 1, -1, -1), put[0], puts),
        (range(centre + 1, len(strike)), call[0], calls),
    ):
        for before, place in zip([centre, *places], places, strict=False):
            if bids[place] == 0 and before != centre and bids[before] == 0:
                break
            if bids[place] > 0:
                chosen[place] = mids[place]
    places = sorted(chosen)
    widths = np.diff(strike[places])
    widths = np.concatenate([widths[:1], (widths[1:] + widths[:-1]) / 2, widths[-1:]])
    quotes = np.array([chosen[place] for place in places])
    total = (2 / expiry) * np.sum(widths / strike[places] ** 2 * math.exp(rate * expiry) * quotes)
    return total - (forward / strike[centre] - 1) ** 2 / expiry, forward


def strips() -> Iterator[Case]:
    """Implied variance of quoted slices."""
    rng = np.random.default_rng(23)
    count, width = 15, 41
    forward = datasets.closes(count=count)
    expiry, rate = rng.uniform(0.05, 0.5, count), rng.uniform(0, 0.05, count)
    strikes = forward[:, None] * np.exp(
        np.linspace(-0.9, 0.9, width) + rng.uniform(-0.01, 0.01, (count, width))
    )
    quotes = np.zeros((4, count, width))
    for i in range(count):
        for j in range(width):
            terms = (forward[i], strikes[i, j], expiry[i], rate[i], 0.7)
            for side, flag in enumerate("cp"):
                value = black(flag, *terms)
                bid = math.floor(value / 25.0) * 25.0 * (rng.uniform() > 0.12)
                quotes[2 * side, i, j], quotes[2 * side + 1, i, j] = bid, value + 25.0
    rows = [
        strip_variance(strikes[i], quotes[:2, i], quotes[2:, i], expiry[i], rate[i])[0] for i in range(count)
    ]
    expected = {"var": np.array(rows), "vol_index": 100 * np.sqrt(rows)}
    inputs = [strikes, *quotes, expiry, rate]
    oracle = "the white paper's steps over whole slices"
    yield Case("model_free_variance", {}, inputs, expected, oracle, "closed form")
    dense = np.exp(np.linspace(np.log(5.0), np.log(2000.0), 1501))
    sides = [np.array([[black(flag, 100.0, k, 0.4, 0.03, 0.6) for k in dense]]) for flag in "cp"]
    inputs = [dense[None, :], sides[0], sides[0], sides[1], sides[1], np.array([0.4]), np.array([0.03])]
    expected = {"var": np.array([0.36]), "vol_index": np.array([60.0])}
    note = "A sum over 1501 strikes for an integral over all."
    oracle = f"{VOLLIB}: a flat smile gives back its variance"
    yield Case("model_free_variance", {}, inputs, expected, oracle, "library", 5e-5, note=note)


def expanding_funding(premium: Any, samples: int) -> Any:
    """The linearly weighted mean of each interval so far."""
    out = []
    for row in range(len(premium)):
        part = premium[row - row % samples : row + 1]
        out.append(np.average(part, weights=np.arange(1, len(part) + 1)))
    return np.array(out)


def carry() -> Iterator[Case]:
    """Basis, funding, premia, open interest."""
    spot = datasets.closes(count=250)
    rng = np.random.default_rng(2)
    futures, days = spot * (1 + rng.normal(0.002, 0.003, 250)), rng.uniform(0.01, 200.0, 250)
    for ann in (365.0, 360.0):
        simple = (futures / spot - 1) * ann / days
        expected = {
            "basis": futures - spot,
            "basis_bps": 1e4 * (futures / spot - 1),
            "ann_simple": simple,
            "ann_cont": np.log(futures / spot) * ann / days,
        }
        inputs = [spot, futures, days]
        yield Case("basis", {"ann": ann}, inputs, expected, "closed form over whole arrays", "closed form")
    tilt = np.repeat([0.0, 0.0015, -0.002, 0.0003, 0.05], 50)
    bid, ask = (spot * (1 + tilt + rng.normal(0, 2e-4, 250) + edge) for edge in (-6e-4, 6e-4))
    for params in ({"samples": 48}, {"samples": 7, "interest": -0.0002, "clamp": 0.0003, "cap": 0.002}, {}):
        every = {"interest": 1e-4, "clamp": 5e-4, "cap": 0.03, "samples": 480} | params
        premium = (np.maximum(0, bid - spot) - np.maximum(0, spot - ask)) / spot
        average = expanding_funding(premium, int(every["samples"]))
        funding = average + np.clip(every["interest"] - average, -every["clamp"], every["clamp"])
        funding = np.clip(funding, -every["cap"], every["cap"])
        expected = {"premium": premium, "avg_premium": average, "funding": funding}
        oracle = "closed form, each interval so far by numpy.average"
        yield Case("funding_rate", params, [bid, ask, spot], expected, oracle, "closed form")
    rates = np.concatenate([datasets.simple_returns(count=200) / 5, np.full(30, 1e-4)])
    for window, per_year in ((20, 1095.0), (90, 365.0)):
        parts = datasets.windows(rates, window)
        mean, sd = parts.mean(axis=1), parts.std(axis=1, ddof=1)
        flat = np.ptp(parts, axis=1) == 0
        sd[flat] = np.inf
        columns = {
            "ann_simple": per_year * mean,
            "ann_compound": (1 + mean) ** per_year - 1,
            "cum": np.cumsum(rates)[window - 1 :],
            "z": (parts[:, -1] - mean) / sd,
        }
        expected = {name: datasets.after_warmup(values, len(rates)) for name, values in columns.items()}
        params = {"window": window, "per_year": per_year}
        yield Case("funding_carry", params, [rates], expected, "windows cut out one by one", "closed form")
    yield from premia()
    yield from quadrants()


def premia() -> Iterator[Case]:
    """Variance risk premium."""
    returns = datasets.log_returns(count=250)
    implied_vol = 0.3 + 0.1 * np.sin(np.arange(250) / 9.0)
    for window, ann in ((30, 365.0), (17, 525_600.0)):
        realised = ann * (datasets.windows(returns, window) ** 2).mean(axis=1)
        vol = implied_vol[window - 1 :]
        expected = {
            "vrp": datasets.after_warmup(vol**2 - realised, 250),
            "vrp_vol": datasets.after_warmup(vol - np.sqrt(realised), 250),
        }
        params = {"window": window, "ann": ann}
        inputs = [implied_vol, returns]
        yield Case(
            "variance_risk_premium", params, inputs, expected, "windows cut out one by one", "closed form"
        )


def quadrants() -> Iterator[Case]:
    """Open interest, for which traded volume stands."""
    close = datasets.closes(count=250)
    interest = 1e5 + np.cumsum(datasets.minutes().volume[:250] - np.median(datasets.minutes().volume[:250]))
    interest[100:140], close = interest[100], close.copy()
    for period in (24, 1):
        price = close[period:] / close[:-period] - 1
        change = interest[period:] / interest[:-period] - 1
        quadrant = np.select([(price > 0) & (change > 0), price > 0, change > 0], [1, 2, 3], 4)
        if len(set(quadrant)) < 4:
            raise ValueError("all quadrants must occur")
        columns = {"quadrant": quadrant, "oi_change": change, "price_change": price}
        expected = {name: datasets.after_warmup(values, 250) for name, values in columns.items()}
        inputs = [close, interest]
        oracle = "closed form over whole arrays"
        yield Case("open_interest_quadrant", {"period": period}, inputs, expected, oracle, "closed form")


def contracts() -> Iterator[Case]:
    """Profit and loss, and liquidation."""
    trades = datasets.trades(200)
    mark = trades.price * (1 + np.random.default_rng(4).normal(0, 1e-3, 200))
    fills = np.column_stack([trades.price, trades.size, trades.side])
    fills[np.arange(200) % 3 == 1] = np.nan
    for contract, side in ((1.0, None), (100.0, 1.0), (0.001, -1.0)):
        table = fills.copy()
        if side is not None:
            table[:, 2] = np.where(np.isnan(table[:, 0]), np.nan, side)
        rows = []
        for row in range(200):
            price, size, sign = table[: row + 1][~np.isnan(table[: row + 1, 0])].T
            if side is not None:
                # The definition itself: one position with its average entries.
                entry, harmonic = np.average(price, weights=size), size.sum() / (size / price).sum()
                linear = side * size.sum() * contract * (mark[row] - entry)
                coin = side * size.sum() * contract * (1 / harmonic - 1 / mark[row])
            else:
                linear = contract * np.sum(sign * size * (mark[row] - price))
                coin = contract * np.sum(sign * size * (1 / price - 1 / mark[row]))
            rows.append([linear, coin, coin * mark[row]])
        linear, coin, usd = np.array(rows).T
        expected = {"pnl_linear": linear, "pnl_inverse_coin": coin, "pnl_inverse_usd": usd}
        oracle = "average entries of one position" if side is not None else "sum over the fills so far"
        note = "Differences of prices near 6e4: sixteen digits of the notional are twelve of the result."
        inputs = [*table.T, mark]
        yield Case("inverse_pnl", {"contract": contract}, inputs, expected, oracle, "closed form", note=note)
    yield from liquidations()


def liquidations() -> Iterator[Case]:
    """Where equity meets the maintenance margin, by bisection of that very condition."""
    from scipy.optimize import brentq

    entry = datasets.closes(count=40)
    side = np.where(np.arange(40) % 2 == 0, 1.0, -1.0)
    for leverage, mmr, fee in ((10.0, 0.005, 0.0006), (3.0, 0.02, 0.0), (100.0, 0.004, 0.001)):
        rows = []
        for price, s in zip(entry, side, strict=True):
            rate, margin, coins = mmr + fee, price / leverage, 1 / (price * leverage)

            def linear(
                p: float, e: float = price, s: float = s, m: float = margin, rate: float = rate
            ) -> float:
                return m + s * (p - e) - rate * p

            def inverse(
                p: float, e: float = price, s: float = s, m: float = coins, rate: float = rate
            ) -> float:
                return (m + s * (1 / e - 1 / p) - rate / p) * e

            def equity(p: float, e: float = price, s: float = s, m: float = margin) -> float:
                return m + s * (p - e)

            span = (price * 1e-3, price * 10)
            rows.append([brentq(f, *span, xtol=1e-12, rtol=1e-14) for f in (linear, equity, inverse)])
        liq, bankrupt, liq_inverse = np.array(rows).T
        expected = {"liq_linear": liq, "bankrupt_linear": bankrupt, "liq_inverse": liq_inverse}
        params = {"leverage": leverage, "mmr": mmr, "fee": fee}
        oracle = f"{SCIPY}: brentq on equity less maintenance"
        yield Case("liquidation_price", params, [entry, side], expected, oracle, "library", 1e-11)
    edge = [np.array([100.0, 100.0, -1.0, 100.0]), np.array([1.0, -1.0, 1.0, 0.5])]
    expected = {
        "liq_linear": np.array([0.0, 200.0 / 1.1, np.nan, np.nan]),
        "bankrupt_linear": np.array([0.0, 200.0, np.nan, np.nan]),
        "liq_inverse": np.array([55.0, np.inf, np.nan, np.nan]),
    }
    params = {"leverage": 1.0, "mmr": 0.1, "fee": 0.0}
    yield Case("liquidation_price", params, edge, expected, "leverage 1 by hand", "scripted", 1e-14)


def cases() -> Iterator[Case]:
    """Each formula at its default and at other parameters."""
    for family in (pricing, implied, parity, surface, carry, contracts):
        yield from family()
