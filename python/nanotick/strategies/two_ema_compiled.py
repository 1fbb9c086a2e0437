"""The two-average yardstick of `two_ema.py` as a function for the compiler."""

from __future__ import annotations

from typing import Any

from nanotick.compiler import BUY, IOC, SELL, compiled, limit

__all__ = ["two_ema"]


@compiled(
    state=[("fast", "f8"), ("slow", "f8")],
    params={"fast_alpha": 0.1, "slow_alpha": 0.02, "qty_lots": 1.0},
    on=("book",),
)
def two_ema(view: Any, state: Any, params: Any, orders: Any) -> None:
    """Buys at the ask while the fast average is above the slow one, else sells at the bid."""
    if view.book_valid == 0 or view.bid_px == 0 or view.ask_px == 0:
        return
    state.fast += params.fast_alpha * (view.mid - state.fast)
    state.slow += params.slow_alpha * (view.mid - state.slow)
    qty = int(params.qty_lots)
    if state.fast > state.slow:
        limit(orders, BUY, view.ask_px, qty, IOC)
    else:
        limit(orders, SELL, view.bid_px, qty, IOC)
