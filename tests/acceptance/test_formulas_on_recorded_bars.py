"""Formulas of bars with volume over the minutes of recorded days of trades, against pandas and whole-array NumPy.

The bars are made of the trades by pandas; minutes without trades are left out. Without the folder `shared` beside the
project these tests are skipped.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from recordings import Comparison, Table, assert_as_wanted, assert_streaming_is_batch, day_of_trades

pd = pytest.importorskip("pandas")
stats = pytest.importorskip("scipy.stats")

RECORDINGS = {
    "APEUSDT futures": ("trades/binance_usdm_APEUSDT-aggTrades-2024-10-18.zip", 1e-4),
    "PEPEUSDT spot": ("trades/binance_spot_PEPEUSDT-aggTrades-2024-10-27.zip", 1e-8),
}


@pytest.fixture(scope="module", params=RECORDINGS)
def bars(request: pytest.FixtureRequest) -> Any:
    day = day_of_trades(*RECORDINGS[request.param])
    frame = pd.DataFrame({"price": day.price, "size": day.size})
    minutes = frame.groupby(np.floor(day.t_s / 60.0))
    ohlc = minutes["price"].agg(["first", "max", "min", "last"])
    columns = {
        name: pd.Series(ohlc[of].to_numpy()) for name, of in zip(("o", "h", "l", "c"), ohlc, strict=True)
    }
    made = SimpleNamespace(**columns, v=pd.Series(minutes["size"].sum().to_numpy()))
    made.ohlcv = [column.to_numpy() for column in (made.o, made.h, made.l, made.c, made.v)]
    made.hlcv = made.ohlcv[1:]
    ticks = pd.Series(day.ticks).groupby(np.floor(day.t_s / 60.0)).agg(["max", "min", "last"])
    made.ticks = ticks.reset_index(drop=True).astype(float)
    spread = made.h - made.l
    made.flow = (((made.c - made.l) - (made.h - made.c)) / spread).where(spread > 0.0, 0.0) * made.v
    return made


def obv(b: Any) -> Comparison:
    moves = np.sign(b.c.diff())
    moves[0] = 1.0
    return Comparison({}, [b.hlcv[2], b.hlcv[3]], {"obv": (moves * b.v).cumsum()})


def adl(b: Any) -> Comparison:
    return Comparison({}, b.hlcv, {"adl": b.flow.cumsum()}, atol=1e-9 * float(b.v.max()))


def cmf(b: Any) -> Comparison:
    wanted = b.flow.rolling(20).sum() / b.v.rolling(20).sum()
    return Comparison({"period": 20}, b.hlcv, {"cmf": wanted}, atol=1e-10)


def chaikin_osc(b: Any) -> Comparison:
    line = b.flow.cumsum()
    fast, slow = (line.ewm(span=span, adjust=False).mean() for span in (3, 10))
    wanted = (fast - slow).where(np.arange(len(line)) >= 9)
    return Comparison({}, b.hlcv, {"adosc": wanted}, atol=1e-9 * float(b.v.max()))


def mfi(b: Any) -> Comparison:
    """Of decimals, and wanted from whole ticks, in which equal typical prices are equal to the last bit."""
    typical = b.ticks.sum(axis=1) / 3.0
    move, flow = typical.diff(), typical * b.v
    rises, falls = (flow.where(part, 0.0)[1:].rolling(14).sum() for part in (move > 0.0, move < 0.0))
    both = rises + falls
    wanted = (100.0 * rises / both).where(both > 0.0, np.where(both.isna(), np.nan, 50.0))
    return Comparison({"period": 14}, b.hlcv, {"mfi": np.append(np.nan, wanted)}, atol=1e-8)


def relative_volume(b: Any) -> Comparison:
    return Comparison({"period": 20}, [b.hlcv[3]], {"rvol": b.v / b.v.rolling(20).mean().shift()})


def volume_zscore(b: Any) -> Comparison:
    logs = np.log1p(b.v)
    window = logs.rolling(100)
    return Comparison({"period": 100}, [b.hlcv[3]], {"z": (logs - window.mean()) / window.std()}, atol=1e-9)


def bulk_volume_classification(b: Any) -> Comparison:
    move = b.c.diff()
    deviation = move.rolling(50).std()
    share = stats.t.cdf(move / deviation, 0.25)
    buy = b.v * np.where(np.abs(move) < 1e-14, 0.5, share)
    wanted = {"buy_volume": buy.where(deviation.notna()), "sell_volume": (b.v - buy).where(deviation.notna())}
    return Comparison({}, [b.hlcv[2], b.hlcv[3]], wanted, rtol=1e-7)


def amihud(b: Any) -> Comparison:
    price_of_volume = 1e6 * b.c.pct_change().abs() / (b.c * b.v)
    return Comparison({"period": 30}, b.hlcv[2:], {"illiq": price_of_volume.rolling(30).mean()})


def corwin_schultz(b: Any) -> Comparison:
    squares = np.log(b.h / b.l) ** 2
    beta = squares + squares.shift()
    gamma = np.log(b.h.rolling(2).max() / b.l.rolling(2).min()) ** 2
    k = 3.0 - 2.0 * np.sqrt(2.0)
    alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / k - np.sqrt(gamma / k)
    each = (2.0 * (np.exp(alpha) - 1.0) / (1.0 + np.exp(alpha))).clip(lower=0.0)
    return Comparison({"period": 21}, b.hlcv[:2], {"spread": each.rolling(20).mean()}, atol=1e-12)


def abdi_ranaldo(b: Any) -> Comparison:
    middle, close = (np.log(b.h) + np.log(b.l)) / 2.0, np.log(b.c)
    squares = 4.0 * (close.shift() - middle.shift()) * (close.shift() - middle)
    mean = squares.rolling(20).mean()
    # Near 0 the root is as wrong as the root of the rounding.
    return Comparison({"period": 21}, b.hlcv[:3], {"spread": np.sqrt(mean.clip(lower=0.0))}, atol=1e-9)


def edge_spread(b: Any) -> Comparison:
    o, h, low, c = (np.log(column) for column in b.ohlcv[:4])
    m, period = (h + low) / 2.0, 60
    out = np.full(len(c), np.nan)
    for end in range(period, len(c) + 1):
        now, old = slice(end - period + 1, end), slice(end - period, end - 1)
        r = [m[now] - o[now], o[now] - m[old], m[now] - c[old], c[old] - m[old], o[now] - c[old]]
        tau = (h[now] != low[now]) | (low[now] != c[old])
        po = (tau & (o[now] != h[now])).mean() + (tau & (o[now] != low[now])).mean()
        pc = (tau & (c[old] != h[old])).mean() + (tau & (c[old] != low[old])).mean()
        d1, d3, d5 = (one - tau * one.mean() / tau.mean() for one in (r[0], r[2], r[4]))
        x1 = -4.0 / po * d1 * r[1] - 4.0 / pc * d3 * r[3]
        x2 = -4.0 / po * d1 * r[4] - 4.0 / pc * d5 * r[3]
        v1, v2 = x1.var(), x2.var()
        out[end - 1] = np.sqrt(np.abs((v2 * x1.mean() + v1 * x2.mean()) / (v1 + v2)))
    return Comparison({"period": period}, b.ohlcv[:4], {"spread": out}, rtol=1e-7, atol=1e-9)


def pump_dump(b: Any) -> Comparison:
    price = (b.h > 1.002 * b.c.rolling(12).mean().shift()).astype(float)
    volume = (b.v > 3.0 * b.v.rolling(12).mean().shift()).astype(float)
    wanted = {"price_anomaly": price, "volume_anomaly": volume, "pump": price * volume}
    wanted = {name: column.where(np.arange(len(column)) >= 12) for name, column in wanted.items()}
    assert wanted["pump"].sum() > 5
    inputs = [b.hlcv[0], b.hlcv[2], b.hlcv[3]]
    return Comparison({"window": 12, "price_k": 1.002, "vol_k": 3.0}, inputs, wanted)


def volume_weighted_average(b: Any) -> Comparison:
    wanted = (b.c * b.v).rolling(20).sum() / b.v.rolling(20).sum()
    return Comparison({"period": 20}, b.hlcv[2:], {"vwma": wanted})


BARS: Table = {
    made.__name__: made
    for made in (
        *(obv, adl, cmf, chaikin_osc, mfi, relative_volume, volume_zscore, bulk_volume_classification),
        *(amihud, corwin_schultz, abdi_ranaldo, edge_spread, pump_dump),
    )
} | {"vwma": volume_weighted_average}


@pytest.mark.parametrize("key", BARS)
def test_minutes_of_a_day_give_what_the_definition_says(bars: Any, key: str) -> None:
    assert_as_wanted(key, BARS[key](bars))


@pytest.mark.parametrize("key", BARS)
def test_minutes_one_by_one_are_the_day(bars: Any, key: str) -> None:
    case = BARS[key](bars)
    assert_streaming_is_batch(key, case.params, case.inputs)
