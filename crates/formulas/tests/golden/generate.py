"""Writes the golden values beside it: other people's implementations on the recordings bundled with nanotick.

Run from anywhere, in an environment of its own:

    pip install numpy==2.4.6 TA-Lib==0.8.2
    python crates/formulas/tests/golden/generate.py

A column is named `key(parameters).output` and holds what TA-Lib gives where it has the formula, else NumPy over whole
arrays: closed forms and windows cut out one by one, never a running update.
"""

import csv
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import talib

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[3] / "python/nanotick/data/sample"
CANDLES = SAMPLE / "binance_usdm_1m_close_16sym_20250527_28.csv.gz"
RECORDING = SAMPLE / "binance_usdm_btcusdt_20240808_90s.gz"


def candles(symbol):
    """Time in seconds, close and volume of each minute."""
    with gzip.open(CANDLES, "rt", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["symbol"] == symbol]
    return (
        np.array([int(row["ts"]) for row in rows]) / 1000.0,
        np.array([float(row["close"]) for row in rows]),
        np.array([float(row["volume"]) for row in rows]),
    )


def messages(stream):
    """The first messages of a stream of the recording: a receive time and JSON on each line."""
    with gzip.open(RECORDING, "rt") as lines:
        for line in lines:
            message = json.loads(line.split(" ", 1)[1])
            if stream in message.get("stream", ""):
                yield message["data"]


def windows(values, length):
    """Every window of a series, a row each."""
    return np.lib.stride_tricks.sliding_window_view(values, length)


def after_warmup(values, length):
    """The values at the end of a column of NaN."""
    return np.concatenate([np.full(length - len(values), np.nan), values])


def price_table():
    """Closes of the first minutes."""
    _, close, _ = candles("BTCUSDT")
    close = close[:200]
    table = {"price": close}
    for period in (2, 20, 77):
        table[f"sma({period}).sma"] = talib.SMA(close, period)
    for period in (3, 20):
        table[f"ema({period}).ema"] = talib.EMA(close, period)
    for period in (2, 14):
        table[f"rsi({period}).rsi"] = talib.RSI(close, period)
    for fast, slow, signal in ((12, 26, 9), (3, 10, 4)):
        lines = talib.MACD(close, fast, slow, signal)
        for output, values in zip(("macd", "signal", "hist"), lines, strict=True):
            table[f"macd({fast} {slow} {signal}).{output}"] = values
    for period, k in ((20, 2.0), (5, 1.5)):
        upper, middle, lower = talib.BBANDS(close, period, k, k)
        name = f"bollinger({period} {k})"
        table |= {f"{name}.upper": upper, f"{name}.middle": middle, f"{name}.lower": lower}
        mean, deviation = windows(close, period).mean(axis=1), windows(close, period).std(axis=1)
        flat = deviation == 0.0
        width = np.where(flat, 1.0, 2.0 * k * deviation)
        pct_b = np.where(flat, 0.5, (close[period - 1 :] - mean + k * deviation) / width)
        table[f"{name}.pct_b"] = after_warmup(pct_b, len(close))
        table[f"{name}.bandwidth"] = after_warmup(2.0 * k * deviation / mean, len(close))
    return table


def bar_table():
    """Five-minute bars made of the closes of their minutes."""
    _, close, _ = candles("BTCUSDT")
    minutes = close[:750].reshape(-1, 5)
    high, low, last = minutes.max(axis=1), minutes.min(axis=1), minutes[:, -1].copy()
    table = {"high": high, "low": low, "close": last}
    for period in (2, 14):
        table[f"atr({period}).atr"] = talib.ATR(high, low, last, period)
    return table


def trade_table():
    """Minutes on both sides of a midnight, each as one trade."""
    t_s, close, volume = (column[1340:1540] for column in candles("BTCUSDT"))
    side = np.where(np.diff(close, prepend=close[0]) >= 0.0, 1.0, -1.0)
    table = {"price": close, "size": volume, "side": side, "t_s": t_s}
    for reset_s, k in ((86400.0, 2.0), (3600.0, 1.0)):
        session = np.floor(t_s / reset_s)
        rows = []
        for index in range(len(close)):
            inside = (session == session[index]) & (np.arange(len(close)) <= index)
            mean = np.average(close[inside], weights=volume[inside])
            variance = np.average((close[inside] - mean) ** 2, weights=volume[inside])
            rows.append((mean, mean + k * np.sqrt(variance), mean - k * np.sqrt(variance)))
        for output, values in zip(("vwap", "upper", "lower"), np.array(rows).T, strict=True):
            table[f"vwap_session({reset_s} {k}).{output}"] = values
    return table


def quote_table():
    """The first best quotes of the recording."""
    first = itertools.islice(messages("bookTicker"), 300)
    quotes = np.array([[float(quote[key]) for key in "baBA"] for quote in first])
    bid, ask, bid_size, ask_size = quotes.T
    table = {"bid": bid, "ask": ask, "bid_size": bid_size, "ask_size": ask_size}
    table["microprice_weighted().wmid"] = (bid_size * ask + ask_size * bid) / (bid_size + ask_size)
    flow = (
        np.where(bid[1:] >= bid[:-1], bid_size[1:], 0.0)
        - np.where(bid[1:] <= bid[:-1], bid_size[:-1], 0.0)
        - np.where(ask[1:] <= ask[:-1], ask_size[1:], 0.0)
        + np.where(ask[1:] >= ask[:-1], ask_size[:-1], 0.0)
    )
    for window in (100, 7):
        sums = [flow[max(0, last + 1 - window) : last + 1].sum() for last in range(len(flow))]
        table[f"ofi({window}).e"] = after_warmup(flow, len(bid))
        table[f"ofi({window}).ofi"] = after_warmup(np.array(sums), len(bid))
    return table


def book_table():
    """The first twelve changes of either side of a message, zeros among them, taken for levels."""
    depths = [data for data in messages("depth") if min(len(data["b"]), len(data["a"])) >= 12][:100]
    bids = np.array([[float(size) for _, size in data["b"][:12]] for data in depths])
    asks = np.array([[float(size) for _, size in data["a"][:12]] for data in depths])
    table = {f"bid_sizes{level}": bids[:, level] for level in range(12)}
    table |= {f"ask_sizes{level}": asks[:, level] for level in range(12)}
    for levels in (1, 5, 10, 5000):
        bid, ask = bids[:, :levels].sum(axis=1), asks[:, :levels].sum(axis=1)
        both = bid + ask
        values = np.where(both > 0.0, (bid - ask) / np.where(both > 0.0, both, 1.0), 0.0)
        table[f"depth_imbalance({levels}).imbalance"] = values
    return table


def write(name, table):
    """A table as CSV, each number with all its digits."""
    with (HERE / f"{name}.csv").open("w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(table)
        rows.writerows([repr(float(value)) for value in row] for row in zip(*table.values(), strict=True))


if __name__ == "__main__":
    tables = (price_table, bar_table, trade_table, quote_table, book_table)
    for make_table in tables:
        write(make_table.__name__.removesuffix("_table"), make_table())
