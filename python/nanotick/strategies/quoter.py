"""A market maker: one bid and one ask around the mid, leaning against the position.

The quotes stand `half_spread_bps` from a mid that is moved against the position, by `skew_bps` when the position is
full. A side that would add to a full position does not quote. Quotes are post-only and are moved when they are
`requote_ticks` from where they should be, at most once per `min_interval_ns` and side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nanotick.errors import RiskRefused
from nanotick.strategy import Strategy

if TYPE_CHECKING:
    from nanotick._core import Book, Context

__all__ = ["Quoter"]


class Quoter(Strategy):
    """Quotes both sides of each instrument. Sizes in money, so that one setting serves all instruments."""

    half_spread_bps: float = 0.5
    skew_bps: float = 1.0
    quote_notional: float = 600.0
    max_position_notional: float = 3000.0
    requote_ticks: float = 5.0
    min_interval_ns: float = 200e6

    def __init__(self, **params: float) -> None:
        super().__init__(**params)
        self._last_ns: dict[tuple[str, str], int] = {}

    def on_book(self, ctx: Context, book: Book) -> None:
        if not book.valid:
            return
        mid, tick = book.mid, book.tick
        half = self.half_spread_bps * 1e-4 * mid
        exposure = ctx.position_lots * ctx.lot * mid
        lean = exposure / self.max_position_notional * self.skew_bps * 1e-4 * mid
        # Never through the touch: a post-only order that would take is only a wasted message.
        bid = min(math.floor((mid - half - lean) / tick), book.ask_ticks - 1)
        ask = max(math.ceil((mid + half - lean) / tick), book.bid_ticks + 1)
        self._quote_side(ctx, "buy", 1, bid, exposure)
        self._quote_side(ctx, "sell", -1, ask, exposure)

    def _quote_side(self, ctx: Context, side: str, sign: int, target_ticks: int, exposure: float) -> None:
        now_ns = ctx.now_ns
        if now_ns - self._last_ns.get((ctx.symbol, side), 0) < int(self.min_interval_ns):
            return
        adds = exposure * sign >= self.max_position_notional
        working = ctx.working(side)
        try:
            if working is not None:
                order_id, ticks = working
                if adds or abs(ticks - target_ticks) >= int(self.requote_ticks):
                    self._last_ns[ctx.symbol, side] = now_ns
                    ctx.cancel(order_id)
            elif not adds:
                self._last_ns[ctx.symbol, side] = now_ns
                lots = math.floor(self.quote_notional / (ctx.book.mid * ctx.lot))
                ctx.limit(side, target_ticks * ctx.tick, lots * ctx.lot, tif="post_only")
        except RiskRefused:
            pass  # counted and journaled by the engine; the next interval tries again
