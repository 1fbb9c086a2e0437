"""Strategies that do what they must not, each after it has put an order on the book. Loaded like a user's file."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import nanotick as nt
from nanotick.compiler import BUY, POST_ONLY, compiled, limit


class Resting(nt.Strategy):
    """Rests one buy far below the touch in each instrument, and misbehaves on the first book after it works."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_ns: dict[str, int] = {}

    def on_book(self, ctx: Any, book: Any) -> None:
        if not book.valid:
            return None
        if not any(order for order in ctx.orders):
            if ctx.now_ns - self.asked_ns.get(ctx.symbol, 0) > 100_000_000:
                self.asked_ns[ctx.symbol] = ctx.now_ns
                self.rest(ctx, book)
            return None
        both = ctx.instrument("ETHUSDT").orders and ctx.instrument("BTCUSDT").orders
        # Long enough that the venue has them.
        if both and ctx.now_ns - max(self.asked_ns.values()) > 150_000_000:
            return self.misbehave(ctx, book)
        return None

    def rest(self, ctx: Any, book: Any) -> None:
        with contextlib.suppress(nt.RiskRefused):
            ctx.buy((book.bid_ticks - 200) * ctx.tick, 10 * ctx.lot, tif="post_only")

    def misbehave(self, ctx: Any, book: Any) -> Any:
        """Nothing: the good one."""


class Raises(Resting):
    def misbehave(self, ctx: Any, book: Any) -> None:
        raise ValueError("the sun is in Aries")


class RaisesBase(Resting):
    def misbehave(self, ctx: Any, book: Any) -> None:
        raise SystemExit(0)


class Interrupts(Resting):
    def misbehave(self, ctx: Any, book: Any) -> None:
        raise KeyboardInterrupt


class Loops(Resting):
    def misbehave(self, ctx: Any, book: Any) -> None:
        while True:
            pass


class LoopsStubbornly(Resting):
    """Swallows the interruption: only the end of the process helps."""

    def misbehave(self, ctx: Any, book: Any) -> None:
        while True:
            try:
                while True:
                    pass
            except BaseException:  # noqa: BLE001, S112
                continue


class Sleeps(Resting):
    """Waits inside the system, where no exception reaches it."""

    def misbehave(self, ctx: Any, book: Any) -> None:
        time.sleep(3600)


class Returns(Resting):
    def misbehave(self, ctx: Any, book: Any) -> Any:
        return {"side": "buy"}


class Recurses(Resting):
    def misbehave(self, ctx: Any, book: Any) -> None:
        self.misbehave(ctx, book)  # without end


class Floods(Resting):
    """Far too many orders in one callback."""

    orders = 1_000_000

    def misbehave(self, ctx: Any, book: Any) -> None:
        for i in range(self.orders):
            with contextlib.suppress(nt.RiskRefused):
                ctx.buy((book.bid_ticks - 100 - i % 50) * ctx.tick, ctx.lot * (5 + i % 7))


class FloodsBriefly(Floods):
    """So many that it returns before anybody interrupts it."""

    orders = 5_000


class Nonsense(Resting):
    """Prices and sizes that are none, again and again."""

    def misbehave(self, ctx: Any, book: Any) -> None:
        nan, inf = float("nan"), float("inf")
        for px, qty in (
            (nan, 0.01),
            (inf, 0.01),
            (-1.0, 0.01),
            (book.bid_px + 0.003, 0.01),
            (book.bid_px, nan),
        ):
            for side in ("buy", "sell"):
                with contextlib.suppress(nt.RiskRefused):
                    ctx.limit(side, px, qty)


class Timers(Resting):
    """Asks to be woken a million times."""

    def misbehave(self, ctx: Any, book: Any) -> None:
        for i in range(1, 1_000_001):
            ctx.set_timer(i, 3600.0)


STATE = [("asked_ns", "i8"), ("x", "f8")]


@compiled(state=STATE)
def writes_17_rows(view: Any, state: Any, params: Any, orders: Any) -> None:
    if view.book_valid == 1 and view.n_working == 0 and view.now_ns - state.asked_ns > 100_000_000:
        state.asked_ns = view.now_ns
        limit(orders, BUY, view.bid_px - 200, 10, POST_ONLY)
    elif view.n_working > 0 and view.now_ns - state.asked_ns > 150_000_000:
        for _ in range(17):
            limit(orders, BUY, view.bid_px - 300, 10, POST_ONLY)


@compiled(state=STATE)
def writes_a_bad_row(view: Any, state: Any, params: Any, orders: Any) -> None:
    if view.book_valid == 1 and view.n_working == 0 and view.now_ns - state.asked_ns > 100_000_000:
        state.asked_ns = view.now_ns
        limit(orders, BUY, view.bid_px - 200, 10, POST_ONLY)
    elif view.n_working > 0 and view.now_ns - state.asked_ns > 150_000_000:
        orders.op[0] = 77
        orders.n = 1


@compiled(state=STATE)
def claims_minus_one_rows(view: Any, state: Any, params: Any, orders: Any) -> None:
    if view.book_valid == 1 and view.n_working == 0 and view.now_ns - state.asked_ns > 100_000_000:
        state.asked_ns = view.now_ns
        limit(orders, BUY, view.bid_px - 200, 10, POST_ONLY)
    elif view.n_working > 0 and view.now_ns - state.asked_ns > 150_000_000:
        orders.n = -1


@compiled(state=STATE)
def divides_by_zero(view: Any, state: Any, params: Any, orders: Any) -> None:
    if view.book_valid == 1 and view.n_working == 0 and view.now_ns - state.asked_ns > 100_000_000:
        state.asked_ns = view.now_ns
        limit(orders, BUY, view.bid_px - 200, 10, POST_ONLY)
    elif view.n_working > 0 and view.now_ns - state.asked_ns > 150_000_000:
        state.x = 1.0 / state.x


@compiled(state=STATE)
def never_returns(view: Any, state: Any, params: Any, orders: Any) -> None:
    if view.book_valid == 1 and view.n_working == 0 and view.now_ns - state.asked_ns > 100_000_000:
        state.asked_ns = view.now_ns
        limit(orders, BUY, view.bid_px - 200, 10, POST_ONLY)
    elif view.n_working > 0 and view.now_ns - state.asked_ns > 150_000_000:
        while state.x < 1.0:
            state.x = state.x * 0.5
