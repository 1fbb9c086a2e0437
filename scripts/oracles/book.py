"""Order book shape and manipulation, on rebuilt books, recorded trades and scenes worked out by hand."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from math import exp
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy
from scipy import stats

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

SCIPY = f"SciPy {scipy.__version__}"
DIRECT = "closed form: NumPy from the definition"
NAN = np.nan


def cases() -> Iterator[Case]:
    """Every formula of the category at its default and at other parameters."""
    yield from _shape()
    yield from _pressure_and_slope()
    yield from _sweep()
    yield from _walls()
    yield from _rates()
    yield from _tape()
    yield from _spoofing()
    yield from _layering()
    yield from _icebergs()
    yield from _recorded()
    yield from _queue()


def _book(count: int = 60) -> SimpleNamespace:
    return datasets.books(count)


def _columns(book: SimpleNamespace) -> list[Any]:
    return [book.bid_px, book.bid_sizes, book.ask_px, book.ask_sizes]


def _scene(*rows: tuple[list[float], ...]) -> list[Any]:
    """Columns of books: a row is bid prices, bid sizes, ask prices, ask sizes."""
    return [np.array([row[column] for row in rows], dtype=float) for column in range(4)]


def _mid(book: SimpleNamespace) -> Any:
    return (book.bid_px[:, 0] + book.ask_px[:, 0]) / 2


#: 10 at 99, 20 at 98; 10 at 101, 40 at 103; then a book without asks; then one without its second levels.
SMALL = _scene(
    ([99.0, 98.0], [10.0, 20.0], [101.0, 103.0], [10.0, 40.0]),
    ([99.0, 98.0], [10.0, 20.0], [101.0, 103.0], [0.0, 0.0]),
    ([99.0, 0.0], [10.0, 0.0], [101.0, 0.0], [10.0, 0.0]),
)


def _shape() -> Iterator[Case]:
    book = _book()
    for levels in (10, 1, 3, 50):
        bids, asks = book.bid_sizes[:, :levels].sum(axis=1), book.ask_sizes[:, :levels].sum(axis=1)
        yield Case("depth_imbalance", {"levels": levels}, [book.bid_sizes, book.ask_sizes],
                   {"imbalance": (bids - asks) / (bids + asks)}, DIRECT, "closed form", 1e-12)  # fmt: skip
    empty = np.zeros((1, 3))
    yield Case(
        "depth_imbalance", {}, [empty, empty], {"imbalance": [0.0]}, "by hand: an empty book", "scripted"
    )
    mid = _mid(book)[:, None]
    for levels, decay in ((20, 5.0), (7, 0.2)):
        bids, asks = (
            (np.exp(-1e4 * np.abs(px - mid) / (mid * decay)) * sizes)[:, :levels].sum(axis=1)
            for px, sizes in ((book.bid_px, book.bid_sizes), (book.ask_px, book.ask_sizes))
        )
        yield Case("depth_imbalance_weighted", {"levels": levels, "decay_bps": decay}, _columns(book),
                   {"imbalance": (bids - asks) / (bids + asks)}, DIRECT, "closed form")  # fmt: skip
    # 100 is the mid: weights e^-1 at 1 away, e^-2 at 2, e^-3 at 3.
    bids, asks = 10 * exp(-1) + 20 * exp(-2), 10 * exp(-1) + 40 * exp(-3)
    yield Case("depth_imbalance_weighted", {"decay_bps": 100.0}, SMALL,
               {"imbalance": [(bids - asks) / (bids + asks), NAN, 0.0]}, "by hand", "scripted")  # fmt: skip
    for tenths in (100, 1, 3):  # bps times ten
        yield Case("depth_within_bps", {"bps": tenths / 10}, _columns(book), _within(book, tenths),
                   "closed form: prices as whole numbers, so that the limit is exact", "closed form")  # fmt: skip
    expected = {"bid_depth": [30.0, NAN, 10.0], "ask_depth": [10.0, NAN, 10.0],
                "bid_notional": [990.0 + 1960.0, NAN, 990.0], "ask_notional": [1010.0, NAN, 1010.0]}  # fmt: skip
    yield Case(
        "depth_within_bps", {"bps": 200.0}, SMALL, expected, "by hand: a level at the limit", "scripted"
    )


def _within(book: SimpleNamespace, tenths: int) -> dict[str, Any]:
    bid, ask = np.rint(book.bid_px * 10).astype(np.int64), np.rint(book.ask_px * 10).astype(np.int64)
    both = bid[:, :1] + ask[:, :1]
    near_bid = 2 * bid * 100_000 >= both * (100_000 - tenths)
    near_ask = 2 * ask * 100_000 <= both * (100_000 + tenths)
    return {
        "bid_depth": (near_bid * book.bid_sizes).sum(axis=1),
        "ask_depth": (near_ask * book.ask_sizes).sum(axis=1),
        "bid_notional": (near_bid * book.bid_sizes * book.bid_px).sum(axis=1),
        "ask_notional": (near_ask * book.ask_sizes * book.ask_px).sum(axis=1),
    }


def _pressure_and_slope() -> Iterator[Case]:
    book = _book()
    mid = _mid(book)
    for n1, n2 in ((2, 10), (1, 1), (3, 20)):
        cut = slice(n1 - 1, n2)
        size = np.hstack([book.bid_sizes[:, cut], book.ask_sizes[:, cut]]).astype(np.longdouble)
        price = np.hstack([book.bid_px[:, cut], book.ask_px[:, cut]])
        wp = (size * price).sum(axis=1) / size.sum(axis=1)
        yield Case("book_pressure", {"n1": n1, "n2": n2}, _columns(book),
                   {"wp": wp, "deviation_bps": 1e4 * (wp / mid - 1)}, DIRECT, "closed form")  # fmt: skip
    # The second levels: 20 at 98 and 40 at 103.
    yield Case("book_pressure", {"n1": 2, "n2": 2}, SMALL, {"wp": [(1960 + 4120) / 60, NAN, 100.0],
               "deviation_bps": [1e4 * 4 / 300, NAN, 0.0]}, "by hand", "scripted")  # fmt: skip
    # Sizes in thousandths of a coin, of which a level has more than one.
    thousands = [book.bid_px, book.bid_sizes * 1000, book.ask_px, book.ask_sizes * 1000]
    for levels in (5, 2, 12):
        bid = _slope(thousands[0], thousands[1], mid, levels)
        ask = _slope(thousands[2], thousands[3], mid, levels)
        yield Case("book_slope", {"levels": levels}, thousands,
                   {"slope_bid": bid, "slope_ask": ask, "slope": (bid + ask) / 2}, DIRECT, "closed form")  # fmt: skip
    bid = (np.log(10) / 0.01 + (np.log(30) / np.log(10) - 1) / (1 / 99)) / 2
    ask = (np.log(10) / 0.01 + (np.log(50) / np.log(10) - 1) / (2 / 101)) / 2
    yield Case("book_slope", {"levels": 2}, SMALL, {"slope_bid": [bid, NAN, NAN], "slope_ask": [ask, NAN, NAN],
               "slope": [(bid + ask) / 2, NAN, NAN]}, "by hand", "scripted")  # fmt: skip


def _slope(px: Any, sizes: Any, mid: Any, levels: int) -> Any:
    v = np.log(np.cumsum(sizes.astype(np.longdouble), axis=1))[:, :levels]
    p = np.column_stack([mid, px[:, :levels]]).astype(np.longdouble)
    gaps = np.abs(p[:, 1:] / p[:, :-1] - 1)
    growth = np.column_stack([v[:, 0], v[:, 1:] / v[:, :-1] - 1])
    slope = (growth / gaps).mean(axis=1)
    return np.where(sizes[:, 0] > 1, slope, NAN).astype(float)


def _sweep() -> Iterator[Case]:
    book = _book()
    mid = _mid(book)
    for notional in (10_000.0, 500_000.0, 3_000_000.0, 1.0):
        params = {"notional": notional}
        buy, filled_buy = _vwap(book.ask_px, book.ask_sizes, notional)
        sell, filled_sell = _vwap(book.bid_px, book.bid_sizes, notional)
        filled = filled_buy & filled_sell
        buy_bps, sell_bps = (1e4 * (buy / mid - 1)).astype(float), (1e4 * (1 - sell / mid)).astype(float)
        expected = {
            "buy_vwap": buy,
            "sell_vwap": sell,
            "buy_bps": buy_bps,
            "sell_bps": sell_bps,
            "filled": filled,
        }
        yield Case("sweep_cost", params, _columns(book), expected, DIRECT, "closed form")
        spread = 1e4 * (book.ask_px[:, 0] - book.bid_px[:, 0]) / mid
        round_trip = np.where(filled, buy_bps + sell_bps, NAN)
        yield Case("xlm", params, _columns(book), {"xlm_bps": round_trip, "liquidity_premium": spread,
                   "adverse": round_trip - spread}, DIRECT, "closed form")  # fmt: skip
    # 990 of bids at 99, then 490 of 98: 5 of them; 1010 at 101, then 470 at 103. Then nothing; then too little.
    sell, buy = 1480 / 15, 1480 / (10 + 470 / 103)
    yield Case(
        "sweep_cost",
        {"notional": 1480.0},
        SMALL,
        {
            "buy_vwap": [buy, NAN, 101.0],
            "sell_vwap": [sell, NAN, 99.0],
            "buy_bps": [1e4 * (buy / 100 - 1), NAN, 100.0],
            "sell_bps": [1e4 * (1 - sell / 100), NAN, 100.0],
            "filled": [1.0, NAN, 0.0],
        },
        "by hand",
        "scripted",
    )
    costs = 1e4 * (buy - sell) / 100
    yield Case(
        "xlm",
        {"notional": 1480.0},
        SMALL,
        {
            "xlm_bps": [costs, NAN, NAN],
            "liquidity_premium": [200.0, NAN, 200.0],
            "adverse": [costs - 200.0, NAN, NAN],
        },
        "by hand",
        "scripted",
    )


def _vwap(px: Any, sizes: Any, notional: float) -> tuple[Any, Any]:
    """By cumulative notional: the levels before the one in which it is reached, and a part of that one."""
    px, sizes = px.astype(np.longdouble), sizes.astype(np.longdouble)
    money = np.cumsum(px * sizes, axis=1)
    vwap, filled = [], []
    for row, total in enumerate(money):
        last = int(np.searchsorted(total, notional))
        filled.append(last < len(total))
        whole = sizes[row, :last].sum()
        spent = total[last - 1] if last else 0.0
        size = whole + ((notional - spent) / px[row, last] if filled[-1] else 0.0)
        vwap.append((notional if filled[-1] else spent) / size)
    return np.array(vwap), np.array(filled)


def _walls() -> Iterator[Case]:
    book = _book()
    for levels, k in ((20, 5.0), (6, 3.0), (1, 2.0)):
        hhi, ratio, place = [], [], []
        for px, sizes in ((book.bid_px, book.bid_sizes), (book.ask_px, book.ask_sizes)):
            cut = sizes[:, :levels]
            hhi.append((cut**2).sum(axis=1) / cut.sum(axis=1) ** 2)
            ratio.append(cut.max(axis=1) / np.median(cut, axis=1))
            place.append(px[np.arange(len(px)), cut.argmax(axis=1)])
        most = np.maximum(*ratio)
        wall = np.where(most >= k, np.where(ratio[1] > ratio[0], place[1], place[0]), NAN)
        yield Case(
            "depth_hhi",
            {"levels": levels, "k": k},
            _columns(book),
            {"hhi": np.maximum(*hhi), "wall_price": wall, "wall_ratio": most},
            DIRECT,
            "closed form",
        )
    # Shares 1/3, 2/3 and 1/5, 4/5; medians 15 and 25.
    yield Case("depth_hhi", {"k": 1.5}, SMALL, {"hhi": [0.68, 5 / 9, 1.0], "wall_price": [103.0, NAN, NAN],
               "wall_ratio": [1.6, 4 / 3, 1.0]}, "by hand", "scripted")  # fmt: skip


def _rates() -> Iterator[Case]:
    book = datasets.books(150)
    # Levels that rose and fell stand for orders added and cancelled.
    change = np.vstack([np.zeros(20), np.diff(book.bid_sizes, axis=0)])
    adds, cancels = (change > 0).sum(axis=1).astype(float), (change < 0).sum(axis=1).astype(float)
    trades = (np.arange(150) % 7 == 3).astype(float)
    for tau in (60.0, 0.5):
        weights = np.tril(np.exp(-np.maximum(book.t_s[:, None] - book.t_s[None, :], 0) / tau))
        a, c, n = (weights @ counts for counts in (adds, cancels, trades))
        with np.errstate(divide="ignore"):
            otr = np.where(a + c > 0, (a + c) / n, 0.0)
        ratio = np.where(c > 0, c / np.where(a > 0, a, 1.0), 0.0)
        yield Case(
            "cancel_rate",
            {"tau_s": tau},
            [adds, cancels, trades, book.t_s],
            {"cancel_ratio": ratio, "otr": otr},
            "closed form: the sum over all earlier rows",
            "closed form",
        )
    # One add; one cancel after ln 2 of tau, which halves the add; a trade after the same again.
    half = [0.0, np.log(2.0), 2 * np.log(2.0)]
    yield Case(
        "cancel_rate",
        {"tau_s": 1.0},
        [np.array(x) for x in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0], half)],
        {"cancel_ratio": [0.0, 2.0, 2.0], "otr": [np.inf, np.inf, 0.375]},
        "by hand",
        "scripted",
    )
    tape = datasets.tape(1200)
    is_trade = ~np.isnan(tape.price)
    inputs = [(~is_trade).astype(float), is_trade.astype(float), tape.t_s]
    for bin_ms, window, z, otr in ((20.0, 60, 2.0, 3.0), (50.0, 20, 1.0, 10.0)):
        yield _stuffing(inputs, bin_ms, window, z, otr)
    # Bins of 1 s with 0, 20, 0, 20, ... twelve times: mean 10, deviation sqrt(1200/11); then 80 messages and 1 trade,
    # a bin without anything, and one message more.
    messages = np.array([0.0, 20.0] * 6 + [80.0, 1.0, 0.0])
    deviation = np.sqrt(12 * 100 / 11)
    z_score = 70 / deviation
    yield Case(
        "quote_stuffing",
        {"bin_ms": 1000.0, "window": 12},
        [messages, np.array([0.0] * 12 + [1.0, 0.0, 0.0]), np.array([*range(13), 14.5, 14.6])],
        {"zscore": [NAN] * 13 + [z_score] * 2, "stuffing": [NAN] * 13 + [1.0] * 2},
        "by hand",
        "scripted",
    )


def _stuffing(inputs: list[Any], bin_ms: float, window: int, z: float, otr: float) -> Case:
    messages, trades, t_s = inputs
    bins = np.floor(t_s / (bin_ms / 1e3)).astype(np.int64)
    bins -= bins[0]
    m = np.bincount(bins, weights=messages)
    n = np.bincount(bins, weights=trades)
    score, flag = np.full(len(m), NAN), np.full(len(m), NAN)
    for b in range(window, len(m)):
        past = m[b - window : b]
        score[b] = (m[b] - past.mean()) / max(past.std(ddof=1), 1.0)
        flag[b] = score[b] > z and m[b] / max(n[b], 1.0) > otr
    # Of the bins before a row's own, the last one in which a row fell.
    filled = [bins[bins < b].max(initial=-1) for b in bins]
    zscore = [score[b] if b >= 0 else NAN for b in filled]
    stuffing = [flag[b] if b >= 0 else NAN for b in filled]
    return Case("quote_stuffing", {"bin_ms": bin_ms, "window": window, "z": z, "otr": otr}, inputs,
                {"zscore": zscore, "stuffing": stuffing}, DIRECT, "closed form")  # fmt: skip


def _tape() -> Iterator[Case]:
    trades = datasets.trades(500)
    inputs = [trades.price, trades.size, trades.side, trades.t_s]
    for horizon, tol, window in ((1.0, 1e-9, 100), (5.0, 0.05, 60)):
        yield Case("wash_trade_matched", {"horizon_s": horizon, "tol": tol, "window": window}, inputs,
                   {"share": _matched(inputs, horizon, tol, window)}, "closed form: matches listed first, then summed",
                   "closed form")  # fmt: skip
    # 2 and 2 match at 1 s; the sale of 3 is too late for the purchase of 3; the last sale has nothing left to match.
    scene = [
        [100.0] * 10,
        [2.0, 2.0, 3.0, 3.0, 2.0, 1.0, 1.0, 4.0, 4.0, 4.0],
        [1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0],
        [0.0, 1.0, 2.0, 3.5, 3.6, 4.0, 4.1, 4.2, 4.3, 4.4],
    ]
    yield Case("wash_trade_matched", {"window": 10}, [np.array(column) for column in scene],
               {"share": [NAN] * 9 + [12.0 / 26.0]}, "by hand", "scripted")  # fmt: skip
    digits = np.array([int(str(f"{size:.3f}").replace(".", "").lstrip("0")[0]) for size in trades.size])
    for window in (50, 300):
        counts = np.array([np.bincount(w, minlength=10)[1:] for w in windows(digits, window)])
        expected = window * np.log10(1 + 1 / np.arange(1, 10))
        tests = [stats.chisquare(row, expected) for row in counts]
        mad = np.abs(counts / window - expected / window).mean(axis=1)
        yield Case("benford_chi2", {"window": window}, [trades.size],
                   {"chi2": after_warmup([test.statistic for test in tests], 500),
                    "p_value": after_warmup([test.pvalue for test in tests], 500), "mad": after_warmup(mad, 500)},
                   SCIPY, "library", note="digits from the decimal text of the sizes")  # fmt: skip
    bars = datasets.bars(count=300)
    for window, price_k, volume_k in ((12, 1.05, 3.0), (12, 1.001, 1.5), (5, 1.0005, 2.0)):
        price = bars.high[window:] > price_k * windows(bars.close, window)[:-1].mean(axis=1)
        volume = bars.volume[window:] > volume_k * windows(bars.volume, window)[:-1].mean(axis=1)
        flags = {"price_anomaly": price, "volume_anomaly": volume, "pump": price & volume}
        yield Case("pump_dump", {"window": window, "price_k": price_k, "vol_k": volume_k},
                   [bars.high, bars.close, bars.volume],
                   {name: after_warmup(flag, 300) for name, flag in flags.items()}, DIRECT, "closed form")  # fmt: skip


def _matched(inputs: list[Any], horizon: float, tol: float, window: int) -> Any:
    price, size, side, t_s = inputs
    partner_at = np.full(len(price), np.iinfo(int).max)  # the row in which a trade is found to be matched
    for i in range(len(price)):
        for j in range(max(0, i - window + 1), i):
            free = partner_at[j] == np.iinfo(int).max and side[j] != side[i] and t_s[i] - t_s[j] <= horizon
            same = all(abs(x[i] - x[j]) <= tol * max(x[i], x[j]) for x in (price, size))
            if free and same:
                partner_at[i] = partner_at[j] = i
                break
    share = []
    for end in range(window, len(price) + 1):
        cut = slice(end - window, end)
        share.append(size[cut][partner_at[cut] < end].sum() / size[cut].sum())
    return after_warmup(share, len(price))


def _events(rows: list[tuple[float, Any, Any]]) -> list[Any]:
    """Columns of (time, book or None, trade or None)."""
    width = next(len(book[0]) for _, book, _ in rows if book)
    none = ([NAN] * width,) * 4
    books = _scene(*(book or none for _, book, _ in rows))
    trades = np.array([trade or (NAN, NAN, NAN) for _, _, trade in rows], dtype=float)
    return [*books, *trades.T.copy(), np.array([t for t, _, _ in rows])]


def _mirrored(book: Any) -> Any:
    """Bids and asks changed, about a price of 100."""
    bid_px, bid_sizes, ask_px, ask_sizes = book
    return ([200 - px for px in ask_px], ask_sizes, [200 - px for px in bid_px], bid_sizes)


def _spoofing() -> Iterator[Case]:
    def book(bids: list[float], asks: list[float]) -> Any:
        return ([100.0, 99.0], bids, [101.0, 102.0], asks)

    rows = [
        (0.0, book([1, 1], [1, 1]), None),
        (1.0, book([1, 11], [1, 1]), None),  # 10 added at 99: the first candidate
        (2.0, None, (101.0, 1.0, 1)),  # a buyer takes
        (2.5, book([1, 1], [1, 1]), None),  # all 10 cancelled: a spoof on the bid
        (3.0, book([1, 1], [1, 9]), None),  # 8 added at 102: the second candidate
        (4.0, None, (100.0, 1.0, -1)),  # a seller takes
        (4.5, None, (102.0, 3.0, 1)),  # 3 of the 8 are executed,
        (4.8, book([1, 1], [1, 1]), None),  # so that only 5 of them are cancelled: no spoof
        (7.1, book([1, 1], [1, 1]), None),
        (7.2, book([30, 1], [1, 1]), None),  # the third candidate
        (7.3, book([1, 1], [1, 1]), None),  # cancelled before anybody took,
        (7.4, None, (101.0, 1.0, 1)),  # which is a spoof in either order
    ]
    t = np.array([row[0] for row in rows])

    def decayed(*since: float) -> Any:
        return sum(np.where(t >= s, np.exp(-(t - s) / 100), 0.0) for s in since)

    candidates = decayed(1.0, 3.0, 7.2)
    events = np.where(t >= 2.5, decayed(1.0), 0.0) + np.where(t >= 7.4, decayed(7.2), 0.0)
    params = {"levels": 2, "k": 3.0, "horizon_s": 2.0, "tau_s": 100.0}
    expected = {
        "score": events / np.maximum(candidates, 1.0),
        "events_buy": events,
        "events_sell": 0 * events,
    }
    yield Case("spoof_score", params, _events(rows), expected, "by hand", "scripted")
    mirrored = [
        (t, book and _mirrored(book), trade and (200 - trade[0], trade[1], -trade[2]))
        for t, book, trade in rows
    ]
    expected = {
        "score": events / np.maximum(candidates, 1.0),
        "events_buy": 0 * events,
        "events_sell": events,
    }
    yield Case("spoof_score", params, _events(mirrored), expected, "by hand: bid and ask changed", "scripted")
    # The buyer comes 2 s after the addition, which is in time, and the cancellation 2.5 s after, which is not.
    late = [rows[0], rows[1], (3.0, None, (101.0, 1.0, 1)), (3.5, book([1, 1], [1, 1]), None)]
    yield Case("spoof_score", params, _events(late), {"score": [0.0] * 4, "events_buy": [0.0] * 4}, "by hand: too late",
               "scripted")  # fmt: skip
    # The levels move up by one price: 98 comes into sight beyond the last level known, and is no addition.
    moved = [
        (0.0, ([101.0, 100.0], [1, 1], [102.0, 103.0], [1, 1]), None),
        (0.5, ([100.0, 98.0], [1, 50], [102.0, 103.0], [1, 1]), None),
        (0.6, None, (102.0, 1.0, 1)),
        (0.7, ([100.0, 98.0], [1, 1], [102.0, 103.0], [1, 1]), None),
    ]
    yield Case(
        "spoof_score",
        params,
        _events(moved),
        {"score": [0.0] * 4},
        "by hand: a level that was out of sight",
        "scripted",
    )


def _layering() -> Iterator[Case]:
    def book(bids: list[float], asks: list[float]) -> Any:
        return ([100.0, 99.0, 98.0], bids, [101.0, 102.0, 103.0], asks)

    rows = [
        (0.0, book([1, 1, 1], [1, 1, 1]), None),
        (1.0, book([1, 4, 4], [1, 1, 1]), None),  # two layers of 3: an episode on the bid
        (2.0, book([1, 4, 4], [1, 1, 1]), None),
        (3.0, book([1, 1, 4], [1, 1, 1]), None),  # half of the 6 is gone: confirmed
        (5.0, book([1, 1, 4], [1, 1, 1]), None),
        (8.0, book([9, 9, 4], [1, 9, 9]), None),  # both sides at once: no episode
        (9.0, book([1, 1, 1], [1, 1, 1]), None),
        (20.0, book([1, 1, 1], [9, 9, 1]), None),  # an episode on the ask
        (20.5, None, (101.0, 2.0, 1)),
        (21.0, book([1, 1, 1], [1, 1, 1]), None),  # 2 of the 16 were executed, 14 cancelled: confirmed
        (22.0, None, (101.0, 2.0, 1)),
    ]
    t = np.array([row[0] for row in rows])
    score = np.select([t >= 21, t >= 3], [2 * np.exp(-(t - 21) / 5), 2 * np.exp(-(t - 3) / 5)], 0.0)
    side = np.select([t >= 21, t >= 3], [-1.0, 1.0], 0.0)
    params = {"levels": 3, "min_levels": 2, "k": 2.0, "horizon_s": 5.0, "tau_s": 100.0}
    yield Case("layering_score", params, _events(rows), {"score": score, "side": side}, "by hand", "scripted")
    # 4 at 98, of which 3 are left when 4 at 99 make it an episode: of these 7, half is 3.5, which leaves 99 at last.
    partly = [
        (0.0, book([1, 1, 1], [1, 1, 1]), None),
        (1.0, book([1, 1, 5], [1, 1, 1]), None),
        (2.0, book([1, 1, 4], [1, 1, 1]), None),
        (3.0, book([1, 5, 4], [1, 1, 1]), None),
        (4.0, book([1, 2, 4], [1, 1, 1]), None),
        (4.5, book([1, 1.5, 4], [1, 1, 1]), None),
    ]
    expected = {"score": [0.0] * 5 + [2.0], "side": [0.0] * 5 + [1.0]}
    yield Case("layering_score", params, _events(partly), expected, "by hand: partly gone before", "scripted")
    # Executed and not cancelled: no layering. Then cancelled after the horizon: none either.
    executed = [*rows[:2], (1.5, None, (99.0, 3.0, -1)), (1.6, None, (98.0, 3.0, -1)), rows[6]]
    late = [*rows[:2], (6.5, book([1, 1, 1], [1, 1, 1]), None)]
    for scene, name in ((executed, "executed"), (late, "too late")):
        zeros = [0.0] * len(scene)
        yield Case("layering_score", params, _events(sorted(scene, key=lambda row: row[0])),
                   {"score": zeros, "side": zeros}, f"by hand: {name}", "scripted")  # fmt: skip


def _icebergs() -> Iterator[Case]:
    def book(bid: float, bid_size: float, ask: float, ask_size: float) -> Any:
        return ([bid], [bid_size], [ask], [ask_size])

    rows = [
        (0.0, book(100, 10, 101, 10), None, (0.0, 0, 0)),
        (0.01, None, (101, 6, 1), (0.6, 0, 0)),
        (0.05, book(100, 10, 101, 10), None, (0.6, 1, 0)),  # 6 of 10 were taken and 10 are there
        (0.06, None, (101, 6, 1), (1.2, 1, 0)),
        (
            0.10,
            book(100, 10, 101, 9),
            None,
            (1.2, 2, 1),
        ),  # 9 of 10 are a refill, and 12 were executed of 10 shown
        (0.20, None, (101, 0.5, 1), (1.25, 2, 1)),
        (0.25, book(100, 10, 101, 10), None, (1.25, 2, 1)),  # half a coin of 9 needs no refill
        (0.30, None, (100, 20, -1), (1.25, 2, 1)),  # the bid, but it is not flagged
        (0.39, book(100, 10, 102, 5), None, (2.0, 1, 0)),  # the ask is another level; the bid is refilled
        (1.00, None, (102, 4, 1), (2.0, 1, 0)),
        (1.50, book(100, 10, 102, 5), None, (2.0, 1, 0)),  # too late
        (1.60, book(101, 1, 102, 5), None, (0.8, 0, 0)),  # the bid is another level: the ask's 4 of 5 remain
    ]
    out = np.array([row[3] for row in rows], dtype=float)
    expected = {"executed_over_displayed": out[:, 0], "refills": out[:, 1], "flag": out[:, 2]}
    params = {"refill_s": 0.1, "min_refills": 2}
    yield Case("iceberg_score", params, _events([row[:3] for row in rows]), expected, "by hand", "scripted")


def _queue() -> Iterator[Case]:
    def book(size: float, asks: list[float] | None = None) -> Any:
        return ([100.0, 99.0], [size, 5.0], asks or [101.0, 102.0], [4.0, 4.0])

    none = (NAN, NAN, NAN)
    rows: list[tuple[Any, Any, Any, list[tuple[float, float]]]] = [
        (book(10), none, none, [(NAN, NAN)]),
        (None, none, (100, 2, 1), [(10, 0)]),  # our bid of 2 behind 10
        (book(15), none, none, [(10, 3)]),  # 3 more behind us
        (None, (100, 4, -1), none, [(6, 3)]),
        (book(11), none, none, [(6, 3)]),  # the trade, and nothing else
        (book(8), none, none, [(4, 2), (6, 0), (3, 3)]),  # 3 cancelled: in proportion, behind us, ahead of us
        (None, (100, 5, -1), none, [(0, 1), (1, 0), (0, 1)]),
        (None, none, (100, 1, 1), [(0, 2), (1, 1), (0, 2)]),  # 1 of our 2 was filled
        (None, (100, 9, 1), none, [(0, 2), (1, 1), (0, 2)]),  # a buyer took: not from the bids
        (None, none, (100, 0, 1), [(NAN, NAN)]),  # withdrawn
        (None, none, (90, 1, 1), [(NAN, NAN)]),  # beyond what the book shows
        (None, none, (102, 1, -1), [(4, 0)]),
        (book(8, [101.0, 103.0]), none, none, [(0, 0)]),  # the level is gone
    ]
    books = _events([(0.0, book, None) for book, *_ in rows])[:4]
    trades, orders = (np.array([row[column] for row in rows], dtype=float).T.copy() for column in (1, 2))
    for place, rule in enumerate(("proportional", "pessimistic", "optimistic")):
        out = np.array([row[3][min(place, len(row[3]) - 1)] for row in rows], dtype=float)
        yield Case("queue_position", {"f": rule}, [*books, *trades, *orders],
                   {"ahead": out[:, 0], "behind": out[:, 1]}, "by hand", "scripted")  # fmt: skip


@functools.cache
def _recording(rows: int = 320, levels: int = 8) -> list[tuple[float, Any, Any]]:
    """Rebuilt books and the trades between them, as (time, book or None, trade or None)."""
    book, trades = datasets.books(200, levels), datasets.trades(1500)
    events: list[tuple[float, Any, Any]] = [
        (t, tuple(column[row].tolist() for column in _columns(book)), None) for row, t in enumerate(book.t_s)
    ]
    columns = (trades.price, trades.size, trades.side)
    for row in np.flatnonzero((trades.t_s > book.t_s[0]) & (trades.t_s < book.t_s[-1])):
        events.append((trades.t_s[row], None, tuple(float(column[row]) for column in columns)))
    return sorted(events, key=lambda event: event[0])[:rows]


def _recorded() -> Iterator[Case]:
    """Told over the whole recording at once: additions are found first, and then what became of each."""
    events = _recording()
    inputs = _events(events)
    how = "closed form: additions found first, each then followed through the recording"
    for params in (
        {"levels": 5, "k": 3.0, "horizon_s": 2.0, "tau_s": 300.0},
        {"levels": 8, "k": 1.0, "horizon_s": 0.5, "tau_s": 3.0},
    ):
        yield Case("spoof_score", params, inputs, _told_spoofs(events, **params), how, "closed form")
    for params in (
        {"levels": 8, "min_levels": 3, "k": 0.5, "horizon_s": 1.0, "tau_s": 300.0},
        {"levels": 6, "min_levels": 2, "k": 1.0, "horizon_s": 0.5, "tau_s": 2.0},
    ):
        yield Case("layering_score", params, inputs, _told_layers(events, **params),
                   "closed form: additions found first, then their episodes row by row", "closed form")  # fmt: skip
    for rule in ("proportional", "pessimistic", "optimistic"):
        yield _told_place(events, rule)
    for refill_s, least in ((0.1, 3), (2.0, 1)):
        params = {"refill_s": refill_s, "min_refills": least}
        expected = _told_icebergs(events, refill_s, least)
        yield Case("iceberg_score", params, inputs, expected, "closed form: each reign of a best level on its own",
                   "closed form")  # fmt: skip


def _told_spoofs(events: list[Any], levels: int, k: float, horizon_s: float, tau_s: float) -> dict[str, Any]:
    times = np.array([t for t, _, _ in events])
    candidates, spoofs = np.zeros(len(events)), np.zeros((2, len(events)))
    for side, sign in enumerate((1, -1)):
        books = [(row, t, dict(zip(book[2 * side], book[2 * side + 1], strict=True)))
                 for row, (t, book, _) in enumerate(events) if book]  # fmt: skip
        rises: dict[float, list[tuple[int, float]]] = defaultdict(list)
        for n, px, rise in _rises(books, sign, levels, k, tau_s):
            rises[px].append((n, rise))
        for px, found in rises.items():
            while found:
                row, since, _ = books[found[0][0]]
                found, spoof = _follow(events, books, px, sign, found, horizon_s)
                decay = np.exp(-np.maximum(times - since, 0.0) / tau_s)
                candidates[row:] += decay[row:]
                if spoof is not None:
                    spoofs[side, spoof:] += decay[spoof:]
    score = spoofs.sum(axis=0) / np.maximum(candidates, 1.0)
    return {"score": score, "events_buy": spoofs[0], "events_sell": spoofs[1]}


def _rises(
    books: list[Any], sign: int, levels: int, k: float, tau_s: float
) -> Iterator[tuple[int, float, float]]:
    """Place of the book, price and size of every addition."""
    usual = _usual_sizes(books, levels, tau_s)
    for n in range(1, len(books)):
        old, new = (dict(list(book.items())[:levels]) for _, _, book in books[n - 1 : n + 1])
        worst = min(sign * px for px in old)
        for px, size in new.items():
            rise = size - old.get(px, 0.0)
            if sign * px >= worst and rise > 0 and rise > k * usual[n - 1]:
                yield n, px, rise


def _usual_sizes(books: list[Any], levels: int, tau_s: float) -> list[float]:
    usual: list[float] = []
    for n, (_, t, book) in enumerate(books):
        median = float(np.median(list(book.values())[:levels]))
        keep = exp(-(t - books[n - 1][1]) / tau_s) if n else 0.0
        usual.append(keep * usual[-1] + (1 - keep) * median if n else median)
    return usual


def _follow(
    events: list[Any], books: list[Any], px: float, sign: int, found: list[Any], horizon_s: float
) -> tuple[list[Any], int | None]:
    """The candidate that starts with the first of the rises at a price: the rises left, and the row of the spoof."""
    at_row = {books[n][0]: rise for n, rise in found}
    books_by_row = {row: book for row, _, book in books}
    row, (_, added) = books[found[0][0]][0], found[0]
    renewed, size, cancelled, waiting, supported = events[row][0], books_by_row[row][px], 0.0, 0.0, False
    for later in range(row + 1, len(events)):
        t, book, trade = events[later]
        if t - renewed > horizon_s:
            return [rise for rise in found if books[rise[0]][0] >= later], None
        if book:
            shown = books_by_row[later]
            if px in shown or sign * px > min(sign * other for other in shown):
                gone = max(size - shown.get(px, 0.0), 0.0)
                cancelled = min(cancelled + max(gone - waiting, 0.0), added)
                waiting = max(waiting - gone, 0.0)
                size = shown.get(px, 0.0)
            if later in at_row:
                added, renewed = added + at_row[later], t
        else:
            supported |= trade[2] == sign
            waiting += trade[1] if trade[0] == px and trade[2] == -sign else 0.0
        if supported and cancelled >= 0.8 * added * (1 - 1e-12):
            return [rise for rise in found if books[rise[0]][0] > later], later
    return [], None


def _told_layers(
    events: list[Any], levels: int, min_levels: int, k: float, horizon_s: float, tau_s: float
) -> dict[str, Any]:
    found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for side, sign in enumerate((1, -1)):
        books = [(row, t, dict(zip(book[2 * side], book[2 * side + 1], strict=True)))
                 for row, (t, book, _) in enumerate(events) if book]  # fmt: skip
        for n, px, rise in _rises(books, sign, levels, k, tau_s):
            found[books[n][0]].append((side, px, rise))
    open_: list[dict[float, SimpleNamespace]] = [{}, {}]
    start: list[float | None] = [None, None]
    scores, sides, last = [], [], (0.0, 0.0, 0.0)
    for row, (t, book, trade) in enumerate(events):
        for side in (0, 1):
            begun = start[side]
            over = begun is not None and t - begun > horizon_s
            start[side] = None if over else begun
            open_[side] = {
                px: a
                for px, a in open_[side].items()
                if (a.layer and not over) or (not a.layer and t - a.t <= horizon_s)
            }
        if book:
            for side, sign in enumerate((1, -1)):
                shown = dict(zip(book[2 * side], book[2 * side + 1], strict=True))
                for px, a in open_[side].items():
                    if px in shown or sign * px > min(sign * other for other in shown):
                        gone = max(a.size - shown.get(px, 0.0), 0.0)
                        a.cancelled = min(a.cancelled + max(gone - a.waiting, 0.0), a.added)
                        a.waiting, a.size = max(a.waiting - gone, 0.0), shown.get(px, 0.0)
            for side, px, rise in found[row]:
                if px in open_[side]:
                    open_[side][px].added += rise
                    open_[side][px].t = t
                else:
                    size = dict(zip(book[2 * side], book[2 * side + 1], strict=True))[px]
                    open_[side][px] = SimpleNamespace(
                        added=rise, t=t, size=size, cancelled=0.0, waiting=0.0, traded=False, layer=False
                    )
            last = _confirm(open_, start, t, last)
            _begin(open_, start, t, min_levels)
        else:
            passive = open_[1 if trade[2] > 0 else 0]
            if trade[0] in passive:
                passive[trade[0]].waiting += trade[1]
                passive[trade[0]].traded = True
        count, side, since = last
        scores.append(count * exp(-(t - since) / horizon_s) if count else 0.0)
        sides.append(side)
    return {"score": scores, "side": sides}


def _confirm(
    open_: list[Any], start: list[Any], t: float, last: tuple[float, float, float]
) -> tuple[float, float, float]:
    counts = [0, 0]
    for side in (0, 1):
        layers = [a for a in open_[side].values() if a.layer]
        if layers and sum(a.cancelled for a in layers) >= 0.5 * sum(a.added for a in layers) * (1 - 1e-12):
            counts[side], start[side] = len(layers), None
            open_[side] = {px: a for px, a in open_[side].items() if not a.layer}
    return (float(max(counts)), float(np.sign(counts[0] - counts[1])), t) if any(counts) else last


def _begin(open_: list[Any], start: list[Any], t: float, min_levels: int) -> None:
    standing = [
        [a for a in side.values() if not a.traded and a.cancelled < 0.5 * a.added * (1 - 1e-12)]
        for side in open_
    ]
    for side in (0, 1):
        if start[side] is None and len(standing[side]) >= min_levels > len(standing[1 - side]):
            start[side] = t
        if start[side] is not None:
            for a in standing[side]:
                if not a.layer:
                    a.layer, a.added, a.cancelled = True, a.added - a.cancelled, 0.0


def _told_place(events: list[Any], rule: str) -> Case:
    """A bid of ours where the recorded size changes most: placed at row 5, shown in every book after it."""
    placed, own = 5, 0.25
    first = next(book for _, book, _ in reversed(events[: placed + 1]) if book)
    sizes = {
        px: {dict(zip(*book[:2], strict=True)).get(px) for _, book, _ in events if book} for px in first[0]
    }
    px = max(sizes, key=lambda px: len(sizes[px]))
    mine = [
        (
            t,
            (
                [
                    *book[:1],
                    [size + own * (p == px and row > placed) for p, size in zip(*book[:2], strict=True)],
                    *book[2:],
                ]
            )
            if book
            else None,
            trade,
        )
        for row, (t, book, trade) in enumerate(events)
    ]
    ahead, level, out = NAN, NAN, []
    for row, (_, book, trade) in enumerate(mine):
        if row == placed:
            ahead = dict(zip(first[0], first[1], strict=True))[px]
            level = ahead + own
        elif row > placed and book and px >= min(book[0]):
            shown = dict(zip(book[0], book[1], strict=True)).get(px, 0.0)
            behind, lost = max(level - own - ahead, 0.0), max(level - shown, 0.0)
            share = ahead / (ahead + behind) if ahead + behind > 0 else 0.0
            from_ahead = {
                "proportional": lost * share,
                "pessimistic": max(lost - behind, 0.0),
                "optimistic": lost,
            }[rule]
            ahead, level = min(max(ahead - from_ahead, 0.0), max(shown - own, 0.0)), shown
        elif row > placed and trade and trade[0] == px and trade[2] < 0:
            ahead, level = max(ahead - trade[1], 0.0), max(level - trade[1], 0.0)
        out.append((ahead, max(level - own - ahead, 0.0) if row >= placed else NAN))
    order = np.full((3, len(events)), NAN)
    order[:, placed] = px, own, 1.0
    table = np.array(out)
    return Case(
        "queue_position",
        {"f": rule},
        [*_events(mine)[:7], *order],
        {"ahead": table[:, 0], "behind": table[:, 1]},
        "closed form: the recording with an order of ours put in",
        "closed form",
    )


def _told_icebergs(events: list[Any], refill_s: float, least: int) -> dict[str, Any]:
    sides = []
    for side, sign in enumerate((1, -1)):
        best = [(book[2 * side][0], book[2 * side + 1][0]) if book else None for _, book, _ in events]
        rows, reign = [], 0
        for row in range(len(events)):
            known = [place for place in range(row + 1) if best[place]]
            if not known:
                rows.append((NAN, NAN, NAN))
                continue
            price = best[known[-1]][0]
            others = [place for place in known if best[place][0] != price]
            reign = next(place for place in known if not others or place > others[-1])
            sizes = [best[place][1] for place in known if place >= reign]
            trades = [
                (place, events[place][2][1])
                for place in range(reign, row + 1)
                if events[place][2] and events[place][2][0] == price and events[place][2][2] == -sign
            ]
            ratio = sum(size for _, size in trades) / max(sizes)
            refills = _refills(events, best, dict(trades), reign, row, refill_s)
            rows.append((float(refills >= least and ratio > 1), ratio, float(refills)))
        sides.append(rows)
    chosen = [max(pair) if not np.isnan(pair[0][0]) else pair[1] for pair in zip(*sides, strict=True)]
    table = np.array(chosen)
    return {"executed_over_displayed": table[:, 1], "refills": table[:, 2], "flag": table[:, 0]}


def _refills(
    events: list[Any], best: list[Any], trades: dict[int, float], start: int, end: int, refill_s: float
) -> int:
    refills, display, group = 0, best[start][1], []
    for row in range(start, end + 1):
        t = events[row][0]
        if group and t - events[group[-1][0]][0] > refill_s:
            group = []
        if best[row]:
            before = group[0][2] if group else 0.0
            taken = sum(size for _, size, _ in group)
            if group and best[row][1] >= 0.9 * before and before - taken < 0.9 * before:
                refills, group = refills + 1, []
            display = best[row][1]
        elif row in trades:
            group = [*group, (row, trades[row], display)]
    return refills
