"""Formulas over a month of recorded minutes, against pandas and against themselves in parts.

The file is too large to ship: without the folder `shared` beside the project these tests are skipped. The bundled
sample proves every formula by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nanotick as nt

pd = pytest.importorskip("pandas")
parquet = pytest.importorskip("pyarrow.parquet")

CANDLES = (
    Path(__file__).resolve().parents[3]
    / "shared/data/candles/binance_usdm_1m_16sym_20250504_20250608.parquet"
)


@pytest.fixture(scope="module")
def minutes() -> Any:
    if not CANDLES.exists():
        pytest.skip(f"{CANDLES.name} is not there: it comes with the project's shared folder only")
    table = parquet.read_table(CANDLES).to_pandas()
    name = next(column for column in ("symbol", "sym") if column in table.columns)
    symbols = table[name].unique()
    btc = next(symbol for symbol in symbols if str(symbol).startswith("BTC"))
    eth = next(symbol for symbol in symbols if str(symbol).startswith("ETH"))
    frames = [table[table[name] == symbol].sort_values("ts").set_index("ts") for symbol in (btc, eth)]
    other = frames[1][["close"]].rename(columns={"close": "close_eth"})
    return frames[0].join(other, how="inner")


ROLLING = {
    "sma": (lambda n: nt.sma(n), lambda r: r.mean(), 1e-9),
    "rolling_median": (lambda n: nt.rolling_median(n), lambda r: r.median(), 1e-12),
    "var_historical": (lambda n: nt.var_historical(n, 0.05), lambda r: -r.quantile(0.05), 1e-9),
    "zscore": (lambda n: nt.zscore(n), None, 1e-6),
}


@pytest.mark.parametrize("key", ROLLING)
@pytest.mark.parametrize("length", [30, 1000])
def test_windows_are_those_of_pandas(minutes: Any, key: str, length: int) -> None:
    made, theirs, tolerance = ROLLING[key]
    close = minutes["close"]
    rolling = close.rolling(length)
    wanted = theirs(rolling) if theirs else (close - rolling.mean()) / rolling.std()
    got = made(length).batch(close)
    assert isinstance(got, pd.Series)
    np.testing.assert_allclose(got.iloc[length:], wanted.iloc[length:], rtol=tolerance, atol=tolerance)


def test_bounds_and_correlation_are_those_of_pandas(minutes: Any) -> None:
    band = nt.donchian(240).batch(minutes["high"], minutes["low"])
    np.testing.assert_array_equal(band.upper[239:], minutes["high"].rolling(240).max()[239:])
    np.testing.assert_array_equal(band.lower[239:], minutes["low"].rolling(240).min()[239:])
    returns = [np.log(minutes[name]).diff().to_numpy()[1:] for name in ("close", "close_eth")]
    got = nt.rolling_corr(500).batch(*returns)
    wanted = pd.Series(returns[0]).rolling(500).corr(pd.Series(returns[1])).to_numpy()
    np.testing.assert_allclose(got[499:], wanted[499:], atol=1e-7)


@pytest.mark.parametrize("key", ["rsi", "macd", "bollinger", "garch11", "kama", "hmm_forward", "p2_quantile"])
def test_a_month_in_parts_is_the_month(minutes: Any, key: str) -> None:
    """Saved in the evening and restored in the morning: the same bits as without a night."""
    close = minutes["close"].to_numpy()[:8000]
    series = np.diff(np.log(close)) if key in ("garch11", "hmm_forward") else close
    whole = nt.formulas.get(key)()
    wanted = [whole.update(x) for x in series]
    got = []
    state = nt.formulas.get(key)().save()
    for day in np.array_split(series, 7):
        formula = nt.formulas.get(key)()
        formula.load(state)
        got += [formula.update(x) for x in day]
        state = formula.save()
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(np.hstack(list(a) if hasattr(a, "__len__") else [a]),
                                      np.hstack(list(b) if hasattr(b, "__len__") else [b]))  # fmt: skip
