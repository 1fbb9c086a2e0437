"""Microstructure and liquidity, on the recorded quotes, trades and books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import bidask
import numpy as np
import statsmodels
import statsmodels.api as sm

from nanotick.formulas.proving import Case
from oracles import datasets
from oracles.datasets import after_warmup, windows

BIDASK = "bidask 2.1.0"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
DIRECT = "closed form: NumPy from the definition, row by row"


def cases() -> Iterator[Case]:
    """Every formula of the category at its default and at other parameters."""
    yield from _quotes()
    yield from _flow()
    yield from _costs()
    yield from _scripted_costs()
    yield from _spread_estimators()
    yield from _impact()
    yield from _hawkes()
    yield from _stoikov()


def _quotes() -> Iterator[Case]:
    quotes = datasets.quotes(400)
    bid, ask, bid_size, ask_size = quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size
    yield Case("mid_price", {}, [bid, ask], {"mid": (bid + ask) / 2}, DIRECT, "closed form")
    missing = np.array([np.nan, 10.0, 11.0])
    yield Case("mid_price", {}, [missing, np.array([9.0, np.nan, 10.0])],
               {"mid": [np.nan, np.nan, 10.5]}, "by hand: a missing side, a crossed quote", "scripted")  # fmt: skip
    weighted = (bid_size * ask + ask_size * bid) / (bid_size + ask_size)
    inputs = [bid, ask, bid_size, ask_size]
    yield Case("microprice_weighted", {}, inputs, {"wmid": weighted}, DIRECT, "closed form", 1e-12)
    scene = [
        np.array(column)
        for column in ([10.0, 10.0, 10.0], [11.0, 11.0, 11.0], [0.0, 3.0, 0.0], [0.0, 1.0, 2.0])
    ]
    yield Case(
        "microprice_weighted", {}, scene, {"wmid": [10.5, 10.75, 10.0]}, "by hand: empty sides", "scripted"
    )
    spread = {"spread": ask - bid, "spread_bps": 2e4 * (ask - bid) / (ask + bid)}
    yield Case("quoted_spread", {}, [bid, ask], spread, DIRECT, "closed form", 1e-12)
    imbalance = 2 * bid_size / (bid_size + ask_size) - 1
    yield Case("queue_imbalance", {}, [bid_size, ask_size], {"qi": imbalance}, DIRECT, "closed form", 1e-12)
    yield Case("queue_imbalance", {}, [np.array([0.0, 3.0]), np.array([0.0, 1.0])],
               {"qi": [0.0, 0.5]}, "by hand: an empty quote", "scripted")  # fmt: skip


def _increments(bid: Any, ask: Any, bid_size: Any, ask_size: Any) -> Any:
    """Order flow from quote to quote by cases: better, same and worse prices."""
    better, worse = np.sign(np.diff(bid)), np.sign(np.diff(ask))
    bids = np.select([better > 0, better == 0], [bid_size[1:], np.diff(bid_size)], -bid_size[:-1])
    asks = np.select([worse < 0, worse == 0], [ask_size[1:], np.diff(ask_size)], -ask_size[:-1])
    return bids - asks


def _trailing_sums(values: Any, window: int) -> Any:
    return np.array([values[max(0, end - window) : end].sum() for end in range(1, len(values) + 1)])


def _flow() -> Iterator[Case]:
    quotes = datasets.quotes(400)
    inputs = [quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size]
    e = _increments(*inputs)
    for window in (100, 7, 1):
        expected = {"e": after_warmup(e, 400), "ofi": after_warmup(_trailing_sums(e, window), 400)}
        yield Case("ofi", {"window": window}, inputs, expected, DIRECT, "closed form")
    # Cont, Kukanov and Stoikov's four cases: more at the bid; a better bid; the ask lifted; all unchanged.
    scene = [
        [10.0, 10.0, 10.1, 10.1, 10.1],
        [10.2, 10.2, 10.2, 10.3, 10.3],
        [5.0, 8.0, 2.0, 2.0, 2.0],
        [4.0, 4.0, 4.0, 7.0, 7.0],
    ]
    scene_e = [np.nan, 3.0, 2.0, 4.0, 0.0]
    yield Case(
        "ofi",
        {"window": 2},
        [np.array(column) for column in scene],
        {"e": scene_e, "ofi": [np.nan, 3.0, 5.0, 6.0, 4.0]},
        "by hand",
        "scripted",
    )

    book = datasets.books(120, 12)
    for levels, window in ((10, 100), (3, 20)):
        yield _mlofi(book, levels, window)
    empty = [np.array(x) for x in ([[10.0, 9.0], [10.0, 0.0], [10.0, 9.0]], [[1.0, 2.0], [1.0, 0.0], [1.0, 3.0]],
                                   [[11.0, 12.0]] * 3, [[1.0, 1.0]] * 3)]  # fmt: skip
    # The second bid goes and comes back: -2, then +3. Depth of the two updates: (0.5 * 3 / 2, then with 0.5 * 6 / 2).
    expected = {
        "mlofi": [[np.nan] * 2, [0.0, -2.0], [0.0, 1.0]],
        "integrated": [np.nan, -1.0 / 0.75, 0.5 / 1.125],
    }
    yield Case(
        "mlofi",
        {"levels": 2, "window": 5},
        empty,
        expected,
        "by hand: a level that goes and comes",
        "scripted",
    )
    # The same of the second ask, whose price is filled up with 0: +2, then -3.
    empty = [empty[2], empty[3], np.array([[13.0, 14.0], [13.0, 0.0], [13.0, 14.0]]), empty[1]]
    expected = {
        "mlofi": [[np.nan] * 2, [0.0, 2.0], [0.0, -1.0]],
        "integrated": [np.nan, 1.0 / 0.75, -0.5 / 1.125],
    }
    yield Case(
        "mlofi",
        {"levels": 2, "window": 5},
        empty,
        expected,
        "by hand: an ask that goes and comes",
        "scripted",
    )
    for bucket, n in ((2.0, 8), (0.5, 3), (0.25, 20)):
        yield _vpin(bucket, n)
    # 4 buy; 4 sell closes the first bucket of 8 balanced; 20 buys fill two more and half of a fourth.
    yield Case(
        "vpin",
        {"bucket": 8.0, "n": 2},
        [np.array([4.0, 4.0, 20.0, 4.0]), np.array([1.0, -1.0, 1.0, -1.0])],
        {"vpin": [np.nan, np.nan, 1.0, 0.5], "buckets": [np.nan, np.nan, 3.0, 4.0]},
        "by hand",
        "scripted",
    )


def _mlofi(book: SimpleNamespace, levels: int, window: int) -> Case:
    inputs = [book.bid_px, book.bid_sizes, book.ask_px, book.ask_sizes]
    bid_px, bid_sizes, ask_px, ask_sizes = (array[:, :levels] for array in inputs)
    rows = len(bid_px)
    flows = [_increments(bid_px[:, m], ask_px[:, m], bid_sizes[:, m], ask_sizes[:, m]) for m in range(levels)]
    sums = np.column_stack([_trailing_sums(flow, window) for flow in flows])
    depth = ((bid_sizes + ask_sizes) / 2)[1:].mean(axis=1)
    mean_depth = [depth[max(0, end - window) : end].mean() for end in range(1, rows)]
    expected = {
        "mlofi": after_warmup(sums, rows),
        "integrated": after_warmup(sums.mean(axis=1) / mean_depth, rows),
    }
    return Case("mlofi", {"levels": levels, "window": window}, inputs, expected, DIRECT, "closed form", 1e-9)


def _vpin(bucket: float, n: int) -> Case:
    """In whole thousandths of a coin: each bucket's overlap with every trade, cut out on its own."""
    trades = datasets.trades(400)
    units, side = np.rint(trades.size * 1000).astype(int), trades.side
    ends = np.cumsum(units)
    starts, volume = ends - units, round(bucket * 1000)
    done = ends // volume
    imbalance = []
    for low in range(0, int(done[-1]) * volume, volume):
        overlap = np.clip(np.minimum(ends, low + volume) - np.maximum(starts, low), 0, None)
        imbalance.append(abs(int((overlap * side).sum())))
    vpin = [np.mean(imbalance[count - n : count]) / volume if count >= n else np.nan for count in done]
    buckets = np.where(done >= n, done, np.nan)
    return Case("vpin", {"bucket": bucket, "n": n}, [trades.size, side], {"vpin": vpin, "buckets": buckets},
                "closed form: whole numbers, each bucket on its own", "closed form")  # fmt: skip


def _prevailing(mid: Any) -> Any:
    """The last mid that is there, row by row; NaN before the first."""
    place = np.maximum.accumulate(np.where(np.isnan(mid), -1, np.arange(len(mid))))
    return np.where(place >= 0, mid[place], np.nan)


def _costs() -> Iterator[Case]:
    tape = datasets.tape(1200)
    # The recording starts with trades of which no quote is known, which the rules for the start need.
    inputs = [tape.price, tape.size, tape.side, tape.bid, tape.ask]
    mid = _prevailing((tape.bid + tape.ask) / 2)
    cost = 2e4 * tape.side * (tape.price - mid) / mid
    known = ~np.isnan(cost)
    weighted = np.full(len(cost), np.nan)
    weighted[known] = np.cumsum((cost * tape.size)[known]) / np.cumsum(tape.size[known])
    yield Case(
        "effective_spread", {}, inputs, {"eff_bps": cost, "eff_vw_bps": weighted}, DIRECT, "closed form"
    )
    for horizon in (5.0, 0.25):
        later = _later(tape.t_s, tape.size, known, mid, horizon)
        realized = {"rs_bps": later(lambda i, m: 2e4 * tape.side[i] * (tape.price[i] - m) / mid[i])}
        impact = {"impact_bps": later(lambda i, m: 1e4 * tape.side[i] * (m - mid[i]) / mid[i])}
        params = {"horizon_s": horizon}
        yield Case("realized_spread", params, [*inputs, tape.t_s], realized, DIRECT, "closed form")
        yield Case("price_impact", params, [*inputs, tape.t_s], impact, DIRECT, "closed form")
    yield _markout([0.1, 1.0, 5.0, 30.0, 60.0], tape)
    yield _markout([0.0, 2.0], tape)


def _later(t_s: Any, size: Any, trades: Any, mid: Any, horizon: float) -> Any:
    """Size-weighted means over the trades that came due, at the first row after their time."""

    def means(value: Any) -> Any:
        due = defaultdict(list)
        for i in np.flatnonzero(trades):
            row = int(np.searchsorted(t_s, t_s[i] + horizon, side="right"))
            if row < len(t_s):
                due[row].append((value(i, mid[row - 1]), size[i]))
        out = np.full(len(t_s), np.nan)
        for row, pairs in due.items():
            values, weights = np.array(pairs).T
            out[row] = np.average(values, weights=weights)
        return out

    return means


def _markout(horizons: list[float], tape: SimpleNamespace) -> Case:
    price = np.where(np.arange(len(tape.price)) % 3 == 0, tape.price, np.nan)  # some of the trades are ours
    mid = _prevailing((tape.bid + tape.ask) / 2)
    # A row whose trade is not ours is neither a fill nor a quote; it must not count as an event.
    rows = ~(np.isnan(price) & np.isnan(tape.bid))
    price, size, side, mid, t_s = (array[rows] for array in (price, tape.size, tape.side, mid, tape.t_s))
    fills = np.flatnonzero(~np.isnan(price))
    table = np.full((len(price), len(horizons)), np.nan)
    for column, horizon in enumerate(horizons):
        due = np.searchsorted(t_s, t_s[fills] + horizon, side="right")
        for row in range(len(price)):
            mine = fills[due <= row]
            later = mid[due[due <= row] - 1]
            mine, later = mine[~np.isnan(later)], later[~np.isnan(later)]
            if len(mine):
                values = 1e4 * side[mine] * (later - price[mine]) / price[mine]
                table[row, column] = np.average(values, weights=size[mine])
    inputs = [price, size, side, tape.bid[rows], tape.ask[rows], t_s]
    return Case(
        "markout", {"horizons_s": horizons}, inputs, {"markout_bps": table}, DIRECT, "closed form", 1e-9
    )


def _scripted_costs() -> Iterator[Case]:
    """Mid 100 at 0 s; we buy 2 at 101; mid 102 at 3 s, 104 at 5 s, 110 at 5.5 s; a sale of 1 at 109 at 5.5 s."""
    nan = np.nan
    price = np.array([nan, 101.0, nan, nan, nan, 109.0, nan, nan])
    size = np.array([nan, 2.0, nan, nan, nan, 1.0, nan, nan])
    side = np.array([nan, 1.0, nan, nan, nan, -1.0, nan, nan])
    mid = np.array([100.0, nan, 102.0, 104.0, 110.0, nan, 88.0, 99.0])
    t_s = np.array([0.0, 0.0, 3.0, 5.0, 5.5, 5.5, 10.5, 11.0])
    inputs = [price, size, side, mid - 1.0, mid + 1.0]
    effective = {"eff_bps": [nan, 200.0, nan, nan, nan, 2e4 / 110, nan, nan],
                 "eff_vw_bps": [nan, 200.0, nan, nan, nan, (400.0 + 2e4 / 110) / 3, nan, nan]}  # fmt: skip
    yield Case("effective_spread", {}, inputs, effective, "by hand", "scripted")
    # The purchase is due at 5 s, when the mid is 104, and comes out in the next row. The sale is due at 10.5 s.
    realized = [nan, nan, nan, nan, 2e4 * -3 / 100, nan, nan, -2e4 * 21 / 110]
    impact = [nan, nan, nan, nan, 400.0, nan, nan, -1e4 * -22 / 110]
    yield Case("realized_spread", {}, [*inputs, t_s], {"rs_bps": realized}, "by hand", "scripted")
    yield Case("price_impact", {}, [*inputs, t_s], {"impact_bps": impact}, "by hand", "scripted")
    first, second = 1e4 * 3 / 101, -1e4 * (88 - 109) / 109
    markout = [[nan], [nan], [nan], [nan], [first], [first], [first], [(2 * first + second) / 3]]
    yield Case(
        "markout",
        {"horizons_s": [5.0]},
        [*inputs, t_s],
        {"markout_bps": np.array(markout)[:, 0]},
        "by hand",
        "scripted",
    )


def _spread_estimators() -> Iterator[Case]:
    close = datasets.closes(count=300)
    for window in (100, 20, 3):
        signed = []
        for prices in windows(close.astype(np.longdouble), window + 1):
            d = np.diff(prices)
            g = np.mean((d[1:] - d[1:].mean()) * (d[:-1] - d[:-1].mean()))
            signed.append(float(-2 * np.sign(g) * np.sqrt(abs(g))))
        signed = after_warmup(signed, len(close))
        yield Case("roll_spread", {"window": window}, [close], {"spread": np.maximum(signed, 0.0), "signed": signed},
                   "closed form: NumPy in extended precision, window by window", "closed form")  # fmt: skip
    bars = datasets.bars(count=250)
    high, low, last = (np.log(array.astype(np.longdouble)) for array in (bars.high, bars.low, bars.close))
    for period in (21, 5, 2):
        estimates = np.array(
            [_corwin_schultz(high[i - 1 : i + 1], low[i - 1 : i + 1]) for i in range(1, len(high))]
        )
        spread = windows(np.maximum(estimates, 0), period - 1).mean(axis=1)
        yield Case("corwin_schultz", {"period": period}, [bars.high, bars.low], {"spread": after_warmup(spread, 250)},
                   DIRECT, "closed form")  # fmt: skip
        eta = (high + low) / 2
        squares = 4 * (last[:-1] - eta[:-1]) * (last[:-1] - eta[1:])
        spread = np.sqrt(np.maximum(windows(squares, period - 1).mean(axis=1), 0))
        yield Case("abdi_ranaldo", {"period": period}, [bars.high, bars.low, bars.close],
                   {"spread": after_warmup(spread, 250)}, DIRECT, "closed form")  # fmt: skip
    inputs = [bars.open, bars.high, bars.low, bars.close]
    for period in (60, 10, 3):
        edges = [bidask.edge(*(array[end - period : end] for array in inputs)) for end in range(period, 251)]
        yield Case(
            "edge_spread", {"period": period}, inputs, {"spread": after_warmup(edges, 250)}, BIDASK, "library"
        )


def _corwin_schultz(high: Any, low: Any) -> Any:
    beta = ((high - low) ** 2).sum()
    gamma = (high.max() - low.min()) ** 2
    k = 3 - 2 * np.sqrt(np.longdouble(2))
    alpha = (np.sqrt(2 * beta) - np.sqrt(beta)) / k - np.sqrt(gamma / k)
    return 2 * np.expm1(alpha) / (1 + np.exp(alpha))


def _impact() -> Iterator[Case]:
    one = datasets.minutes()
    close, volume = one.close[:300].copy(), one.volume[:300].copy()
    volume[40:60] = 0.0
    volume[100] = 0.0
    ratio = np.abs(np.diff(close) / close[:-1]) / np.where(volume[1:] > 0, close[1:] * volume[1:], np.nan)
    for period in (30, 10, 1):
        with np.errstate(invalid="ignore"):
            means = [
                np.mean(kept) if len(kept := w[~np.isnan(w)]) else np.nan for w in windows(ratio, period)
            ]
        for scale in (1e6, 1.0):
            yield Case("amihud", {"period": period, "scale": scale}, [close, volume],
                       {"illiq": after_warmup(np.array(means) * scale, 300)}, DIRECT, "closed form",
                       scale=1e-12 * scale)  # fmt: skip
    trades = datasets.trades(1200)
    inputs = [trades.price, trades.size, trades.side, trades.t_s]
    for key, bin_s, window in (("kyle_lambda", 1.0, 20), ("kyle_lambda", 0.1, 60), ("hasbrouck_lambda", 1.0, 20),
                               ("hasbrouck_lambda", 0.25, 40)):  # fmt: skip
        yield _regression(key, bin_s, window, trades, inputs)


def _regression(key: str, bin_s: float, window: int, trades: SimpleNamespace, inputs: list[Any]) -> Case:
    bins = np.floor(trades.t_s / bin_s).astype(int)
    first = bins[0]
    flows = trades.side * (trades.size if key == "kyle_lambda" else np.sqrt(trades.price * trades.size))
    count = bins[-1] - first + 1
    flow = np.bincount(bins - first, weights=flows, minlength=count)
    last = np.array([trades.price[bins <= first + b][-1] for b in range(count)])
    change = np.diff(last if key == "kyle_lambda" else np.log(last))
    fits = {}
    for end in range(window, count):
        fits[end] = sm.OLS(change[end - window : end], sm.add_constant(flow[1:][end - window : end])).fit()
    # A trade in bin b knows the bins up to b - 1, of which there are b pairs without the first bin.
    known = [fits.get(b - first - 1) for b in bins]
    expected = {"lambda_": [fit.params[1] if fit else np.nan for fit in known],
                "t_stat": [fit.tvalues[1] if fit else np.nan for fit in known]}  # fmt: skip
    if key == "kyle_lambda":
        expected["r2"] = [fit.rsquared if fit else np.nan for fit in known]
    scale = 1e-3 if key == "kyle_lambda" else 1e-7
    return Case(
        key, {"bin_s": bin_s, "window": window}, inputs, expected, STATSMODELS, "library", 1e-9, scale
    )


def _hawkes() -> Iterator[Case]:
    trades = datasets.trades(300)
    t_s, side = trades.t_s, trades.side
    for mu, alpha, beta in ((0.5, 0.8, 1.2), (2.0, 5.0, 40.0)):
        kernel = np.array([np.exp(-beta * (t_s[i] - t_s[:i])).sum() for i in range(300)])
        yield Case("hawkes_exp", {"mu": mu, "alpha": alpha, "beta": beta}, [t_s],
                   {"intensity": mu + alpha * kernel, "branching": np.full(300, alpha / beta)},
                   "closed form: the sum over all earlier trades", "closed form")  # fmt: skip
    for mu, own, cross, beta in ((0.5, 0.6, 0.2, 1.2), (1.0, 3.0, 8.0, 30.0)):
        counts = np.array([[(np.exp(-beta * (t_s[i] - t_s[:i])) * (side[:i] == s)).sum() for s in (1, -1)]
                           for i in range(300)])  # fmt: skip
        buy, sell = mu + counts @ [own, cross], mu + counts @ [cross, own]
        expected = {
            "lambda_buy": buy,
            "lambda_sell": sell,
            "imbalance": (buy - sell) / (buy + sell),
            "spectral_radius": np.full(300, max(abs(np.linalg.eigvals([[own, cross], [cross, own]]))) / beta),
        }
        yield Case("hawkes_bivariate", {"mu": mu, "alpha_self": own, "alpha_cross": cross, "beta": beta}, [side, t_s],
                   expected, "closed form: the sum over all earlier trades", "closed form")  # fmt: skip


def _stoikov() -> Iterator[Case]:
    quotes = datasets.quotes(1500)
    changed = np.flatnonzero(np.diff(quotes.bid) != 0)
    start = max(0, int(changed[0]) - 50)
    cut = slice(start, start + 400)
    inputs = [quotes.bid[cut], quotes.ask[cut], quotes.bid_size[cut], quotes.ask_size[cut]]
    for n_imb, n_spread, iters in ((10, 3, 6), (4, 2, 6), (5, 1, 50)):
        params = {"n_imb": n_imb, "n_spread": n_spread, "iters": iters, "tick": 0.1}
        adjustment = _exact_adjustments(inputs, n_imb, n_spread, iters)
        expected = {"microprice": (inputs[0] + inputs[1]) / 2 + adjustment, "adjustment": adjustment}
        yield Case("stoikov_microprice", params, inputs, expected,
                   "closed form: the chain in fractions, solved by elimination", "closed form")  # fmt: skip
    # One tick wide, two buckets; heavy bid, heavy bid, then up a tick with a light bid, and back: from a heavy bid
    # the mid stays with 1/2 and rises by 1 with 1/2, so that the first move is +1; then the bid is light, and the
    # next move is -1; the sum over the first three moves is +1 -1 +1.
    heavy, light = ([10.0, 11.0, 3.0, 1.0], [11.0, 12.0, 1.0, 3.0])
    scene = [np.array(column) for column in zip(*[heavy, heavy, light, light, heavy], strict=True)]
    yield Case(
        "stoikov_microprice",
        {"n_imb": 2, "n_spread": 1, "iters": 3, "tick": 1.0},
        scene,
        {"microprice": [11.5, 11.5, 10.5, 10.5, 11.5], "adjustment": [1.0, 1.0, -1.0, -1.0, 1.0]},
        "by hand",
        "scripted",
    )


def _exact_adjustments(inputs: list[Any], n_imb: int, n_spread: int, iters: int) -> Any:
    bid, ask = (np.rint(array * 10).astype(int).tolist() for array in inputs[:2])
    heavy, other = (np.rint(array * 1000).astype(int).tolist() for array in inputs[2:])
    state: list[Any] = []
    for b, a, qb, qa in zip(bid, ask, heavy, other, strict=True):
        bucket = min(Fraction(qb, qb + qa) * n_imb // 1, n_imb - 1)
        state.append((bucket, a - b) if 1 <= a - b <= n_spread else None)
    seen: dict[Any, list[Any]] = defaultdict(list)
    for i in range(len(bid) - 1):
        if state[i] is None or state[i + 1] is None:
            continue
        move = Fraction(bid[i + 1] + ask[i + 1] - bid[i] - ask[i], 20)
        seen[state[i]].append((move, state[i + 1]))
        mirrored = [(n_imb - 1 - s[0], s[1]) for s in (state[i], state[i + 1])]
        seen[mirrored[0]].append((-move, mirrored[1]))
    # The expected sum of the first k moves, by one more move at a time.
    ahead = dict.fromkeys(seen, Fraction(0))
    for _ in range(iters):
        ahead = _solve(seen, ahead)
    values = {s: float(x) for s, x in ahead.items()}
    return np.array([values.get(s, np.nan) if s else np.nan for s in state])


def _solve(seen: dict[Any, list[Any]], ahead: dict[Any, Fraction]) -> dict[Any, Fraction]:
    """E(x) = sum over what was seen from x of (move + ahead(next) if it moved, else E(next)) / count."""
    names = list(seen)
    place = {name: row for row, name in enumerate(names)}
    n = len(names)
    table = [[Fraction(int(i == j)) for j in range(n)] + [Fraction(0)] for i in range(n)]
    for name, outcomes in seen.items():
        row, weight = table[place[name]], Fraction(1, len(outcomes))
        for move, after in outcomes:
            if move:
                row[n] += weight * (move + ahead.get(after, Fraction(0)))
            elif after in place:
                row[place[after]] -= weight
    for pivot in range(n):
        best = next((r for r in range(pivot, n) if table[r][pivot]), None)
        if best is None:
            continue  # a state that never sees a move: its value stays 0
        table[pivot], table[best] = table[best], table[pivot]
        table[pivot] = [x / table[pivot][pivot] for x in table[pivot]]
        for r in range(n):
            if r != pivot and (factor := table[r][pivot]):
                table[r] = [x - factor * y for x, y in zip(table[r], table[pivot], strict=True)]
    return {name: table[place[name]][n] for name in names}
