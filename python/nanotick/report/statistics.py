"""The figures of a run, from its fills, its account records and its latency records. Pure functions over tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nanotick.report.tables import Instrument, Run, Table

__all__ = ["Curves", "InstrumentCurves", "curves", "figures", "latency", "max_drawdown", "warnings"]

Floats = npt.NDArray[np.float64]

BUY = 1
#: A fee is kept in units of 10^-12 of the settlement coin.
FEE_UNIT = 1e-12
#: Fewer fills or a shorter session than this cannot tell skill from luck.
ENOUGH_FILLS = 1_000
ENOUGH_SECONDS = 30 * 86_400.0
#: The stages in the order in which an event passes them.
STAGE_ORDER = ("receive", "frame", "decode", "book", "signals", "strategy", "risk", "encode", "send", "total")


@dataclass(frozen=True)
class InstrumentCurves:
    """One instrument over time. `t` is seconds since the session began, amounts are settlement coins."""

    instrument: Instrument
    t: Floats
    mid: Floats
    position: Floats
    pnl: Floats
    fill_t: Floats
    fill_px: Floats
    fill_qty: Floats
    fill_sign: Floats
    fill_fee: Floats
    fill_maker: npt.NDArray[np.bool_]
    #: Position in whole lots: before the first fill, and after each.
    held_lots: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curves:
    """All instruments, and the account's profit and drawdown on the times of all of them."""

    by_instrument: list[InstrumentCurves]
    t: Floats
    net_pnl: Floats
    drawdown: Floats
    seconds: float


def curves(run: Run) -> Curves:
    """Profit, position and price over time.

    The profit is computed here from the fills and the mid price, not read from the engine's account: two ways to
    one figure, and `figures` compares their ends.
    """
    equity = run.rows("equity")
    fills = run.rows("fill")
    times = np.concatenate([equity["recv_ns"], fills["recv_ns"]])
    began = int(times.min()) if times.size else 0
    seconds = float(times.max() - began) / 1e9 if times.size else 0.0
    parts = [_instrument_curves(run, instrument, began) for instrument in run.instruments]
    grid = np.unique(np.concatenate([part.t for part in parts])) if parts else np.zeros(0)
    net = np.zeros(grid.size)
    for part in parts:
        net += _hold(part.t, part.pnl, grid)
    return Curves(parts, grid, net, net - np.maximum.accumulate(np.append(0.0, net))[1:], seconds)


def _instrument_curves(run: Run, instrument: Instrument, began: int) -> InstrumentCurves:
    equity = run.rows("equity", instrument.id)
    fills = run.rows("fill", instrument.id)
    fill_t = (fills["recv_ns"] - began) / 1e9
    sign = np.where(fills["side"] == BUY, 1.0, -1.0)
    qty = fills["qty"] * instrument.lot
    px = fills["px"] * instrument.tick
    fee = fills["fee"] * FEE_UNIT
    t = (equity["recv_ns"] - began) / 1e9
    mid = equity["mid_px"].astype(np.float64)
    mid = np.where(np.isfinite(mid) & (mid > 0), mid, np.nan)
    # Fills up to and at each account record count in it.
    n = np.searchsorted(fill_t, t, side="right")
    held_lots = np.append(0, np.cumsum(np.where(fills["side"] == BUY, fills["qty"], -fills["qty"])))
    position = held_lots[n] * instrument.lot
    cash = np.append(0.0, np.cumsum(-sign * qty * px - fee))[n]
    held = np.where(position == 0.0, 0.0, position * np.nan_to_num(mid))
    return InstrumentCurves(
        instrument,
        t,
        mid,
        position,
        cash + held,
        fill_t,
        px,
        qty,
        sign,
        fee,
        fills["is_maker"].astype(bool),
        held_lots,
    )


def _hold(t: Floats, values: Floats, grid: Floats) -> Floats:
    """Values at the times of `grid`: each holds until the next, and before the first there is none."""
    return np.append(0.0, values)[np.searchsorted(t, grid, side="right")]


def max_drawdown(values: Floats) -> float:
    """The deepest fall from a running high that starts at zero, as a positive amount."""
    if not values.size:
        return 0.0
    return float(np.max(np.maximum.accumulate(np.append(0.0, values)) - np.append(0.0, values)))


def latency(run: Run) -> dict[str, dict[str, int]]:
    """Per stage: `min p50 p90 p99 p999 max count`, times in ns. The last record of a stage counts."""
    found: dict[str, dict[str, int]] = {}
    for row in run.rows("latency"):
        if int(row["count"]) == 0:
            continue
        found[row["stage"].decode("ascii", "replace")] = {
            name: int(row[f"{name}_ns"]) for name in ("min", "p50", "p90", "p99", "p999", "max")
        } | {"count": int(row["count"])}
    order = {stage: i for i, stage in enumerate(STAGE_ORDER)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def figures(run: Run, lines: Curves) -> dict[str, Any]:
    """The figures of `report.json`: the account, each instrument, orders, latency."""
    per = [_instrument_figures(run, part) for part in lines.by_instrument]
    fills = sum(entry["fills"] for entry in per)
    makers = sum(entry["maker_fills"] for entry in per)
    end = run.end or {}
    net = float(lines.net_pnl[-1]) if lines.net_pnl.size else 0.0
    return {
        "seconds": lines.seconds,
        "records": run.records,
        "events": end.get("events"),
        "orders": int(run.rows("place").size),
        "amends": int(run.rows("amend").size),
        "cancels": int(run.rows("cancel").size + run.rows("cancel_all").size),
        "denied": _denials(run),
        "fills": fills,
        "maker_share": makers / fills if fills else None,
        "turnover": sum(entry["turnover"] for entry in per),
        "fees_paid": sum(entry["fees_paid"] for entry in per),
        "net_pnl": net,
        "gross_pnl": net + sum(entry["fees_paid"] for entry in per),
        "max_drawdown": max_drawdown(lines.net_pnl),
        "instruments": per,
        "latency_ns": latency(run),
    }


def _instrument_figures(run: Run, part: InstrumentCurves) -> dict[str, Any]:
    notional = part.fill_px * part.fill_qty
    lots = np.diff(part.held_lots)
    places = run.rows("place", part.instrument.id)
    return {
        "symbol": part.instrument.symbol,
        "orders": int(places.size),
        "fills": int(part.fill_t.size),
        "maker_fills": int(part.fill_maker.sum()),
        "bought": _coins(lots[lots > 0].sum(), part.instrument),
        "sold": _coins(-lots[lots < 0].sum(), part.instrument),
        "turnover": float(notional.sum()),
        "fees_paid": float(part.fill_fee.sum()),
        "net_pnl": float(part.pnl[-1]) if part.pnl.size else 0.0,
        "position": _coins(part.held_lots[-1], part.instrument),
        "max_position": _coins(np.abs(part.held_lots).max(), part.instrument),
        "mid_first": _first_finite(part.mid),
        "mid_last": _first_finite(part.mid[::-1]),
    }


def _coins(lots: np.int64, instrument: Instrument) -> float:
    """Whole lots in coins, without the tail that a float product may have."""
    return round(int(lots) * instrument.lot, 12)


def _denials(run: Run) -> dict[str, int]:
    codes: Table = run.rows("denied")
    values, counts = np.unique(codes["code"], return_counts=True)
    return {run.risk_codes.get(int(v), f"code {int(v)}"): int(n) for v, n in zip(values, counts, strict=True)}


def _first_finite(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[0]) if finite.size else None


def warnings(run: Run, numbers: dict[str, Any]) -> list[str]:
    """What a reader must know before believing a figure, worst first."""
    found = []
    if run.end is None:
        found.append(
            "The session did not end in good order: its last record is missing, and the totals may be too."
        )
    for halt in run.notes.get("halt", []):
        found.append(f"The strategy was halted: {halt.get('why', 'no reason was recorded')}.")
    reconciled = run.logged("reconciled")
    if reconciled is not None and not reconciled.get("ok"):
        found.append(
            "Our account and the venue's differ: no figure here can be relied on until that is explained."
        )
    replayed = run.logged("replayed")
    if replayed is not None and not replayed.get("verified"):
        found.append(
            "The replay gave other commands than the session: the strategy depends on something that is not recorded."
        )
    if numbers["fills"] == 0:
        found.append("There was not one fill: the profit says nothing about the strategy.")
    elif numbers["fills"] < ENOUGH_FILLS or numbers["seconds"] < ENOUGH_SECONDS:
        found.append(
            f"{numbers['fills']} fills in {numbers['seconds']:.0f} s are no evidence of profit or loss: "
            "the sample is far too small to tell skill from luck."
        )
    if numbers["fills"] and numbers["fees_paid"] == 0.0:
        found.append("No fee was paid on any fill: check the fee rates before comparing with a real venue.")
    return found
