"""The whole chain as a careful Python programmer writes it: delta bytes → book → indicators → risk → order bytes.

The book is a dict a side (faster here than sorted containers), the indicators are O(1), the order is an f-string.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from nanotick.bench.messages import bybit_deltas
from nanotick.bench.peers.decoders import delta_decoders
from nanotick.bench.timing import CLIENT_CPU, emit, pin, time_calls

__all__ = ["Chain", "TwoEmaChain", "levels_of"]

Book = dict[float, float]


def levels_of(form: str) -> Callable[[Any], tuple[Any, Any]]:
    """How bids and asks are taken from what a decoder of that form gives."""
    if form == "dict":
        return lambda message: (message["data"]["b"], message["data"]["a"])
    return lambda message: (message.data.b, message.data.a)


class Chain:
    """Four indicators, a score, a price collar, an order."""

    def __init__(self, decode: Callable[[bytes], Any], form: str) -> None:
        self.decode = decode
        self.levels = levels_of(form)
        self.as_text = form != "float"
        self.bids: Book = {}
        self.asks: Book = {}
        self.sent = 0
        self.last_mid = 97_000.0
        self.gain = self.loss = 0.0
        self.fast = self.slow = self.signal = self.ema = 97_000.0
        self.window = [97_000.0] * 20
        self.at = 0
        self.sum = 20 * 97_000.0
        self.squares = 20 * 97_000.0**2

    def on_message(self, message: bytes) -> bytes | None:
        """One delta in, one order out."""
        bids, asks = self.levels(self.decode(message))
        self.apply(self.bids, bids)
        self.apply(self.asks, asks)
        bid, ask = max(self.bids, default=96_999.9), min(self.asks, default=97_000.1)
        mid = (bid + ask) / 2
        is_buy = self.score(mid) < 0
        return self.order(is_buy, ask if is_buy else bid, mid)

    def apply(self, book: Book, changes: Any) -> None:
        """Sets or removes levels."""
        if self.as_text:
            changes = [(float(px), float(size)) for px, size in changes]
        for px, size in changes:
            if size:
                book[px] = size
            else:
                book.pop(px, None)

    def score(self, mid: float) -> float:
        """RSI(14), EMA(12), MACD(12, 26, 9) and Bollinger(20), each in constant time."""
        change = mid - self.last_mid
        self.last_mid = mid
        self.gain += ((change if change > 0 else 0.0) - self.gain) / 14
        self.loss += ((-change if change < 0 else 0.0) - self.loss) / 14
        rsi = 100 - 100 / (1 + self.gain / (self.loss + 1e-12))
        self.ema += (mid - self.ema) * (2 / 13)
        self.fast += (mid - self.fast) * (2 / 13)
        self.slow += (mid - self.slow) * (2 / 27)
        macd = self.fast - self.slow
        self.signal += (macd - self.signal) * 0.2
        oldest, self.window[self.at] = self.window[self.at], mid
        self.at = self.at + 1 if self.at < 19 else 0
        self.sum += mid - oldest
        self.squares += mid * mid - oldest * oldest
        mean = self.sum / 20
        variance = self.squares / 20 - mean * mean
        deviation = variance**0.5 if variance > 1e-9 else 1.0
        return (mid - mean) / deviation + (rsi - 50) * 0.02 + macd - self.signal + mid - self.ema

    def order(self, is_buy: bool, px: float, mid: float) -> bytes | None:
        """Risk (a collar and a count) and the request."""
        self.sent += 1
        if abs(px - mid) / mid > 0.05 or self.sent > 1 << 40:
            return None
        n, side, now_ms = self.sent, "Buy" if is_buy else "Sell", time.time_ns() // 1_000_000
        return (
            f'{{"reqId":"nt-{n}","header":{{"X-BAPI-TIMESTAMP":"{now_ms}","X-BAPI-RECV-WINDOW":"5000"}},'
            f'"op":"order.create","args":[{{"category":"linear","symbol":"BTCUSDT","side":"{side}",'
            f'"orderType":"Limit","qty":"0.001","price":"{px:.2f}","timeInForce":"IOC","orderLinkId":"nt{n}"}}]}}'
        ).encode()


class TwoEmaChain(Chain):
    """The same with the strategy that our own chain is measured with: two averages and no other indicator."""

    def score(self, mid: float) -> float:
        """The slow average less the fast one."""
        self.fast += (mid - self.fast) * (2 / 13)
        self.slow += (mid - self.slow) * (2 / 27)
        return self.slow - self.fast


def _main() -> None:
    """Measures every decoder's chain, and the best decoder's with the lighter strategy."""
    pin(CLIENT_CPU)
    messages = bybit_deltas(24)
    for name, form, decode in delta_decoders():
        emit(f"chain.peer.{name}", time_calls(Chain(decode, form).on_message, messages))
        if form == "float":
            emit(f"chain.peer.{name}_two_ema", time_calls(TwoEmaChain(decode, form).on_message, messages))


if __name__ == "__main__":
    _main()
