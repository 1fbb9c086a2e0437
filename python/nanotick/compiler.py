"""Strategies compiled by Numba: a plain function over records, run by the engine with no interpreter in the loop.

``@nt.compiled(state=[("ema", "f8")])`` turns ``f(view, state, params, orders)`` into a native function. `view` is the
engine's own record of one instrument (see ``docs/reference/view.md``), `state` a zeroed record of the fields given,
`params` a record of floats, `orders` the sheet that :func:`limit`, :func:`market`, :func:`amend`, :func:`cancel` and
:func:`timer` write to. Prices are ticks and sizes lots. With ``NANOTICK_JIT=0``, or without Numba, the function runs
as plain Python over NumPy records: slower, but a debugger can step through it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nanotick.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from nanotick.formulas import Streaming

__all__ = [
    "BUY",
    "FOK",
    "GTC",
    "IOC",
    "POST_ONLY",
    "SELL",
    "CompiledStrategy",
    "amend",
    "cancel",
    "cancel_all",
    "compiled",
    "jit_enabled",
    "limit",
    "market",
    "sheet_dtype",
    "timer",
    "view_dtype",
]

BUY, SELL = 1, -1
GTC, IOC, FOK, POST_ONLY = 1, 2, 3, 4
_MARKET, _REDUCE_ONLY = 1 << 8, 1 << 9
_PLACE, _AMEND, _CANCEL, _CANCEL_ALL, _TIMER = 1, 2, 3, 4, 5
_ROWS = 16
_OCCASIONS = {
    "start": 1,
    "book": 2,
    "trade": 3,
    "fill": 4,
    "order": 5,
    "timer": 6,
    "connection": 7,
    "stop": 8,
}


def _row(orders: Any, op: int, side: int, px: int, qty: int, options: int, order_id: int) -> None:
    i = orders.n
    if i < _ROWS:
        orders.op[i] = op
        orders.side[i] = side
        orders.px[i] = px
        orders.qty[i] = qty
        orders.options[i] = options
        orders.order_id[i] = order_id
    # One row too many is told to the engine, which halts the strategy: no order is dropped in silence.
    orders.n = i + 1


def limit(orders: Any, side: int, px: int, qty: int, tif: int = GTC) -> None:
    """Wishes a limit order: `side` BUY or SELL, `px` in ticks, `qty` in lots, `tif` GTC, IOC, FOK or POST_ONLY."""
    _row(orders, _PLACE, side, px, qty, tif, 0)


def market(orders: Any, side: int, qty: int) -> None:
    """Wishes a market order of `qty` lots."""
    _row(orders, _PLACE, side, 0, qty, IOC | _MARKET, 0)


def amend(orders: Any, order_id: int, px: int, qty: int) -> None:
    """Wishes a working order's price (ticks) and total size (lots) changed."""
    _row(orders, _AMEND, 0, px, qty, 0, order_id)


def cancel(orders: Any, order_id: int) -> None:
    """Wishes a working order cancelled."""
    _row(orders, _CANCEL, 0, 0, 0, 0, order_id)


def cancel_all(orders: Any) -> None:
    """Wishes all orders of the view's instrument cancelled."""
    _row(orders, _CANCEL_ALL, 0, 0, 0, 0, 0)


def timer(orders: Any, number: int, at_ns: int) -> None:
    """Wishes to be called with ``view.timer == number`` (1 to 256) at `at_ns`; set again, it is moved."""
    _row(orders, _TIMER, 0, at_ns, number, 0, 0)


def view_dtype(signals: Mapping[str, Streaming] | None = None) -> np.dtype[Any]:
    """The dtype of the engine's view; declared signals are fields ``sig_<name>`` or ``sig_<name>_<output>``."""
    import numpy as np

    from nanotick import _core

    fields: dict[str, list[Any]] = {"names": [], "formats": [], "offsets": []}

    def add(name: str, fmt: Any, offset: int) -> None:
        fields["names"].append(name)
        fields["formats"].append(fmt)
        fields["offsets"].append(offset)

    size = 0
    for name, fmt, count, offset in _core.view_layout():
        # A level is a pair of words.
        shape = (count, 2) if fmt == "(2)i8" else (count,)
        size = offset + 8 * math.prod(shape)
        if name != "signals":
            add(name, fmt if count == 1 else (fmt.removeprefix("(2)"), shape), offset)
            continue
        slot = 0
        for signal_name, signal in (signals or {}).items():
            for output in signal.signal_outputs:
                full = (
                    f"sig_{signal_name}" if len(signal.signal_outputs) == 1 else f"sig_{signal_name}_{output}"
                )
                add(full, "f8", offset + 8 * slot)
                slot += 1
    return np.dtype({**fields, "itemsize": size})  # type: ignore[call-overload,no-any-return]


def sheet_dtype() -> np.dtype[Any]:
    """The dtype of the order sheet."""
    import numpy as np

    from nanotick import _core

    fields = [(n, f if c == 1 else (f, (c,))) for n, f, c, _ in _core.sheet_layout()]
    return np.dtype([(n, *f) if isinstance(f, tuple) else (n, f) for n, f in fields])


@dataclass(frozen=True)
class CompiledStrategy:
    """A function with its state, parameters and signals. Call it to get the same with other parameters."""

    function: Callable[[Any, Any, Any, Any], None]
    state: tuple[tuple[str, str], ...] = ()
    defaults: dict[str, float] = field(default_factory=dict)
    signals: Mapping[str, Streaming] = field(default_factory=dict)
    on: tuple[str, ...] = ("book",)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    def __call__(self, **params: float) -> CompiledStrategy:
        """The same strategy with other parameter values."""
        unknown = [p for p in params if p not in self.defaults]
        if unknown:
            from nanotick.strategy import close_names

            hint = close_names(unknown[0], list(self.defaults))
            raise ConfigError(f"{self.name} has no parameter {unknown[0]!r}", hint=hint)
        return replace(self, defaults={**self.defaults, **{k: float(v) for k, v in params.items()}})

    def params(self) -> dict[str, float]:
        """The values of the parameters."""
        return dict(self.defaults)

    @property
    def wants(self) -> int:
        """The occasions as bits, as the engine takes them."""
        return sum(1 << _OCCASIONS[o] for o in self.on)

    def state_dtype(self) -> np.dtype[Any]:
        """The dtype of the state record; one field of padding if the strategy declares none."""
        import numpy as np

        return np.dtype(list(self.state) or [("_", "i8")], align=True)

    def params_dtype(self) -> np.dtype[Any]:
        """The dtype of the parameter record."""
        import numpy as np

        return np.dtype([(name, "f8") for name in self.defaults] or [("_", "f8")])

    def build(self) -> tuple[Any, int]:
        """Compiles. Returns the object that owns the code (keep it alive) and the address of the function.

        Raises:
            ConfigError: Numba is not installed, or the function does not compile; the message says where.
        """
        try:
            import numba
        except ImportError as error:
            raise ConfigError(
                "compiled strategies need Numba, which is not installed",
                hint="pip install 'nanotick[compiled]', or set NANOTICK_JIT=0 to run it as plain Python",
            ) from error
        return _build(self, numba)


def jit_enabled() -> bool:
    """Whether compiled strategies are compiled: yes unless NANOTICK_JIT=0."""
    return os.environ.get("NANOTICK_JIT", "1") != "0"


def _build(strategy: CompiledStrategy, numba: Any) -> tuple[Any, int]:
    types = numba.types
    view = numba.from_dtype(view_dtype(strategy.signals))
    state = numba.from_dtype(strategy.state_dtype())
    params = numba.from_dtype(strategy.params_dtype())
    sheet = numba.from_dtype(sheet_dtype())
    inner = numba.njit(error_model="python")(_with_compiled_helpers(strategy.function, numba))
    signature = types.int64(*(types.CPointer(t) for t in (view, state, params, sheet)))

    def entry(view_p: Any, state_p: Any, params_p: Any, sheet_p: Any) -> int:
        inner(
            numba.carray(view_p, 1)[0],
            numba.carray(state_p, 1)[0],
            numba.carray(params_p, 1)[0],
            numba.carray(sheet_p, 1)[0],
        )
        return 1  # the engine's word for well: a function that raises leaves 0

    try:
        code = numba.cfunc(signature)(entry)
    except numba.core.errors.NumbaError as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "unknown reason")
        raise ConfigError(
            f"strategy {strategy.name} does not compile: {reason}",
            hint="run it with NANOTICK_JIT=0 to step through it as plain Python",
        ) from error
    return code, int(code.address)


def _with_compiled_helpers(function: Callable[..., None], numba: Any) -> Callable[..., None]:
    """The function with the order helpers it names replaced by compiled ones, without changing the user's module."""
    import types

    row = numba.njit(_row)
    compiled_helpers: dict[str, Any] = {}
    for helper in (limit, market, amend, cancel, cancel_all, timer):
        scope = {**helper.__globals__, "_row": row}
        copy = types.FunctionType(helper.__code__, scope, helper.__name__, helper.__defaults__)
        compiled_helpers[helper.__name__] = numba.njit(copy)
    originals = {
        id(h): compiled_helpers[h.__name__] for h in (limit, market, amend, cancel, cancel_all, timer)
    }
    scope = {name: originals.get(id(value), value) for name, value in function.__globals__.items()}
    return types.FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__, function.__closure__
    )


def compiled(
    state: Sequence[tuple[str, str]] = (),
    params: Mapping[str, float] | None = None,
    signals: Mapping[str, Streaming] | None = None,
    on: Sequence[str] = ("book",),
) -> Callable[[Callable[[Any, Any, Any, Any], None]], CompiledStrategy]:
    """Makes a compiled strategy of ``f(view, state, params, orders)``.

    Args:
        state: fields of the state record as (name, dtype), zeroed at start; one record per instrument.
        params: parameters and their defaults; floats.
        signals: signals that the engine evaluates before the call.
        on: occasions to be called for: start, book, trade, fill, order, timer, connection, stop.

    Raises:
        ConfigError: an occasion that does not exist.
    """
    for occasion in on:
        if occasion not in _OCCASIONS:
            raise ConfigError(f"there is no occasion {occasion!r}", hint=f"allowed: {', '.join(_OCCASIONS)}")

    def wrap(function: Callable[[Any, Any, Any, Any], None]) -> CompiledStrategy:
        defaults = {name: float(value) for name, value in (params or {}).items()}
        return CompiledStrategy(function, tuple(state), defaults, dict(signals or {}), tuple(on))

    return wrap
