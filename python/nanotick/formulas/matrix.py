"""Correlations of many instruments, kept up to date tick by tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nanotick.errors import ConfigError

__all__ = ["CorrelationMatrix"]


class CorrelationMatrix:
    """Correlations of log returns between instruments that tick at different times.

    Products of returns count where their spans overlap (Hayashi and Yoshida 2005), so that nothing is filled in and
    slow symbols are not correlated less for being slow; they fade by ``exp(-age / tau_s)``. A tick of one symbol costs
    one pass over its row: under a microsecond for 125 symbols in the core.

    >>> matrix = CorrelationMatrix(["BTC", "ETH"], tau_s=60.0)
    >>> for symbol, t_s, price in [("BTC", 0, 100), ("ETH", 0, 20), ("BTC", 1, 101), ("ETH", 1.5, 20.3)]:
    ...     matrix.tick(symbol, t_s, price)
    >>> matrix.correlation("ETH", "BTC")
    1.0
    """

    __slots__ = ("_core", "_places", "symbols")

    def __init__(self, symbols: Sequence[str], tau_s: float = 300.0) -> None:
        from nanotick import _core

        self.symbols = list(symbols)
        self._places = {symbol: place for place, symbol in enumerate(self.symbols)}
        try:
            self._core = _core.CorrelationMatrix(len(self.symbols), tau_s)
        except ValueError as error:
            raise ConfigError(
                f"CorrelationMatrix: {error}", hint='for example CorrelationMatrix(["BTC", "ETH"], 300.0)'
            ) from None
        if len(self._places) != len(self.symbols):
            raise ConfigError("CorrelationMatrix: a symbol is named twice", hint="give each symbol once")

    def tick(self, symbol: str, t_s: float, price: float) -> None:
        """A symbol's price at a time in seconds. A price that is not positive or a time that goes back is ignored."""
        self._core.tick(self._place(symbol), t_s, price)

    def correlation(self, a: str, b: str) -> float:
        """Of two symbols, within [-1, 1]; NaN while there is nothing to go by."""
        return self._core.correlation(self._place(a), self._place(b))

    def covariance(self, a: str, b: str) -> float:
        """Of log returns, per second."""
        return self._core.covariance(self._place(a), self._place(b))

    def matrix(self) -> Any:
        """All correlations: an array of shape (n, n), in the order of `symbols`."""
        import numpy as np

        count = range(len(self.symbols))
        return np.array([[self._core.correlation(i, j) for j in count] for i in count])

    def _place(self, symbol: str) -> int:
        place = self._places.get(symbol)
        if place is None:
            raise ConfigError(f"{symbol!r} is not in the matrix", hint=f"it has {', '.join(self.symbols)}")
        return place
