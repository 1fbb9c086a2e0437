"""Larger recordings of trades, quotes and books, which come with the project's shared folder only.

Arrays as the formulas take them, and how a formula is compared with numbers that were made without it.
"""

from __future__ import annotations

import csv
import functools
import gzip
import io
import json
import zipfile
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nanotick as nt

DATA = Path(__file__).resolve().parents[3] / "shared/data"
LEVELS = 20


def recording(path: str) -> Path:
    """Skips the test if the recording is not there."""
    if not (DATA / path).exists():
        pytest.skip(f"{path} is not there: it comes with the project's shared folder only")
    return DATA / path


@functools.cache
def day_of_trades(path: str, tick: float) -> SimpleNamespace:
    """A day of Binance's aggregate trades: price, size, side, t_s; price also in whole ticks."""
    with zipfile.ZipFile(recording(path)) as file:
        text = io.TextIOWrapper(file.open(file.namelist()[0]), newline="")
        rows = [row for row in csv.reader(text) if row[0].isdigit()]
    price, size, time_ms = (np.array([float(row[place]) for row in rows]) for place in (1, 2, 5))
    return SimpleNamespace(
        price=price,
        size=size,
        side=np.array([-1.0 if row[6].lower() == "true" else 1.0 for row in rows]),
        t_s=time_ms / 1000.0,
        ticks=np.rint(price / tick).astype(np.int64),
        tick=tick,
    )


@functools.cache
def messages(path: str) -> list[tuple[float, str, dict[str, Any]]]:
    """Receive time in seconds, kind and message; the kind of the REST snapshot is "snapshot"."""
    out = []
    with gzip.open(recording(path), "rt") as lines:
        for line in lines:
            received, _, text = line.partition(" ")
            message = json.loads(text)
            data = message.get("data", message)
            out.append(
                (int(received) / 1e9, data.get("e", "bookTicker" if "u" in data else "snapshot"), data)
            )
    return out


@functools.cache
def quotes(path: str) -> SimpleNamespace:
    """Best quotes: bid, ask, bid_size, ask_size, t_s."""
    rows = [
        (t_s, *(float(data[key]) for key in "baBA"))
        for t_s, kind, data in messages(path)
        if kind == "bookTicker"
    ]
    columns = np.array(rows).T
    return SimpleNamespace(**dict(zip(("t_s", "bid", "ask", "bid_size", "ask_size"), columns, strict=True)))


@functools.cache
def tape(path: str) -> SimpleNamespace:
    """Trades and best quotes on one clock, a row an event: NaN in the columns of the other kind."""
    rows = []
    for t_s, kind, data in messages(path):
        if kind == "bookTicker":
            rows.append([t_s, np.nan, np.nan, np.nan, *(float(data[key]) for key in "ba")])
        elif kind == "trade" and data.get("X", "MARKET") == "MARKET":
            rows.append([t_s, float(data["p"]), float(data["q"]), -1.0 if data["m"] else 1.0, np.nan, np.nan])
    names = ("t_s", "price", "size", "side", "bid", "ask")
    return SimpleNamespace(**dict(zip(names, np.array(rows).T, strict=True)))


class Side:
    """One side of a book, the best first: prices negated on the bid."""

    def __init__(self, sign: float) -> None:
        self.sign = sign
        self.prices: list[float] = []
        self.sizes: dict[float, float] = {}

    def set(self, levels: list[list[str]]) -> None:
        for text, amount in levels:
            price, size = self.sign * float(text), float(amount)
            if size and price not in self.sizes:
                insort(self.prices, price)
            if size:
                self.sizes[price] = size
            elif self.sizes.pop(price, 0.0):
                del self.prices[bisect_left(self.prices, price)]

    def best(self) -> tuple[list[float], list[float]]:
        prices = self.prices[:LEVELS]
        return [self.sign * price for price in prices], [self.sizes[price] for price in prices]


@functools.cache
def books(path: str) -> SimpleNamespace:
    """Books of LEVELS levels after each update since the snapshot, and the trades between them.

    bid_px, bid_sizes, ask_px, ask_sizes, t_s a row a book; `events` has the same columns with a row for each trade
    too, and price, size, side.
    """
    sides = Side(-1.0), Side(1.0)
    last_update, table, is_book = None, [], []
    for t_s, kind, data in messages(path):
        if kind == "snapshot":
            last_update = data["lastUpdateId"]
            for side, name in zip(sides, ("bids", "asks"), strict=True):
                side.set(data[name])
        elif kind == "depthUpdate" and last_update is not None and data["u"] >= last_update:
            for side, name in zip(sides, "ba", strict=True):
                side.set(data[name])
            (bid_px, bid_sizes), (ask_px, ask_sizes) = (side.best() for side in sides)
            table.append([t_s, np.nan, np.nan, np.nan, *bid_px, *bid_sizes, *ask_px, *ask_sizes])
            is_book.append(True)
        elif kind == "trade" and table and data.get("X", "MARKET") == "MARKET":
            trade = [float(data["p"]), float(data["q"]), -1.0 if data["m"] else 1.0]
            table.append([t_s, *trade, *[np.nan] * (4 * LEVELS)])
            is_book.append(False)
    rows = np.array(table)
    names = ("bid_px", "bid_sizes", "ask_px", "ask_sizes")

    def parts(rows: Any) -> dict[str, Any]:
        cut = {
            name: rows[:, 4 + LEVELS * place : 4 + LEVELS * (place + 1)] for place, name in enumerate(names)
        }
        return {"t_s": rows[:, 0]} | {name: np.ascontiguousarray(array) for name, array in cut.items()}

    trades = dict(zip(("price", "size", "side"), rows[:, 1:4].T, strict=True))
    return SimpleNamespace(**parts(rows[np.array(is_book)]), events=SimpleNamespace(**parts(rows), **trades))


@dataclass
class Comparison:
    """A formula at some parameters, its inputs, and its outputs as made without it (on some rows)."""

    params: dict[str, Any]
    inputs: list[Any]
    wanted: dict[str, Any]
    rows: Any = ...
    rtol: float = 1e-9
    atol: float = 1e-12


Table = dict[str, Callable[[Any], Comparison]]


def assert_as_wanted(key: str, case: Comparison) -> None:
    """Every output that is wanted, NaN where it is NaN, and numbers enough."""
    formula = nt.formulas.get(key)(**case.params)
    values = formula.batch(*case.inputs)
    given = dict(zip(formula.outputs, values if len(formula.outputs) > 1 else [values], strict=True))
    for name, wanted in case.wanted.items():
        got = given[name][case.rows]
        wanted = np.asarray(wanted, dtype=np.float64)
        assert np.isfinite(wanted).sum() >= 20, f"{key} {name}: nothing to compare"
        np.testing.assert_allclose(got, wanted, rtol=case.rtol, atol=case.atol, err_msg=f"{key} {name}")


def assert_streaming_is_batch(key: str, params: dict[str, Any], inputs: list[Any]) -> None:
    """Row by row, bit for bit."""
    formula = nt.formulas.get(key)(**params)
    whole = formula.batch(*inputs)
    columns = whole if len(formula.outputs) > 1 else [whole]
    update = nt.formulas.get(key)(**params).update
    rows = [update(*row) for row in zip(*inputs, strict=True)]
    for place, (name, column) in enumerate(zip(formula.outputs, columns, strict=True)):
        values = np.array([row[place] for row in rows] if len(formula.outputs) > 1 else rows)
        np.testing.assert_array_equal(values.view(np.uint64), column.view(np.uint64), err_msg=f"{key} {name}")
