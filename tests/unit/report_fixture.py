"""A made-up run, in memory, in the shape in which the report reads a journal."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nanotick.report.tables import TABLES, Instrument, Run

DTYPES = {
    "equity": [("recv_ns", "<i8"), ("mid_px", "<f8"), ("instrument", "<u2")],
    "fill": [
        ("recv_ns", "<i8"), ("client", "<u8"), ("px", "<i8"), ("qty", "<i8"), ("fee", "<i8"), ("exec_id", "S40"),
        ("instrument", "<u2"), ("side", "u1"), ("is_maker", "u1"),
    ],
    "latency": [
        ("stage", "S16"), ("count", "<u8"),
        *((f"{name}_ns", "<u8") for name in ("min", "p50", "p90", "p99", "p999", "max")),
    ],
    "denied": [("code", "<u2"), ("instrument", "<u2")],
    "connection": [("socket", "u1"), ("state", "u1"), ("instrument", "<u2")],
}  # fmt: skip


def empty(kind: str) -> np.ndarray:
    return np.zeros(0, np.dtype(DTYPES.get(kind, [("instrument", "<u2"), ("recv_ns", "<i8")])))


def run_of(tmp: Path, **tables: np.ndarray) -> Run:
    full = {kind: tables.get(kind, empty(kind)) for kind in TABLES}
    instruments = [
        Instrument(0, "BTCUSDT", 0.1, 0.001, -0.0001, 0.0005),
        Instrument(1, "ETHUSDT", 0.01, 0.01, 0.0002, 0.0005),
    ]
    return Run(
        tmp,
        instruments,
        full,
        start={"session": {"strategy": {"name": "quoter"}, "venue": "bybit"}},
        end={"events": 5},
        records=123,
    )


def lively(tmp: Path, seed: int = 8, seconds: int = 30) -> Run:
    """A session with some hundred fills that looks like a market maker's."""
    rng = np.random.default_rng(seed)
    n = seconds * 10
    equity, fills = [], []
    for instrument, (mid0, jump, tick) in enumerate([(570_000, 4.5, 0.1), (245_000, 9.0, 0.01)]):
        mid = mid0 + np.cumsum(rng.normal(0, jump, n))
        t = 1_700_000_000_000_000_000 + np.arange(n) * 100_000_000 + instrument
        rows = np.zeros(n, np.dtype(DTYPES["equity"]))
        rows["recv_ns"], rows["mid_px"], rows["instrument"] = t, mid * tick, instrument
        equity.append(rows)
        k = 90
        when = np.sort(rng.integers(0, n - 1, k))
        fill = np.zeros(k, np.dtype(DTYPES["fill"]))
        fill["recv_ns"] = t[when] + rng.integers(0, 90_000_000, k)
        fill["side"] = rng.integers(1, 3, k)
        sign = np.where(fill["side"] == 1, 1, -1)
        fill["px"] = (mid[when] - sign * 20).astype(np.int64)
        fill["qty"] = rng.integers(1, 20, k)
        fill["is_maker"] = rng.random(k) < 0.9
        fill["fee"] = (fill["px"] * fill["qty"] * 1e-4 * 0.0002 * 1e12).astype(np.int64)
        fill["instrument"] = instrument
        fill["exec_id"] = [f"e{instrument}-{i}" for i in range(k)]
        fills.append(fill)
    latency = np.array(
        [(b"decode", 28000, 90, 230, 310, 520, 2100, 41000), (b"book", 28000, 20, 60, 90, 150, 900, 22000),
         (b"signals", 28000, 20, 45, 60, 100, 800, 15000), (b"strategy", 9000, 150, 700, 1100, 2400, 9000, 160000),
         (b"risk", 800, 9, 12, 20, 40, 300, 2000), (b"encode", 800, 20, 35, 50, 80, 300, 2500),
         (b"total", 800, 400, 1150, 1900, 4200, 21000, 210000)], np.dtype(DTYPES["latency"])
    )  # fmt: skip
    fill_table = np.concatenate(fills)
    places = np.zeros(400, np.dtype([("instrument", "<u2")]))
    denied = np.array([(3, 0), (3, 0), (7, 1)], np.dtype(DTYPES["denied"]))
    links = np.array(
        [(1, 1, 0), (2, 1, 0), (3, 1, 0), (1, 5, 0), (1, 5, 1), (4, 6, 0)], np.dtype(DTYPES["connection"])
    )
    return run_of(
        tmp,
        equity=np.sort(np.concatenate(equity), order="recv_ns"),
        fill=np.sort(fill_table, order="recv_ns"),
        latency=latency, place=places, denied=denied, connection=links,
    )  # fmt: skip
