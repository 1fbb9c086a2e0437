"""Two exponential averages of the mid: on each book update an immediate-or-cancel order on the faster one's side.

The yardstick of the latency benchmarks, where each message must cause an order. Not a strategy to run with money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nanotick.errors import RiskRefused
from nanotick.strategy import Strategy

if TYPE_CHECKING:
    from nanotick._core import Book, Context

__all__ = ["TwoEma"]


class TwoEma(Strategy):
    """Buys at the ask while the fast average is above the slow one, else sells at the bid."""

    fast_alpha: float = 0.1
    slow_alpha: float = 0.02
    qty_lots: float = 1.0

    def __init__(self, **params: float) -> None:
        super().__init__(**params)
        self._averages: dict[str, list[float]] = {}

    def on_start(self, ctx: Context) -> None:
        self._averages[ctx.symbol] = [0.0, 0.0]

    def on_book(self, ctx: Context, book: Book) -> None:
        if not book.valid:
            return
        averages = self._averages[ctx.symbol]
        mid = book.mid
        averages[0] = fast = averages[0] + self.fast_alpha * (mid - averages[0])
        averages[1] = slow = averages[1] + self.slow_alpha * (mid - averages[1])
        try:
            if fast > slow:
                ctx.buy(book.ask_px, self.qty_lots * ctx.lot, tif="ioc")
            else:
                ctx.sell(book.bid_px, self.qty_lots * ctx.lot, tif="ioc")
        except RiskRefused:
            pass  # counted and journaled by the engine
