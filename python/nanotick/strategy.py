"""The base class of strategies written in Python, and what it means to be one.

A strategy is a class with callbacks. Its parameters are annotated class attributes with defaults; the engine calls
only the callbacks that the class overrides. The same class runs in a backtest, on paper and live.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from nanotick.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nanotick._core import Book, Context, FillView, OrderView, Signals, TradeView
    from nanotick.formulas import Streaming

__all__ = ["Strategy", "close_names"]

_PARAMETER_TYPES: dict[type, tuple[type, ...]] = {
    float: (float, int),
    int: (int,),
    bool: (bool,),
    str: (str,),
}

_BY_NAME = {kind.__name__: kind for kind in _PARAMETER_TYPES}


def close_names(name: str, known: list[str]) -> str:
    """A hint for a name that does not exist."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known) or 'none'}"


class Strategy:
    """A trading strategy: parameters as typed class attributes, decisions in callbacks.

    Prices are in price units and sizes in coins, as floats that must lie on the instrument's grid; every order
    passes the risk check and may raise :class:`nanotick.RiskRefused`. A callback returns nothing. If it raises, or
    runs longer than the session's callback limit, the engine halts the strategy and cancels its orders.

    >>> class Quoter(Strategy):
    ...     half_spread_bps: float = 2.0
    >>> Quoter(half_spread_bps=1.5).params()
    {'half_spread_bps': 1.5}
    """

    #: Signals that the engine evaluates before it calls the strategy: name to :class:`nanotick.formulas.Streaming`.
    signals: ClassVar[Mapping[str, Streaming]] = {}

    def __init__(self, **params: Any) -> None:
        known = self.parameters()
        for name, value in params.items():
            if name not in known:
                raise ConfigError(
                    f"{type(self).__name__} has no parameter {name!r}", hint=close_names(name, list(known))
                )
            setattr(self, name, _checked(type(self).__name__, name, known[name], value))

    @classmethod
    def parameters(cls) -> dict[str, type]:
        """The parameters and their types, in the order of their definition, base classes first."""
        found: dict[str, type] = {}
        for klass in reversed(cls.__mro__):
            if klass is Strategy or klass is object:
                continue
            for name, annotation in inspect.get_annotations(klass).items():
                # Under `from __future__ import annotations` a type is its name.
                kind = _BY_NAME.get(annotation) if isinstance(annotation, str) else annotation
                if not name.startswith("_") and kind in _PARAMETER_TYPES:
                    found[name] = kind
        return found

    def params(self) -> dict[str, Any]:
        """The values of the parameters."""
        return {name: getattr(self, name) for name in self.parameters()}

    def on_start(self, ctx: Context) -> None:
        """The session begins; called once per instrument, before any event."""

    def on_book(self, ctx: Context, book: Book) -> None:
        """The book of the context's instrument has changed."""

    def on_trade(self, ctx: Context, trade: TradeView) -> None:
        """Somebody traded."""

    def on_signal(self, ctx: Context, signals: Signals) -> None:
        """Declared signals have new values; called after ``on_book``."""

    def on_fill(self, ctx: Context, fill: FillView) -> None:
        """One of our orders was executed, wholly or in part."""

    def on_order(self, ctx: Context, order: OrderView) -> None:
        """One of our orders changed its state."""

    def on_timer(self, ctx: Context, timer: int) -> None:
        """A timer set by ``ctx.set_timer`` has come."""

    def on_connection(self, ctx: Context, connection: str) -> None:
        """The book became usable (``"up"``) or unusable (``"down"``)."""

    def on_stop(self, ctx: Context) -> None:
        """The session ends; called once per instrument, before the engine cancels what still works."""


def _checked(strategy: str, name: str, kind: type, value: Any) -> Any:
    allowed = _PARAMETER_TYPES[kind]
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(
            f"{strategy}.{name} is {value!r}; it must be {kind.__name__}",
            hint=f"for example {strategy}({name}={kind()!r})",
        )
    return kind(value)
