"""The market maker of `quoter.py` as a function for the compiler: the same decisions, operation for operation."""

from __future__ import annotations

import math
from typing import Any

from nanotick.compiler import BUY, POST_ONLY, SELL, cancel, compiled, limit

__all__ = ["quoter"]


@compiled(
    state=[("last_buy_ns", "i8"), ("last_sell_ns", "i8")],
    params={
        "half_spread_bps": 0.5,
        "skew_bps": 1.0,
        "quote_notional": 600.0,
        "max_position_notional": 3000.0,
        "requote_ticks": 5.0,
        "min_interval_ns": 200e6,
    },
    on=("book",),
)
def quoter(view: Any, state: Any, params: Any, orders: Any) -> None:
    """Quotes both sides; see :class:`nanotick.strategies.quoter.Quoter`."""
    if view.book_valid == 0 or view.bid_px == 0 or view.ask_px == 0:
        return
    half = params.half_spread_bps * 1e-4 * view.mid
    exposure = view.position * view.lot * view.mid
    lean = exposure / params.max_position_notional * params.skew_bps * 1e-4 * view.mid
    bid = min(int(math.floor((view.mid - half - lean) / view.tick)), view.ask_px - 1)
    ask = max(int(math.ceil((view.mid + half - lean) / view.tick)), view.bid_px + 1)

    for side in (BUY, SELL):
        last_ns = state.last_buy_ns if side == BUY else state.last_sell_ns
        if view.now_ns - last_ns < int(params.min_interval_ns):
            continue
        adds = exposure * side >= params.max_position_notional
        target = bid if side == BUY else ask
        working = -1
        for i in range(min(view.n_working, 16)):
            if view.order_sides[i] == side:
                working = i
                break
        acted = False
        if working >= 0:
            if adds or abs(view.order_pxs[working] - target) >= int(params.requote_ticks):
                acted = True
                cancel(orders, view.order_ids[working])
        elif not adds:
            acted = True
            lots = int(math.floor(params.quote_notional / (view.mid * view.lot)))
            limit(orders, side, target, lots, POST_ONLY)
        if acted:
            if side == BUY:
                state.last_buy_ns = view.now_ns
            else:
                state.last_sell_ns = view.now_ns
