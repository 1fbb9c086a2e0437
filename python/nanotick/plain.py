"""Runs a compiled strategy's function as plain Python, over the same records: for debugging, with NANOTICK_JIT=0."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from nanotick import compiler
from nanotick.errors import RiskRefused
from nanotick.strategy import Strategy

if TYPE_CHECKING:
    from nanotick._core import Book, Context, FillView, OrderView, TradeView

__all__ = ["PlainStrategy"]

_TIF = {compiler.GTC: "gtc", compiler.IOC: "ioc", compiler.FOK: "fok", compiler.POST_ONLY: "post_only"}


class PlainStrategy(Strategy):
    """Calls the function on every occasion that it declared, and carries out the rows that it wrote."""

    def __init__(self, strategy: compiler.CompiledStrategy) -> None:
        import numpy as np

        super().__init__()
        self._strategy = strategy
        self._view_dtype = compiler.view_dtype(strategy.signals)
        self._state_dtype = strategy.state_dtype()
        self._params = np.rec.array(
            [tuple(strategy.defaults.values()) or (0.0,)], dtype=strategy.params_dtype()
        )[0]
        self._records: dict[str, tuple[Any, Any, Any]] = {}

    def _call(self, occasion: str, ctx: Context) -> None:
        if occasion not in self._strategy.on:
            return
        import numpy as np

        if ctx.symbol not in self._records:
            view = np.frombuffer(memoryview(ctx.memory()), dtype=self._view_dtype).view(np.recarray)[0]
            state = np.zeros(1, self._state_dtype).view(np.recarray)[0]
            sheet = np.zeros(1, compiler.sheet_dtype()).view(np.recarray)[0]
            self._records[ctx.symbol] = view, state, sheet
        view, state, sheet = self._records[ctx.symbol]
        sheet.n = 0
        self._strategy.function(view, state, self._params, sheet)
        for i in range(int(sheet.n)):
            # A refusal is counted and journaled by the engine, as for compiled code.
            with contextlib.suppress(RiskRefused):
                self._carry_out(ctx, sheet, i)

    def _carry_out(self, ctx: Context, sheet: Any, i: int) -> None:
        op, side = int(sheet.op[i]), "buy" if sheet.side[i] == compiler.BUY else "sell"
        px, qty, options = int(sheet.px[i]), int(sheet.qty[i]), int(sheet.options[i])
        order_id = int(sheet.order_id[i])
        if op == compiler._PLACE and options & compiler._MARKET:
            ctx.market(side, qty * ctx.lot)
        elif op == compiler._PLACE:
            ctx.limit(side, px * ctx.tick, qty * ctx.lot, tif=_TIF[options & 0xFF])
        elif op == compiler._AMEND:
            ctx.amend(order_id, px * ctx.tick, qty * ctx.lot)
        elif op == compiler._CANCEL:
            ctx.cancel(order_id)
        elif op == compiler._CANCEL_ALL:
            ctx.cancel_all()
        elif op == compiler._TIMER:
            ctx.set_timer(qty, (px - ctx.now_ns) / 1e9)

    def on_start(self, ctx: Context) -> None:
        self._call("start", ctx)

    def on_book(self, ctx: Context, book: Book) -> None:
        self._call("book", ctx)

    def on_trade(self, ctx: Context, trade: TradeView) -> None:
        self._call("trade", ctx)

    def on_fill(self, ctx: Context, fill: FillView) -> None:
        self._call("fill", ctx)

    def on_order(self, ctx: Context, order: OrderView) -> None:
        self._call("order", ctx)

    def on_timer(self, ctx: Context, timer: int) -> None:
        self._call("timer", ctx)

    def on_connection(self, ctx: Context, connection: str) -> None:
        self._call("connection", ctx)

    def on_stop(self, ctx: Context) -> None:
        self._call("stop", ctx)
