"""The formula catalogue from Python: streaming objects, and the same kernels over arrays.

>>> import nanotick as nt
>>> rsi = nt.formulas.rsi(14)
>>> rsi.update(101.5)           # NaN until it has warmed up
nan
>>> import numpy as np
>>> nt.formulas.sma(3).batch(np.arange(5.0))
array([nan, nan,  1.,  2.,  3.])

Parameters are positional or by the catalogue's names, inputs positional in the catalogue's order; several outputs
come as a named tuple in the catalogue's order; a batch has the length of its input.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from nanotick import _core
from nanotick.errors import ConfigError

if TYPE_CHECKING:
    pass

__all__ = [
    "Formula",
    "atr",
    "bollinger",
    "catalogue",
    "depth_imbalance",
    "ema",
    "macd",
    "microprice_weighted",
    "ofi",
    "rsi",
    "sma",
    "vwap_session",
]

Array = "npt.NDArray[np.float64]"


@functools.cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Every formula's row by key: id, name, category, tier, inputs, params, outputs, definition, citation."""
    return {row["key"]: row for row in _core.formula_catalogue()}


@functools.cache
def _output_class(key: str) -> Any:
    outputs = catalogue()[key]["outputs"]
    return None if len(outputs) == 1 else namedtuple(f"{key}_outputs", outputs)


class Formula:
    """One formula with its parameters and its state.

    Used by itself it streams (:meth:`update`) or runs over arrays (:meth:`batch`). Named in a strategy's
    ``signals`` it is a declaration: the engine evaluates a copy of its own before it calls the strategy.
    """

    __slots__ = ("_core", "bar_s", "feed", "key", "params", "update")

    def __init__(self, key: str, params: dict[str, float], feed: str = "mid", bar_s: float = 1.0) -> None:
        try:
            self._core = _core.Formula(key, list(params.values()), _output_class(key), feed, bar_s)
        except ValueError as error:
            raise ConfigError(str(error), hint=f"its parameters are {', '.join(params) or 'none'}") from None
        self.key, self.params, self.feed, self.bar_s = key, params, feed, bar_s
        #: Takes one input; returns a float, or a named tuple where the formula has several outputs.
        self.update = self._core.update

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the catalogue's order."""
        return list(catalogue()[self.key]["outputs"])

    @property
    def warmup(self) -> int:
        """How many leading outputs are NaN."""
        return int(self._core.warmup)

    def reset(self) -> None:
        """Back to the state after construction."""
        self._core.reset()

    def on(self, feed: str = "mid", *, bar_s: float | None = None) -> Formula:
        """The same declaration on another feed: "mid", "microprice" or "trade"; bars of `bar_s` seconds."""
        return Formula(self.key, self.params, feed, self.bar_s if bar_s is None else bar_s)

    def batch(self, *inputs: Any) -> Any:
        """Runs over whole arrays, from a fresh state: bit for bit what :meth:`update` gives one by one.

        Args:
            inputs: float64 arrays of shape (n,), one per input of the formula; book sizes have shape (n, levels).

        Returns:
            An array of shape (n,), or a named tuple of them.

        Raises:
            TypeError: the wrong number of inputs.
            ValueError: inputs of different lengths.
        """
        import numpy as np

        arrays = [np.ascontiguousarray(x, dtype=np.float64) for x in inputs]
        outputs = [np.full(len(arrays[0]) if arrays else 0, np.nan) for _ in self.outputs]
        self._core.batch_into(arrays, outputs)
        made = _output_class(self.key)
        return outputs[0] if made is None else made(*outputs)

    def __repr__(self) -> str:
        return f"{self.key}({', '.join(f'{k}={v:g}' for k, v in self.params.items())})"


def sma(period: int = 20) -> Formula:
    """Simple moving average of a price over `period` values. NaN for the first ``period - 1``."""
    return Formula("sma", {"period": period})


def ema(period: int = 20) -> Formula:
    """Exponential moving average, alpha = 2 / (period + 1), seeded with the mean of the first `period` values."""
    return Formula("ema", {"period": period})


def rsi(period: int = 14) -> Formula:
    """Wilder's relative strength index, percent; 50 where the price did not move at all."""
    return Formula("rsi", {"period": period})


def macd(fast: int = 12, slow: int = 26, signal: int = 9) -> Formula:
    """Moving average convergence divergence: ``macd``, ``signal`` and ``hist``, in price units."""
    return Formula("macd", {"fast": fast, "slow": slow, "signal": signal})


def bollinger(period: int = 20, k: float = 2.0) -> Formula:
    """Bollinger bands: ``upper``, ``middle``, ``lower`` (price units), ``pct_b`` and ``bandwidth`` (ratios)."""
    return Formula("bollinger", {"period": period, "k": k})


def atr(period: int = 14) -> Formula:
    """Average true range over bars (high, low, close), price units."""
    return Formula("atr", {"period": period})


def vwap_session(reset_s: float = 86400.0, k: float = 2.0) -> Formula:
    """Volume-weighted price since the session's start with bands of `k` deviations; trades (price, size, side, t_s)."""
    return Formula("vwap_session", {"reset_s": reset_s, "k": k})


def microprice_weighted() -> Formula:
    """Mid weighted by the opposite sizes of the touch; quotes (bid, ask, bid_size, ask_size)."""
    return Formula("microprice_weighted", {})


def depth_imbalance(levels: int = 10) -> Formula:
    """(bids - asks) / (bids + asks) over the best `levels` sizes, from -1 to 1."""
    return Formula("depth_imbalance", {"levels": levels})


def ofi(window: int = 100) -> Formula:
    """Order-flow imbalance at the touch: ``e`` of this update and ``ofi``, its sum over `window` updates; sizes."""
    return Formula("ofi", {"window": window})
