"""Real inputs from the bundled sample, cut to a size that can be stored with the proofs.

Everything here is a function without arguments that returns float64 arrays, made once.
"""

from __future__ import annotations

import csv
import functools
import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

SAMPLE = Path(__file__).resolve().parents[2] / "python/nanotick/data/sample"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "BNBUSDT", "ADAUSDT", "LTCUSDT", "LINKUSDT")


@functools.cache
def minutes(symbol: str = "BTCUSDT") -> SimpleNamespace:
    """t_s, close and volume of each of 2880 minutes (2025-05-27 and -28)."""
    name = "binance_usdm_1m_close_16sym_20250527_28.csv.gz"
    with gzip.open(SAMPLE / name, "rt", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["symbol"] == symbol]
    return SimpleNamespace(
        t_s=np.array([int(row["ts"]) / 1000 for row in rows]),
        close=np.array([float(row["close"]) for row in rows]),
        volume=np.array([float(row["volume"]) for row in rows]),
    )


@functools.cache
def bars(symbol: str = "BTCUSDT", minutes_each: int = 5, count: int = 400) -> SimpleNamespace:
    """open, high, low, close and volume of bars made of the closes of their minutes."""
    one = minutes(symbol)
    length = min(count, len(one.close) // minutes_each) * minutes_each
    closes = one.close[:length].reshape(-1, minutes_each)
    return SimpleNamespace(
        t_s=one.t_s[:length:minutes_each].copy(),
        open=closes[:, 0].copy(),
        high=closes.max(axis=1),
        low=closes.min(axis=1),
        close=closes[:, -1].copy(),
        volume=one.volume[:length].reshape(-1, minutes_each).sum(axis=1),
    )


@functools.cache
def closes(symbol: str = "BTCUSDT", count: int = 400) -> Any:
    """Prices, shape (count,)."""
    return minutes(symbol).close[:count].copy()


@functools.cache
def log_returns(symbol: str = "BTCUSDT", count: int = 400) -> Any:
    """Log returns from minute to minute, shape (count,)."""
    return np.diff(np.log(minutes(symbol).close[: count + 1]))


@functools.cache
def simple_returns(symbol: str = "BTCUSDT", count: int = 400) -> Any:
    """Simple returns from minute to minute, shape (count,)."""
    price = minutes(symbol).close[: count + 1]
    return price[1:] / price[:-1] - 1.0


@functools.cache
def returns_matrix(assets: int = 6, count: int = 300) -> Any:
    """Simple returns of several symbols, shape (count, assets)."""
    return np.column_stack([simple_returns(symbol, count) for symbol in SYMBOLS[:assets]])


def messages(stream: str, symbol: str = "btcusdt") -> Iterator[dict[str, Any]]:
    """Messages of a stream of the 90 s recording; receive time in ns as `_ns`."""
    with gzip.open(SAMPLE / f"binance_usdm_{symbol}_20240808_90s.gz", "rt") as lines:
        for line in lines:
            received, _, text = line.partition(" ")
            message = json.loads(text)
            if stream in message.get("stream", ""):
                yield message["data"] | {"_ns": int(received)}


@functools.cache
def trades(count: int = 1500, symbol: str = "btcusdt") -> SimpleNamespace:
    """price, size, side (+1 the buyer took) and t_s (receive time) of recorded trades."""
    rows = list(itertools.islice(messages("trade", symbol), count))
    return SimpleNamespace(
        price=np.array([float(row["p"]) for row in rows]),
        size=np.array([float(row["q"]) for row in rows]),
        side=np.array([-1.0 if row["m"] else 1.0 for row in rows]),
        t_s=np.array([row["_ns"] / 1e9 for row in rows]),
    )


@functools.cache
def quotes(count: int = 1500, symbol: str = "btcusdt") -> SimpleNamespace:
    """bid, ask, bid_size, ask_size and t_s of recorded best quotes."""
    rows = list(itertools.islice(messages("bookTicker", symbol), count))
    columns = {"bid": "b", "ask": "a", "bid_size": "B", "ask_size": "A"}
    arrays = {name: np.array([float(row[key]) for row in rows]) for name, key in columns.items()}
    return SimpleNamespace(**arrays, t_s=np.array([row["_ns"] / 1e9 for row in rows]))


@functools.cache
def books(count: int = 200, levels: int = 20, symbol: str = "btcusdt") -> SimpleNamespace:
    """bid_px, bid_sizes, ask_px, ask_sizes of shape (count, levels) and t_s, rebuilt from recorded diffs.

    The recording starts without a snapshot here: the book is what the diffs since then have named, taken once each
    side has `levels` levels and is not crossed.
    """
    sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
    rows: list[list[Any]] = []
    times = []
    for message in messages("depth", symbol):
        for side, key in zip(sides, "ba", strict=True):
            for px, size in message[key]:
                side[float(px)] = float(size)
                if float(size) == 0.0:
                    del side[float(px)]
        # A level that an older, unseen update left behind would cross the book: the newest message is right.
        best = [max(map(float, (px for px, q in message["b"] if float(q))), default=None),
                min(map(float, (px for px, q in message["a"] if float(q))), default=None)]  # fmt: skip
        if best[0] is not None:
            for px in [px for px in sides[1] if px <= best[0]]:
                del sides[1][px]
        if best[1] is not None:
            for px in [px for px in sides[0] if px >= best[1]]:
                del sides[0][px]
        bids, asks = sorted(sides[0].items(), reverse=True), sorted(sides[1].items())
        if min(len(bids), len(asks)) < levels:
            continue
        rows.append([*zip(*bids[:levels], strict=True), *zip(*asks[:levels], strict=True)])
        times.append(message["_ns"] / 1e9)
        if len(rows) == count:
            break
    names = ("bid_px", "bid_sizes", "ask_px", "ask_sizes")
    arrays = {name: np.array([row[place] for row in rows]) for place, name in enumerate(names)}
    return SimpleNamespace(**arrays, t_s=np.array(times))


@functools.cache
def tape(count: int = 1500, symbol: str = "btcusdt") -> SimpleNamespace:
    """Trades and best quotes on one clock, a row an event: the columns of the other kind are NaN."""
    events = []
    for row in itertools.islice(messages("bookTicker", symbol), 4 * count):
        events.append((row["_ns"], [np.nan] * 3 + [float(row[key]) for key in "baBA"]))
    for row in itertools.islice(messages("trade", symbol), 4 * count):
        side = -1.0 if row["m"] else 1.0
        events.append((row["_ns"], [float(row["p"]), float(row["q"]), side] + [np.nan] * 4))
    events.sort(key=lambda event: event[0])
    table = np.array([values for _, values in events[:count]])
    names = ("price", "size", "side", "bid", "ask", "bid_size", "ask_size")
    times = np.array([ns / 1e9 for ns, _ in events[:count]])
    return SimpleNamespace(**{name: table[:, place].copy() for place, name in enumerate(names)}, t_s=times)


@functools.cache
def mempool() -> Any:
    """The eight days of mempool.space samples as a pyarrow table (see the sample's README for its columns)."""
    import pyarrow.parquet

    return pyarrow.parquet.read_table(SAMPLE / "mempool_space_5min_sample_8days.parquet")


def windows(values: Any, length: int) -> Any:
    """Every window of a series, a row each: shape (n - length + 1, length)."""
    return np.lib.stride_tricks.sliding_window_view(values, length)


def after_warmup(values: Any, length: int) -> Any:
    """The values at the end of a column of `length` that starts with NaN."""
    values = np.asarray(values, dtype=np.float64)
    head = np.full((length - len(values), *values.shape[1:]), np.nan)
    return np.concatenate([head, values])


def rolling(function: Callable[..., Any], length: int, *columns: Any) -> Any:
    """The function's numbers for each window, a column of outputs each, NaN before the first."""
    rows = [function(*(c[end - length : end] for c in columns)) for end in range(length, len(columns[0]) + 1)]
    return after_warmup(np.array(rows, dtype=np.float64), len(columns[0])).T


def named(names: str, columns: Any) -> dict[str, Any]:
    """Outputs by their names."""
    return dict(zip(names.split(), columns, strict=True))
