"""What a Python callback is given: windows on engine memory, and refusals that say what was wrong."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sessions import Run, run_session, venue_server

import nanotick as nt

NAN, INF = float("nan"), float("inf")

#: A wrong call, the exception, and what it must say.
MISTAKES: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "side": (lambda ctx: ctx.limit("bid", 60_000.0, 0.01), ValueError, '"buy" or "sell"'),
    "tif": (lambda ctx: ctx.buy(60_000.0, 0.01, tif="day"), ValueError, '"post_only"'),
    "symbol": (lambda ctx: ctx.instrument("BTCUSD"), KeyError, "it has BTCUSDT, ETHUSDT"),
    "no levels": (lambda ctx: ctx.book.bids(0), ValueError, "1 to 10 levels"),
    "too many levels": (lambda ctx: ctx.book.asks(11), ValueError, "1 to 10 levels"),
    "no signal": (lambda ctx: ctx.signals.rsi, AttributeError, "'rsi'|\"rsi\""),
    "no timer 0": (lambda ctx: ctx.set_timer(0, 1.0), ValueError, "from 1 to 256"),
    "timer in the past": (lambda ctx: ctx.set_timer(1, -1.0), ValueError, "after_s"),
    "timer at no time": (lambda ctx: ctx.set_timer(1, NAN), ValueError, "after_s"),
    "text for a price": (lambda ctx: ctx.buy("60000", 0.01), TypeError, "str|float|number"),
}

#: A call that risk refuses: its code, and what limit and value must be (None: whatever they are).
REFUSALS: dict[str, tuple[Callable[[Any], Any], str, int | None, int | None]] = {
    "px nan": (lambda ctx: ctx.buy(NAN, 0.01), "NOT_FINITE", None, None),
    "px inf": (lambda ctx: ctx.sell(INF, 0.01), "NOT_FINITE", None, None),
    "qty nan": (lambda ctx: ctx.buy(ctx.book.bid_px, NAN), "NOT_FINITE", None, None),
    "market qty inf": (lambda ctx: ctx.market("buy", INF), "NOT_FINITE", None, None),
    "px huge": (lambda ctx: ctx.buy(1e300, 0.01), "NOT_FINITE", None, None),
    "px negative": (lambda ctx: ctx.buy(-1.0, 0.01), "OUT_OF_RANGE", None, -10),
    "px zero": (lambda ctx: ctx.buy(0.0, 0.01), "OUT_OF_RANGE", None, 0),
    "px off tick": (lambda ctx: ctx.buy(ctx.book.bid_px + 0.03, 0.01), "OFF_TICK", None, None),
    "qty off lot": (lambda ctx: ctx.buy(ctx.book.bid_px, 0.0105), "OFF_LOT", None, 10),
    "qty negative": (lambda ctx: ctx.buy(ctx.book.bid_px, -0.01), "MIN_QTY", 1, -10),
    "qty zero": (lambda ctx: ctx.buy(ctx.book.bid_px, 0.0), "MIN_QTY", 1, 0),
    "qty above the limit": (lambda ctx: ctx.buy(ctx.book.bid_px, 0.101), "MAX_QTY", 100, 101),
    "far from the mid": (
        lambda ctx: ctx.buy(float(round(ctx.book.mid * 0.9)), 0.01),
        "PRICE_COLLAR",
        None,
        None,
    ),
    "amend of nothing": (lambda ctx: ctx.amend(12345, ctx.book.bid_px, 0.01), "UNKNOWN_ORDER", None, None),
    "cancel of nothing": (lambda ctx: ctx.cancel(12345), "UNKNOWN_ORDER", None, None),
    "reduce only when flat": (lambda ctx: ctx.market("sell", 0.01, reduce_only=True), "REDUCE_ONLY", None, 0),
}


class Prober(nt.Strategy):
    """Tries everything once on the first good book, and keeps what it must not keep."""

    def __init__(self) -> None:
        super().__init__()
        self.mistakes: dict[str, BaseException] = {}
        self.refusals: dict[str, nt.RiskRefused] = {}
        self.levels: dict[str, Any] = {}
        self.changes = 0
        self.same_memory = False
        self.kept: Any = None
        self.consistent = 0
        self.began_ns = 0

    def on_book(self, ctx: Any, book: Any) -> None:
        if not book.valid or ctx.symbol != "BTCUSDT":
            return
        # Before the reconciliation at the start every order is refused for that alone.
        self.began_ns = self.began_ns or ctx.now_ns
        if ctx.now_ns - self.began_ns < 500_000_000:
            return
        bids, asks = book.bids(10), book.asks(10)
        if self.kept is None:
            self.try_everything(ctx)
            self.kept = ctx
            self.levels = {"bids": bids, "asks": asks, "first": bids.copy()}
            self.same_memory = np.shares_memory(bids, np.frombuffer(ctx.memory(), np.uint8))
        # An array taken at the first call shows the book of this one.
        self.changes += not np.array_equal(self.levels["bids"], self.levels["first"])
        assert np.array_equal(self.levels["bids"], bids)
        assert tuple(bids[0]) == (book.bid_ticks, round(book.bid_qty / book.lot))
        assert tuple(asks[0]) == (book.ask_ticks, round(book.ask_qty / book.lot))
        assert (np.diff(bids[:, 0]) < 0).all() and (np.diff(asks[:, 0]) > 0).all()
        self.consistent += 1

    def try_everything(self, ctx: Any) -> None:
        for name, (call, *_) in MISTAKES.items():
            try:
                call(ctx)
            except Exception as error:  # noqa: BLE001
                self.mistakes[name] = error
        for name, (call, *_) in REFUSALS.items():
            try:
                call(ctx)
            except nt.RiskRefused as error:
                self.refusals[name] = error


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prober, Run]:
    folder = tmp_path_factory.mktemp("probe")
    prober = Prober()
    limits = {"breaker_rejects": 64}
    with venue_server(folder) as server:
        run = run_session(server, prober, folder, seconds=2, limits=limits)
    return prober, run


def test_the_probe_ran(probe: tuple[Prober, Run]) -> None:
    prober, run = probe
    assert run.summary["halted"] is None
    assert prober.consistent > 50


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_raises_and_says_what_is_allowed(probe: tuple[Prober, Run], name: str) -> None:
    _, kind, text = MISTAKES[name]
    error = probe[0].mistakes[name]
    assert type(error) is kind, repr(error)
    assert any(part in str(error) for part in text.split("|")), str(error)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_its_rule(probe: tuple[Prober, Run], name: str) -> None:
    _, code, limit, value = REFUSALS[name]
    refusal = probe[0].refusals[name]
    assert refusal.code == code
    assert limit is None or refusal.limit == limit
    assert value is None or refusal.value == value
    assert code in refusal.message


def test_refusals_are_counted_journaled_and_never_sent(probe: tuple[Prober, Run]) -> None:
    _, run = probe
    assert run.summary["denied"] == len(REFUSALS) == len(list(run.records("denied")))
    assert run.summary["orders"] == 0
    assert not list(run.records("place"))
    assert not run.ledger["orders"]


def test_levels_are_views_of_engine_memory(probe: tuple[Prober, Run]) -> None:
    prober, _ = probe
    bids = prober.levels["bids"]
    assert prober.same_memory
    assert prober.changes > 20
    assert (bids.dtype, bids.shape) == (np.dtype("<i8"), (10, 2))
    assert not bids.flags.owndata
    assert not bids.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        bids[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        bids.base.flags.writeable = True
    assert memoryview(prober.kept.memory()).readonly


def test_memory_outlives_the_session(probe: tuple[Prober, Run]) -> None:
    prober, _ = probe
    gc.collect()
    view = np.frombuffer(prober.kept.memory(), np.uint8)
    assert np.shares_memory(prober.levels["asks"], view)
    assert prober.levels["asks"][0, 0] > prober.levels["bids"][0, 0] > 0


@pytest.mark.parametrize(
    "act",
    [
        lambda ctx: ctx.buy(60_000.0, 0.01),
        lambda ctx: ctx.market("sell", 0.01),
        lambda ctx: ctx.amend(1, 60_000.0, 0.01),
        lambda ctx: ctx.cancel(1),
        lambda ctx: ctx.cancel_all(),
        lambda ctx: ctx.set_timer(1, 1.0),
    ],
)
def test_a_context_kept_beyond_its_callback_is_dead(
    probe: tuple[Prober, Run], act: Callable[[Any], Any]
) -> None:
    with pytest.raises(RuntimeError, match="only from within a callback"):
        act(probe[0].kept)


def test_a_thread_of_the_strategy_cannot_order(venue: Any, tmp_path: Path) -> None:
    import threading

    class Threaded(nt.Strategy):
        errors: list[BaseException] = []  # noqa: RUF012

        def on_book(self, ctx: Any, book: Any) -> None:
            if self.errors:
                return

            def order() -> None:
                try:
                    ctx.buy(book.bid_px, 0.01)
                except Exception as error:  # noqa: BLE001
                    self.errors.append(error)

            thread = threading.Thread(target=order)
            thread.start()
            thread.join(5)
            assert not thread.is_alive()

    run = run_session(venue, Threaded(), tmp_path, seconds=1)
    assert run.summary["halted"] is None
    assert isinstance(Threaded.errors[0], RuntimeError), Threaded.errors
    assert run.summary["orders"] == 0
