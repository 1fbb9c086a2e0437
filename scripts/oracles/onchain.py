"""Bitcoin on-chain.

Blocks are real: heights 911,232 to 913,248 (one difficulty epoch and the first block of the next) from
github.com/m-marqx/BTC-RPC-Data @34548a53 (MIT), `data/`. So is the mempool of the bundled sample. Days are made up by
a seeded walk: daily series of the licence that we need are not to be had.
"""

from __future__ import annotations

import csv
import functools
import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm
import talib

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

TALIB = f"TA-Lib {talib.__version__}"
SCIPY = f"SciPy {scipy.__version__}"
PANDAS = f"pandas {pd.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
NUMPY = f"NumPy {np.__version__}"

BLOCKS = Path(__file__).parent / "data" / "btc_blocks_911232_913248.csv.gz"


@functools.cache
def _blocks() -> SimpleNamespace:
    """height, time, fees and subsidy (BTC) of 2017 blocks."""
    with gzip.open(BLOCKS, "rt", newline="") as lines:
        rows = list(csv.DictReader(lines))

    def numbers(name: str) -> Any:
        return np.array([float(row[name]) for row in rows])

    return SimpleNamespace(
        height=numbers("height"),
        time=numbers("time"),
        fees=numbers("totalfee") / 1e8,
        subsidy=numbers("subsidy") / 1e8,
    )


@functools.cache
def _days(count: int = 220) -> SimpleNamespace:
    """Made-up daily series with the ratios of the real ones."""
    draw = np.random.default_rng(210_000)
    price = np.round(9_000.0 * np.exp(np.cumsum(draw.normal(0.001, 0.035, count))), 2)
    supply = 18_000_000.0 + 900.0 * np.arange(count)
    addresses = np.round(6e5 * (price / 9_000.0) ** 0.5 * np.exp(draw.normal(0.0, 0.12, count)))
    cap = price * supply
    realized = np.round(0.6 * cap[0] * np.exp(np.cumsum(draw.normal(0.0008, 0.01, count))), 2)
    return SimpleNamespace(
        price=price,
        supply=supply,
        addresses=addresses,
        cap=cap,
        realized=realized,
        volume_usd=np.round(cap * 0.01 * np.exp(draw.normal(0.0, 0.3, count)), 2),
        volume_btc=np.round(supply * 0.01 * np.exp(draw.normal(0.0, 0.3, count)), 4),
        fees=np.round(40.0 * np.exp(draw.normal(0.0, 0.5, count)) * (price / 9_000.0), 4),
        hashrate=np.round(1e20 * np.exp(np.cumsum(draw.normal(0.0005, 0.03, count)))),
        issuance=np.round(6.25 * draw.poisson(144, count), 4),
        inflow=np.round(draw.gamma(4.0, 5_000.0, count), 3),
        outflow=np.round(draw.gamma(4.0, 5_000.0, count), 3),
        balance=np.round(2.4e6 + np.cumsum(draw.normal(0.0, 3_000.0, count)), 3),
        t_s=1_577_836_800.0 + 86_400.0 * np.arange(count),
    )


def cases() -> Iterator[Case]:
    """Each formula at its default (windows may be shorter) and at other parameters."""
    for part in (
        _multiples,
        _power_laws_fitted,
        _power_law_of_time,
        _activity,
        _flows,
        _transfers,
        _caps,
        _spending,
        _destruction,
        _supply,
        _earnings,
        _hashprices,
        _hashrates,
        _ribbons,
        _difficulties,
        _intervals,
        _mempool,
        _fee_ladder,
        _projected_blocks,
        _price_models,
        _composites,
    ):
        yield from part()


def _ols(x: Any, y: Any) -> SimpleNamespace:
    """A line by statsmodels, and where the last point stands."""
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    return SimpleNamespace(
        alpha=fit.params[0],
        beta=fit.params[1],
        value=math.exp(fit.fittedvalues[-1]),
        residual=fit.resid[-1],
        score=fit.resid[-1] / math.sqrt(fit.mse_resid),
    )


def _column(lines: list[SimpleNamespace], name: str, length: int) -> Any:
    return after_warmup([getattr(line, name) for line in lines], length)


def _multiples() -> Iterator[Case]:
    d = _days()
    for window in (10, 180):
        for key, driver in (
            ("metcalfe_value", d.addresses**2),
            ("zipf_value", d.addresses * np.log(d.addresses)),
        ):
            k = after_warmup(scipy.stats.gmean(windows(d.cap / driver, window), axis=1), len(d.cap))
            expected = {"value": k * driver, "log_dev": np.log(d.cap / (k * driver))}
            if key == "metcalfe_value":
                expected["k"] = k
            inputs = [d.addresses, d.cap]
            yield Case(key, {"window": window}, inputs, expected, f"{SCIPY} stats.gmean", "library")
    # Two days that do not count are as if they were not there.
    spoilt = d.addresses[:40].copy()
    spoilt[[5, 20]] = 0.0
    kept = spoilt > 0
    k = np.full(40, np.nan)
    k[kept] = after_warmup(
        scipy.stats.gmean(windows((d.cap[:40] / spoilt.clip(1.0) ** 2)[kept], 10), axis=1), kept.sum()
    )
    yield Case(
        "metcalfe_value", {"window": 10}, [spoilt, d.cap[:40]], {"k": k}, f"{SCIPY} stats.gmean", "library"
    )


def _power_laws_fitted() -> Iterator[Case]:
    d = _days()
    x, y = np.log(d.addresses), np.log(d.cap)
    for window in (30, 120):
        lines = [_ols(a, b) for a, b in zip(windows(x, window), windows(y, window), strict=True)]
        expected = {name: _column(lines, name, len(x)) for name in ("alpha", "beta", "value")}
        expected["residual_z"] = _column(lines, "score", len(x))
        yield Case(
            "generalized_metcalfe",
            {"window": window},
            [d.addresses, d.cap],
            expected,
            f"{STATSMODELS} OLS",
            "library",
        )

    for fast, slow, window in ((7, 60, 100), (30, 10, 60)):
        quick, calm = talib.SMA(d.fees, fast), talib.SMA(d.fees, slow)
        x, y = np.log(calm[slow - 1 :]), np.log(d.price[slow - 1 :])
        lines = [_ols(a, b) for a, b in zip(windows(x, window), windows(y, window), strict=True)]
        value = _column(lines, "value", len(d.fees))
        late = np.isnan(value) | np.isnan(quick)
        expected = {
            "fee_velocity": 365.0 * quick / d.supply,
            "ratio": quick / calm,
            "value": value,
            "log_dev": _column(lines, "residual", len(d.fees)),
        }
        yield Case(
            "fee_velocity",
            {"fast": fast, "slow": slow, "window": window},
            [d.fees, d.supply, d.price],
            {name: np.where(late, np.nan, values) for name, values in expected.items()},
            f"{TALIB} SMA, {STATSMODELS} OLS",
            "library",
        )


def _power_law_of_time() -> Iterator[Case]:
    d = _days()
    for first, offset in ((30, 0), (180, 200)):
        t = (d.t_s - 1_230_940_800.0) / 86_400.0 + offset
        lines = [_ols(np.log(t[:end]), np.log(d.price[:end])) for end in range(first, len(t) + 1)]
        expected = {name: _column(lines, name, len(t)) for name in ("alpha", "beta", "value")}
        expected["percentile"] = scipy.stats.norm.cdf(_column(lines, "score", len(t)))
        yield Case(
            "power_law_corridor",
            {"min_obs": first, "genesis_offset": offset},
            [d.price, d.t_s],
            expected,
            f"{STATSMODELS} OLS",
            "library",
        )


def _activity() -> Iterator[Case]:
    d = _days()
    for mean, long in ((90, 100), (1, 2), (14, 31)):
        average = pd.Series(d.volume_usd).rolling(mean).mean()
        signal = d.cap / average
        median = signal.rolling(long).median()
        expected = {
            "nvt": np.where(median.isna(), np.nan, d.cap / d.volume_usd),
            "nvts": np.where(median.isna(), np.nan, signal),
            "nvt_price": (median * average / d.supply).to_numpy(),
        }
        yield Case(
            "nvt",
            {"ma": mean, "long": long},
            [d.cap, d.volume_usd, d.supply],
            expected,
            f"{PANDAS} rolling",
            "library",
        )
    for period in (30, 180):
        velocity = 365.0 / period * talib.SUM(d.volume_btc, period) / d.supply
        inputs = [d.volume_btc, d.supply]
        yield Case("velocity", {"period": period}, inputs, {"velocity": velocity}, f"{TALIB} SUM", "library")
    for fast, slow in ((30, 180), (2, 7), (20, 5)):
        ratio = talib.SMA(d.addresses, fast) / talib.SMA(d.addresses, slow)
        growth = 365.0 * talib.LINEARREG_SLOPE(np.log(d.addresses), fast)
        yield Case(
            "address_momentum",
            {"fast": fast, "slow": slow},
            [d.addresses],
            {"ratio": ratio, "growth": np.where(np.isnan(ratio), np.nan, growth)},
            f"{TALIB} SMA, LINEARREG_SLOPE",
            "library",
            scale=1.0,
            note="TA-Lib's raw sums lose digits of a slope near 0: 3e-12 off exact fractions, where ours is 2e-15 off",
        )


def _flows() -> Iterator[Case]:
    d = _days()
    netflow = d.inflow - d.outflow
    for period in (2, 30):
        scores = scipy.stats.zscore(windows(netflow, period), axis=1, ddof=1)[:, -1]
        z = after_warmup(scores, len(netflow))
        late = np.isnan(z)
        expected = {
            "netflow": np.where(late, np.nan, netflow),
            "ratio": np.where(late, np.nan, netflow / d.balance),
            "z": z,
        }
        inputs = [d.inflow, d.outflow, d.balance]
        yield Case("exchange_netflow", {"period": period}, inputs, expected, f"{SCIPY} zscore", "library")


def _transfers() -> Iterator[Case]:
    draw = np.random.default_rng(21)
    values = np.round(np.exp(draw.normal(0.0, 3.0, (60, 40))), 8)
    values[:, 30:] *= draw.random((60, 10)) < 0.5  # fewer than the width
    for threshold, bins in ((100.0, 4), (1.0, 25)):
        yield Case(
            "tx_value_entropy",
            {"threshold_btc": threshold, "bins_per_decade": bins},
            [values],
            {
                name: np.array([_tx_values(row[row > 0], threshold, bins)[name] for row in values])
                for name in ("entropy", "whale_share", "gini")
            },
            f"{SCIPY} stats.entropy on numpy.histogram; Gini as mean absolute difference over twice the mean",
            "library",
        )
    alike = np.full((1, 7), 0.3)
    expected = {"entropy": [0.0], "whale_share": [0.0], "gini": [0.0]}
    yield Case("tx_value_entropy", {}, [alike], expected, "equal values", "scripted")


def _tx_values(values: Any, threshold: float, bins: int) -> dict[str, float]:
    logs = np.log10(values) * bins
    counts, _ = np.histogram(logs, np.arange(np.floor(logs.min()), np.floor(logs.max()) + 2.0))
    apart = np.abs(values[:, None] - values[None, :]).mean()
    return {
        "entropy": scipy.stats.entropy(counts),
        "whale_share": values[values >= threshold].sum() / values.sum(),
        "gini": apart / (2.0 * values.mean()),
    }


def _caps() -> Iterator[Case]:
    d = _days()
    late = np.arange(len(d.cap)) < 1
    deviation = pd.Series(d.cap).expanding().std().to_numpy()
    expected = {
        "mvrv": np.where(late, np.nan, d.cap / d.realized),
        "z": (d.cap - d.realized) / deviation,
    }
    yield Case("mvrv", {}, [d.cap, d.realized], expected, f"{PANDAS} expanding std", "library")
    nupl = {"nupl": 1.0 - d.realized / d.cap}
    yield Case("nupl", {}, [d.cap, d.realized], nupl, "closed form: 1 - 1/MVRV", "closed form")


def _spending() -> Iterator[Case]:
    s = _chain_scene()
    for start in (0.0, 5e6):
        expected = {"realized_cap": s.realized + start, "realized_price": (s.realized + start) / s.supply}
        yield Case(
            "realized_cap",
            {"initial_cap": start},
            [s.spent, s.created_at, s.created, s.price, s.supply],
            expected,
            "closed form: the set of unspent outputs of each day valued anew",
            "closed form",
        )
    for age in (1.0, 24.0 * 30):
        old = s.age_d * 24.0 >= age
        spend = np.repeat(s.price[:, None], s.spent.shape[1], axis=1)
        with np.errstate(invalid="ignore"):
            sopr = (s.spent * spend).sum(axis=1) / (s.spent * s.created_at).sum(axis=1)
            asopr = (s.spent * spend * old).sum(axis=1) / (s.spent * s.created_at * old).sum(axis=1)
        yield Case(
            "sopr",
            {"min_age_h": age},
            [s.spent, s.created_at, spend, s.age_d * 24.0],
            {"sopr": sopr, "asopr": asopr},
            "closed form: NumPy over whole arrays",
            "closed form",
        )
    # 2 coins bought at 100 and 1 at 400 are sold at 300, the latter within the hour; then a day without spending.
    yield Case(
        "sopr",
        {},
        [
            np.array([[2.0, 1.0], [0.0, 0.0], [0.0, 4.0]]),
            np.array([[100.0, 400.0], [0.0, 0.0], [9.0, 50.0]]),
            np.array([[300.0, 300.0], [0.0, 0.0], [9.0, 25.0]]),
            np.array([[48.0, 0.5], [0.0, 0.0], [9.0, 1.0]]),
        ],
        {"sopr": [900 / 600, np.nan, 0.5], "asopr": [600 / 200, np.nan, 0.5]},
        "by hand",
        "scripted",
    )


def _destruction() -> Iterator[Case]:
    s = _chain_scene()
    for period in (1, 30):
        cdd = (s.spent * s.age_d).sum(axis=1)
        adjusted = pd.Series(cdd / s.supply)
        rate = (adjusted > adjusted.expanding().mean()).astype(float).rolling(period).mean().to_numpy()
        late = np.isnan(rate)
        expected = {
            "cdd": np.where(late, np.nan, cdd),
            "cdd_adj": np.where(late, np.nan, adjusted),
            "binary_rate": rate,
        }
        inputs = [s.spent, s.age_d, s.supply]
        yield Case(
            "coin_days_destroyed", {"period": period}, inputs, expected, f"{PANDAS} expanding mean", "library"
        )
    # 3 coins of 10 days and 1 of 2; nothing; 8 of 5: means of cdd/100 are .32, .16 and .24.
    yield Case(
        "coin_days_destroyed",
        {"period": 2},
        [
            np.array([[3.0, 1.0], [0.0, 0.0], [8.0, 0.0]]),
            np.array([[10.0, 2.0], [0.0, 0.0], [5.0, 0.0]]),
            np.full(3, 100.0),
        ],
        {"cdd": [np.nan, 0.0, 40.0], "cdd_adj": [np.nan, 0.0, 0.4], "binary_rate": [np.nan, 0.0, 0.5]},
        "by hand",
        "scripted",
    )


@functools.cache
def _chain_scene(count: int = 130, width: int = 6) -> SimpleNamespace:
    """Days on which 50 coins are made and some outputs are spent into new ones, with all that stays unspent."""
    draw = np.random.default_rng(523)
    price = np.round(_days().price[:count] / 100.0, 2)
    unspent: list[tuple[float, int]] = []
    spent, created_at, age_d = (np.zeros((count, width)) for _ in range(3))
    created, supply, realized = np.zeros(count), np.zeros(count), np.zeros(count)
    for day in range(count):
        new = [50.0]
        picks = sorted(draw.permutation(len(unspent))[: int(draw.integers(0, width + 1))], reverse=True)
        for place, pick in enumerate(picks):
            value, born = unspent.pop(int(pick))
            spent[day, place] = value
            created_at[day, place] = price[born]
            age_d[day, place] = day - born
            part = round(value * draw.random(), 2)
            new += [x for x in (part, round(value - part, 2)) if x > 0]
        unspent += [(value, day) for value in new]
        created[day] = math.fsum(new)
        supply[day] = 50.0 * (day + 1)
        realized[day] = math.fsum(value * price[born] for value, born in unspent)
    return SimpleNamespace(
        price=price,
        spent=spent,
        created_at=created_at,
        age_d=age_d,
        created=created,
        supply=supply,
        realized=realized,
    )


def _supply() -> Iterator[Case]:
    heights = np.array(
        [
            0,
            1,
            209_999,
            210_000,
            210_001,
            629_999,
            630_000,
            911_232,
            6_719_999,
            6_929_999,
            6_930_000,
            7_000_000,
        ]
    )
    each = 5_000_000_000 >> (np.arange(heights.max() + 1) // 210_000)
    supply = np.cumsum(each)[heights]
    yield Case(
        "block_subsidy",
        {},
        [heights],
        {
            "subsidy_sat": each[heights],
            "supply_sat": supply,
            "inflation": each[heights] * 52_560.0 / supply,
        },
        f"closed form: {NUMPY} integer sum over all blocks",
        "closed form",
        tolerance=1e-15,
    )
    limits = {
        "subsidy_sat": [50e8, 25e8, 0.0],
        "supply_sat": [50e8, 210_000 * 50e8 + 25e8, 2_099_999_997_690_000.0],
    }
    yield Case(
        "block_subsidy",
        {},
        [[0.0, 210_000.0, 1e7]],
        limits,
        "known of the protocol",
        "scripted",
        tolerance=0.0,
    )


def _earnings() -> Iterator[Case]:
    d = _days()
    for period in (2, 90):
        puell = d.issuance * d.price / talib.SMA(d.issuance * d.price, period)
        yield Case(
            "puell", {"period": period}, [d.issuance * d.price], {"puell": puell}, f"{TALIB} SMA", "library"
        )
    for period, a, b in ((180, -1.84, 3.36), (10, 14.6, -0.5)):
        s2f = d.supply / (365.0 / period * talib.SUM(d.issuance, period))
        model = math.exp(a) * s2f**b
        yield Case(
            "stock_to_flow",
            {"period": period, "a": a, "b": b},
            [d.supply, d.issuance, d.price],
            {"s2f": s2f, "model_price": model, "log_dev": np.log(d.price / model)},
            f"{TALIB} SUM",
            "library",
        )
    for fees in (False, True):
        paid = np.cumsum(d.issuance * d.price + (d.fees * d.price if fees else 0.0))
        yield Case(
            "thermocap",
            {"include_fees": fees},
            [d.issuance * d.price, d.fees * d.price, d.cap],
            {"thermocap": paid, "multiple": d.cap / paid},
            f"{NUMPY} cumsum",
            "library",
        )


def _hashprices() -> Iterator[Case]:
    b = _blocks()
    count = 200
    hashrate, price = 9.5e20 + 1e17 * np.arange(count), 1.1e5 + 3.0 * np.arange(count)
    fees, subsidy = b.fees[:count], b.subsidy[:count]
    for window in (1, 144):
        mean_fees, mean_all = (windows(values, window).mean(axis=1) for values in (fees, fees + subsidy))
        btc = after_warmup(144.0 * mean_all, count) / (hashrate / 1e15)
        yield Case(
            "hashprice",
            {"window": window},
            [subsidy, fees, hashrate, price],
            {
                "hashprice_btc": btc,
                "hashprice_usd": btc * price,
                "fee_share": after_warmup(mean_fees / mean_all, count),
            },
            "closed form: windows of blocks one by one",
            "closed form",
        )


def _hashrates() -> Iterator[Case]:
    count = 190
    time = _blocks().time[:count]
    difficulty = np.where(np.arange(count) < 120, 1.2e14, 1.3e14)
    for window in (2, 144):
        elapsed = time[window:] - time[:-window]
        work = windows(difficulty, window)[1:].sum(axis=1)
        with np.errstate(divide="ignore"):
            rate = after_warmup(np.where(elapsed > 0, 2.0**32 * work / elapsed, np.nan), count)
        low, high = scipy.stats.chi2.ppf([0.025, 0.975], 2 * window) / (2 * window)
        expected = {"hashrate": rate, "lo": rate * low, "hi": rate * high}
        inputs = [time, difficulty]
        yield Case(
            "hashrate_estimate", {"window": window}, inputs, expected, f"{SCIPY} stats.chi2", "library"
        )


def _ribbons() -> Iterator[Case]:
    d = _days()
    for fast, slow in ((30, 60), (5, 8)):
        ratio = talib.SMA(d.hashrate, fast) / talib.SMA(d.hashrate, slow)
        rising = talib.SMA(d.price, 10) > talib.SMA(d.price, 20)
        state = np.where(ratio < 1.0, -1.0, 1.0)
        buy = np.zeros(len(ratio))
        capitulations = np.flatnonzero(state == -1.0)
        for start in capitulations[np.append(np.diff(capitulations) > 1, True)]:
            # From the end of a capitulation to the start of the next.
            after = np.flatnonzero(state[start + 1 :] == -1.0)
            end = start + 1 + (after[0] if len(after) else len(state))
            days_on = np.flatnonzero(rising[start + 1 : end])
            if len(days_on):
                buy[start + 1 + days_on[0]] = 1.0
        late = np.arange(len(ratio)) < max(fast, slow, 20) - 1
        expected = {
            name: np.where(late, np.nan, x) for name, x in (("ratio", ratio), ("state", state), ("buy", buy))
        }
        inputs = [d.hashrate, d.price]
        yield Case("hash_ribbons", {"fast": fast, "slow": slow}, inputs, expected, f"{TALIB} SMA", "library")


def _difficulties() -> Iterator[Case]:
    b = _blocks()
    mined = np.arange(len(b.time)) % 2016
    difficulty = np.full(len(mined), 1.2e14)
    start = np.where(np.arange(len(mined)) < 2016, b.time[0], b.time[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        average = (b.time - start) / mined
        projected = np.clip(1_209_600.0 / (2015.0 * average), 0.25, 4.0)
    first = mined == 0
    expected = {
        "change": np.where(first, 0.0, projected - 1.0),
        "eta_s": np.where(first, 1_209_600.0, (2016 - mined) * average),
        "next_difficulty": np.where(first, difficulty, difficulty * projected),
    }
    some = np.r_[0:60, 990:1020, 2000:2017]
    inputs = [b.time[some], b.height[some], difficulty[some]]
    yield Case(
        "difficulty_forecast",
        {},
        inputs,
        {name: values[some] for name, values in expected.items()},
        "closed form: the consensus rule in real numbers",
        "closed form",
    )
    yield from _retargets()


def _intervals() -> Iterator[Case]:
    time = _blocks().time[:190]
    for window, target in ((144, 600.0), (1, 550.0)):
        yield _interval_test(time, window, target)
    # With no time passed for a whole window, and one that ran backwards.
    yield Case(
        "block_interval_test",
        {"window": 1},
        [[100.0, 100.0, 90.0, np.nan, 690.0], [100.0, 100.0, 90.0, 690.0, 700.0]],
        {
            "z": [np.nan] * 4 + [scipy.stats.norm.isf(-math.expm1(-1.0))],
            "p_fast": [np.nan] * 4 + [-math.expm1(-1.0)],
            "p_waiting": [np.nan, 1.0, 1.0, math.exp(-1.0), math.exp(-1.0 / 60.0)],
        },
        "by hand",
        "scripted",
    )


def _interval_test(time: Any, window: int, target: float) -> Case:
    """Each block is seen 20 s after its time, and looked at again 300 s later."""
    block_time = np.column_stack([time, np.full(len(time), np.nan)]).ravel()
    now = np.column_stack([time + 20.0, time + 320.0]).ravel()
    elapsed = time[window:] - time[:-window]
    gamma = scipy.stats.gamma(window, scale=target)
    p = np.where(elapsed > 0, gamma.cdf(elapsed), np.nan)
    z = np.where(
        elapsed > 0,
        np.where(p < 0.5, -scipy.stats.norm.ppf(p), scipy.stats.norm.ppf(gamma.sf(elapsed))),
        np.nan,
    )
    wait = np.where(np.isnan(block_time), 320.0, 20.0)
    return Case(
        "block_interval_test",
        {"window": window, "target_s": target},
        [block_time, now],
        {
            "z": np.repeat(after_warmup(z, len(time)), 2),
            "p_fast": np.repeat(after_warmup(p, len(time)), 2),
            "p_waiting": np.where(np.arange(len(now)) < 2 * window, np.nan, np.exp(-wait / target)),
        },
        f"{SCIPY} stats.gamma, norm",
        "library",
    )


def _retargets() -> Iterator[Case]:
    """Whole epochs of blocks 2 to 4000 s apart under the rule of the protocol, in whole numbers of 256 bits."""

    def compact(target: int) -> int:
        size = (target.bit_length() + 7) // 8
        word = target >> 8 * (size - 3)
        if word & 0x800000:
            word, size = word >> 8, size + 1
        return word << 8 * (size - 3)

    limit = 0xFFFF << 208
    target = compact(limit // 123_456_789_012)
    for spacing in (2, 149, 600, 700, 4_000):
        span = min(max(2015 * spacing, 302_400), 4 * 1_209_600)
        after = compact(target * span // 1_209_600)
        difficulty = limit / target
        yield Case(
            "difficulty_forecast",
            {},
            [[0.0, 2015.0 * spacing], [403_200.0, 405_215.0], [difficulty, difficulty]],
            {"next_difficulty": [difficulty, limit / after]},
            "closed form: the rule of the protocol in 256-bit whole numbers",
            "closed form",
            tolerance=2.0**-15,
            note="the protocol rounds its targets to 15 to 23 bits",
        )


def _mempool() -> Iterator[Case]:
    table = datasets.mempool()
    size = table["mempool_vsize"].to_numpy().astype(float)[:120]
    t_s = table["timestamp"].to_numpy().astype(float)[:120]
    change = np.diff(size, prepend=size[0])
    inflow, confirmed = change.clip(0.0) + 1e5, (-change).clip(0.0) + 1e5
    for tau, block in ((600.0, 1e6), (3_600.0, 997_991.5)):
        left = np.tril(np.exp(-(t_s[:, None] - t_s[None, :]).clip(0.0) / tau))
        rate_in, rate_out = (left @ inflow) / tau, (left @ confirmed) / tau
        yield Case(
            "mempool_pressure",
            {"tau_s": tau, "block_vsize": block},
            [size, inflow, confirmed, t_s],
            {
                "backlog_blocks": size / block,
                "pressure": rate_in * 600.0 / block,
                "growth": 3600.0 / block * (rate_in - rate_out),
            },
            "closed form: all events before weighed directly",
            "closed form",
        )
    # A block's worth arrives; one time constant later half of it is replaced away and a quarter is confirmed; a row
    # out of order is refused.
    half_life = 600.0 * math.log(2.0)
    yield Case(
        "mempool_pressure",
        {},
        [
            [0.0, 1e6, 9e9, 5e5],
            [0.0, 1e6, 7e9, -5e5],
            [0.0, 0.0, 0.0, 2.5e5],
            [0.0, 10.0, 5.0, 10.0 + half_life],
        ],
        {
            "backlog_blocks": [0.0, 1.0, np.nan, 0.5],
            "pressure": [0.0, 1.0, np.nan, 0.0],
            "growth": [0.0, 6.0, np.nan, 6.0 * (0.5 - 0.5 - 0.25)],
        },
        "by hand",
        "scripted",
    )


def _fee_ladder() -> Iterator[Case]:
    table = datasets.mempool()
    names = [name for name in table.column_names if "fee_histogram_bin" in name]
    edges = np.array([float(name.split("_")[4]) for name in names])
    sizes = np.column_stack([table[name].to_numpy() for name in names]).astype(float)[:1800:30]
    rates = np.tile(edges, (len(sizes), 1))
    for qs in ([0.1, 0.25, 0.5, 0.75, 0.9], [0.0, 0.99, 1.0]):
        quantiles = [
            np.quantile(edges[row > 0], qs, weights=row[row > 0], method="inverted_cdf") for row in sizes
        ]
        yield Case(
            "fee_rate_quantiles",
            {"qs": qs},
            [rates, sizes],
            {"quantiles": np.array(quantiles)},
            f"{NUMPY} quantile with weights",
            "library",
        )
    for rate, block in ((10.0, 1e6), (2.0, 997_991.5)):
        ahead = (sizes * (rates >= rate)).sum(axis=1)
        inflow = np.linspace(0.0, 2_000.0, len(sizes))
        load = inflow * 600.0 / block
        with np.errstate(divide="ignore"):
            number = np.where(load < 1.0, ahead / block / (1.0 - load), np.inf)
        yield Case(
            "clearing_time",
            {"rate": rate, "block_vsize": block},
            [rates, sizes, inflow],
            {"blocks": number, "seconds": 600.0 * number, "p_next": (ahead < block).astype(float)},
            "closed form: NumPy over whole arrays",
            "closed form",
        )


def _projected_blocks() -> Iterator[Case]:
    draw = np.random.default_rng(545)
    rates = np.round(draw.gamma(2.0, 3.0, (40, 25)), 1)
    sizes = np.floor(draw.gamma(1.0, 200.0, (40, 25))) * (draw.random((40, 1)) < 0.9)
    for count, block, floor in ((3, 1_000.0, 1.0), (6, 700.0, 3.0)):
        pairs = zip(rates, sizes, strict=True)
        projected = [_fill(*pair, count, int(block), floor) for pair in pairs]
        yield Case(
            "next_block_fee",
            {"blocks": count, "block_vsize": block, "min_rate": floor},
            [rates, sizes],
            {
                name: np.array([row[place] for row in projected])
                for place, name in enumerate(("rate_min", "rate_median", "total_fees"))
            },
            "closed form: every vB on its own, sorted",
            "closed form",
        )
    # 1.5 MvB at 20, 0.7 at 5, 0.3 at 0.5 (below the floor); the first block is full of 20, the second is not full.
    yield Case(
        "next_block_fee",
        {"blocks": 3},
        [np.array([[5.0, 20.0, 0.5], [1.0, 1.0, 1.0]]), np.array([[4e5, 1.5e6, 3e5], [0.0, 0.0, 0.0]])],
        {
            "rate_min": [[20.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
            "rate_median": [[20.0, 20.0, 1.0], [1.0, 1.0, 1.0]],
            "total_fees": [[2e7, 1.2e7, 0.0], [0.0, 0.0, 0.0]],
        },
        "by hand",
        "scripted",
    )


def _fill(rates: Any, sizes: Any, count: int, block: int, floor: float) -> Any:
    """Blocks of a mempool in which every vB is a transaction."""
    bytes_ = np.sort(np.repeat(rates, sizes.astype(int)))[::-1]
    bytes_ = bytes_[bytes_ >= floor]
    rows = []
    for start in range(0, count * block, block):
        part = bytes_[start : start + block]
        lowest = part[-1] if len(part) == block else floor
        median = np.sort(part)[math.ceil(len(part) / 2) - 1] if len(part) else floor
        rows.append((lowest, median, part.sum()))
    return np.array(rows).T


def _price_models() -> Iterator[Case]:
    d = _days()
    for n, fast, slow, two_years in ((180, 111, 150, 160), (3, 20, 2, 9)):
        means = {length: talib.SMA(d.price, length) for length in (n, fast, slow, two_years)}
        late = np.arange(len(d.price)) < max(means) - 1
        expected = {
            "mayer": d.price / means[n],
            "pi_gap": means[fast] / (2.0 * means[slow]),
            "ma_mult": d.price / means[two_years],
        }
        yield Case(
            "mayer_multiple",
            {"n": n, "pi_fast": fast, "pi_slow": slow, "ma2y": two_years},
            [d.price],
            {name: np.where(late, np.nan, values) for name, values in expected.items()},
            f"{TALIB} SMA",
            "library",
        )


def _composites() -> Iterator[Case]:
    d = _days()
    draw = np.random.default_rng(522)
    count = 220
    price, supply = d.price[:count], d.supply[:count]
    models = [np.round(price * np.exp(draw.normal(0.05 * j, 0.1 + 0.1 * j, count)), 4) for j in range(3)]
    inputs = [models[0] * supply, models[1], models[2], supply, price]
    for window, ridge in ((180, 0.01), (20, 0.0), (20, 2.0)):
        yield Case(
            "onchain_price",
            {"window": window, "ridge": ridge},
            inputs,
            _composite(models, price, window, ridge),
            "closed form: windows of errors one by one",
            "closed form",
        )


def _composite(models: Any, price: Any, window: int, ridge: float) -> dict[str, Any]:
    logs = np.log(models)
    squares = (logs - np.log(price)) ** 2
    out = {name: np.full(len(price), np.nan) for name in ("price", "sd", "z")}
    for day in range(window, len(price)):
        errors = np.array([math.fsum(row[day - window : day]) / window for row in squares])
        weights = 1.0 / (errors + ridge * errors.mean())
        weights /= weights.sum()
        estimate, sd = weights @ logs[:, day], math.sqrt(weights**2 @ errors)
        out["price"][day], out["sd"][day] = math.exp(estimate), sd
        out["z"][day] = (math.log(price[day]) - estimate) / sd
    return out
