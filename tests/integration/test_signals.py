"""Signals: what a strategy is shown is, bit for bit, the formula's batch over inputs rebuilt from the journal by plain
means; and a strategy that trades on them does the same in every host."""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from sessions import Run, replay, run_session, venue_server

import nanotick as nt
from nanotick.compiler import BUY, IOC, SELL, CompiledStrategy, compiled, limit

F = nt.formulas
SIGNALS = {
    "sma": F.sma(15),
    "ema": F.ema(9),
    "rsi": F.rsi(14),
    "macd": F.macd(5, 12, 4),
    "bollinger": F.bollinger(20, 2.0),
    "atr": F.atr(2).on(bar_s=0.25),
    "vwap": F.vwap_session(),
    "microprice": F.microprice_weighted(),
    "imbalance": F.depth_imbalance(5),
    "ofi": F.ofi(30),
    "ema_of_trades": F.ema(7).on("trade"),
    "smooth": F.rsi(14).of(F.ema(5)),
    "variance": F.realized_variance(30),
    "obv": F.obv().on(bar_s=0.25),
    "weighted": F.depth_imbalance_weighted(5),
    "effective": F.effective_spread(),
    "pair": F.rolling_ols(40).on(x="ETHUSDT.mid", y="mid"),
    "tick_rule": F.tick_rule(),
}


class Recorder(nt.Strategy):
    """Keeps every signal's value after every book and trade."""

    signals = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, list[tuple[int, tuple[Any, ...]]]] = defaultdict(list)

    def keep(self, ctx: Any) -> None:
        view = np.frombuffer(ctx.memory(), "<u8")
        signals = ctx.signals
        # The sequence number of the event stands third in the view.
        self.seen[ctx.symbol].append((int(view[2]), tuple(signals[name] for name in SIGNALS)))

    def on_book(self, ctx: Any, book: Any) -> None:
        self.keep(ctx)

    def on_trade(self, ctx: Any, trade: Any) -> None:
        self.keep(ctx)


@compiled(
    state=[("last_ns", "i8")],
    params={"every_ns": 50e6},
    signals={"rsi": F.rsi(14), "macd": F.macd(5, 12, 4), "ofi": F.ofi(30), "ema": F.ema(7).on("trade")},
    on=("book",),
)
def trades_on_signals(view: Any, state: Any, params: Any, orders: Any) -> None:
    """Side and size follow from the last bits of the signals."""
    if view.book_valid == 0 or view.now_ns - state.last_ns < params.every_ns:
        return
    if not view.sig_rsi > 0.0 or not view.sig_ema > 0.0:
        return
    state.last_ns = view.now_ns
    qty = 5 + int(abs(view.sig_macd_hist) * 1e9) % 7
    if view.sig_rsi + view.sig_ofi_ofi % 20.0 > 55.0:
        limit(orders, BUY, view.ask_px, qty, IOC)
    else:
        limit(orders, SELL, view.bid_px, qty, IOC)


@dataclass
class Inputs:
    """One instrument's inputs as the journal has them, and the event behind each."""

    books: list[tuple[int, float, float, float, float, list[float], list[float]]] = field(
        default_factory=list
    )
    trades: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    bars: list[tuple[int, float, float, float, float]] = field(default_factory=list)


def rebuild(run: Run) -> list[Inputs]:
    """Plain books, trades and bars from the journal's records."""
    session = next(run.records("session_start"))["body"]["session"]
    grids = [(float(i["tick"]), float(i["lot"])) for i in session["instruments"]]
    inputs = [Inputs() for _ in grids]
    sides: list[tuple[dict[int, int], dict[int, int]]] = [({}, {}) for _ in grids]
    bars: list[list[tuple[float, float]]] = [[] for _ in grids]
    index = [None] * len(grids)
    now_ns = 0
    length_ns = int(SIGNALS["atr"].bar_s * 1e9)

    def close_bar(i: int, seq: int) -> None:
        if index[i] is not None and now_ns // length_ns > index[i]:
            prices = [px for px, _ in bars[i]]
            volume = 0.0
            for _, size in bars[i]:
                volume += size
            inputs[i].bars.append((seq, max(prices), min(prices), prices[-1], volume))
            index[i], bars[i][:] = None, []

    for record in run.records(
        "book", "trade", "timer", "order", "fill", "position", "connection", "quote", "balance"
    ):
        now_ns = max(now_ns, record["recv_ns"])
        seq, kind = record["seq"], record["kind"]
        if kind == "timer" and record["timer"] == 0:
            for i in range(len(grids)):
                close_bar(i, seq)
        i = record.get("instrument", 0)
        if kind == "trade":
            tick, _ = grids[i]
            side = 1.0 if record["side"] == 1 else -1.0
            px = record["px"] * tick
            inputs[i].trades.append((seq, px, record["qty"] * grids[i][1], side, now_ns / 1e9))
            close_bar(i, seq)
            index[i] = now_ns // length_ns
            bars[i].append((px, record["qty"] * grids[i][1]))
        if kind != "book":
            continue
        for side_levels, changes in zip(sides[i], (record["bids"], record["asks"]), strict=True):
            if record["is_snapshot"]:
                side_levels.clear()
            for px_ticks, qty_lots in changes:
                if qty_lots:
                    side_levels[px_ticks] = qty_lots
                else:
                    side_levels.pop(px_ticks, None)
        bids = sorted(sides[i][0].items(), reverse=True)[:10]
        asks = sorted(sides[i][1].items())[:10]
        tick, lot = grids[i]
        inputs[i].books.append(
            (
                seq,
                bids[0][0] * tick,
                asks[0][0] * tick,
                bids[0][1] * lot,
                asks[0][1] * lot,
                [q * lot for _, q in bids],
                [q * lot for _, q in asks],
            )
        )
        levels = ([px * tick for px, _ in bids], [px * tick for px, _ in asks])
        inputs[i].books[-1] += ((bids[0][0] + asks[0][0]) * 0.5 * tick, *levels)  # type: ignore[operator]
    return inputs


def batches(inputs: Inputs, other: Inputs) -> dict[str, tuple[np.ndarray, list[np.ndarray]]]:
    """Each signal's batch: the sequence numbers of its inputs and its outputs."""
    book_seq = np.array([b[0] for b in inputs.books])
    trade_seq = np.array([t[0] for t in inputs.trades])
    bar_seq = np.array([b[0] for b in inputs.bars])
    mid = np.array([b[7] for b in inputs.books])
    quotes = [np.array([b[k] for b in inputs.books]) for k in (1, 2, 3, 4)]
    sizes = [np.array([b[k][:5] for b in inputs.books]) for k in (5, 6)]
    prices = [np.array([b[k][:5] for b in inputs.books]) for k in (8, 9)]
    trades = [np.array([t[k] for t in inputs.trades]) for k in (1, 2, 3, 4)]
    bars = [np.array([b[k] for b in inputs.bars]) for k in (1, 2, 3, 4)]
    # The logarithm of the C library, which the core calls too; NumPy has its own.
    returns = np.array([np.nan, *(math.log(b / a) for a, b in itertools.pairwise(mid))])
    events = sorted(
        [(b[0], np.nan, np.nan, np.nan, b[1], b[2]) for b in inputs.books]
        + [(t[0], *t[1:4], np.nan, np.nan) for t in inputs.trades]
    )
    other_seq, other_mid = np.array([b[0] for b in other.books]), np.array([b[7] for b in other.books])
    latest = np.searchsorted(other_seq, book_seq, side="right") - 1
    peer = np.where(latest >= 0, other_mid[np.maximum(latest, 0)], np.nan)
    feeds = {
        "atr": (bar_seq, bars[:3]),
        "obv": (bar_seq, bars[2:]),
        "variance": (book_seq, [returns]),
        "weighted": (book_seq, [prices[0], sizes[0], prices[1], sizes[1]]),
        "effective": (
            np.array([e[0] for e in events]),
            [np.array([e[k] for e in events]) for k in range(1, 6)],
        ),
        "pair": (book_seq, [peer, mid]),
        "tick_rule": (trade_seq, trades[:1]),
        "vwap": (trade_seq, [trades[0], trades[1], trades[3]]),
        "microprice": (book_seq, quotes),
        "imbalance": (book_seq, sizes),
        "ofi": (book_seq, quotes),
        "ema_of_trades": (trade_seq, trades[:1]),
    }
    made = {}
    for name, formula in SIGNALS.items():
        seq, columns = feeds.get(name, (book_seq, [mid]))
        out = formula.batch(*columns)
        made[name] = (seq, list(out) if isinstance(out, tuple) else [out])
    return made


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recorder, Run]:
    folder = tmp_path_factory.mktemp("signals")
    recorder = Recorder()
    with venue_server(folder) as server:
        run = run_session(server, recorder, folder, seconds=4)
    return recorder, run


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_is_its_batch_over_the_journal(recorded: tuple[Recorder, Run], name: str) -> None:
    recorder, run = recorded
    place = list(SIGNALS).index(name)
    defined = 0
    both = rebuild(run)
    for inputs, symbol in zip(both, ("BTCUSDT", "ETHUSDT"), strict=True):
        seq, outputs = batches(inputs, both[1])[name]
        seen = recorder.seen[symbol]
        assert len(seen) > 500
        # The value that a strategy saw at an event is that of the last input up to it.
        at = np.searchsorted(seq, [s for s, _ in seen], side="right") - 1
        for k, column in enumerate(outputs):
            values = [v[place] for _, v in seen]
            got = np.array([v[k] if isinstance(v, tuple) else v for v in values])
            wanted = np.where(at >= 0, column[np.maximum(at, 0)] if len(column) else np.nan, np.nan)
            np.testing.assert_array_equal(got, wanted, err_msg=f"{symbol} {name}[{k}]")
            defined += int(np.isfinite(got).sum())
    assert defined > 500, f"{name} was hardly ever defined"


def test_a_replay_shows_the_same_signals(recorded: tuple[Recorder, Run]) -> None:
    recorder, run = recorded
    again = Recorder()
    assert replay(run.path, again)["verified"]
    assert repr(again.seen) == repr(recorder.seen)


@pytest.mark.skipif(
    importlib.util.find_spec("numba") is None,
    reason="Numba is not installed: pip install 'nanotick[compiled]'",
)
def test_trading_on_signals_is_the_same_compiled_and_plain(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("trading-on-signals")
    limits = {"breaker_rejects": 64, "breaker_window_ms": 1}
    strategy = trades_on_signals()
    with venue_server(folder) as server:
        run = run_session(server, strategy, folder, seconds=3, limits=limits)
    assert run.summary["halted"] is None
    assert run.summary["orders"] >= 15
    assert len({record["qty"] for record in run.records("place")}) >= 3
    assert {record["side"] for record in run.records("place")} == {1, 2}
    compiled_found = replay(run.path, strategy)
    monkeypatch.setenv("NANOTICK_JIT", "0")
    plain_found = replay(run.path, strategy)
    for found in (compiled_found, plain_found):
        assert found["verified"], found["first_difference"]
        assert found["state_hash"] == run.summary["state_hash"]
    assert isinstance(strategy, CompiledStrategy)
