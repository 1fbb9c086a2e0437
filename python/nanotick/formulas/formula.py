"""What a formula is: parameters, a batch over arrays, and of most a streaming object with a state.

The class of each formula is made from its row of the catalogue; nothing here knows any of them.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections import namedtuple
from collections.abc import Sequence
from typing import Any, ClassVar

from nanotick.errors import ConfigError, UsageError
from nanotick.formulas import arrays
from nanotick.formulas.catalogue import catalogue, evaluate

__all__ = ["Estimator", "Formula", "Streaming", "batch_many", "class_of", "describe", "get", "output_class"]

_TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str, "list": list}


class Formula:
    """One formula with its parameters."""

    __slots__ = ("params",)

    key: ClassVar[str] = ""

    def __init__(self, *values: Any, **named: Any) -> None:
        #: The parameters' values by name, in the catalogue's order.
        self.params: dict[str, Any] = _bind(self.key, values, named)

    @property
    def info(self) -> dict[str, Any]:
        """The formula's row of the catalogue."""
        return catalogue()[self.key]

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the catalogue's order."""
        return [name for name, _, _ in self.info["outputs"]]

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Positional inputs: name, and whether it is a row of numbers for each update."""
        return list(self.info["columns"])

    @property
    def warmup(self) -> int:
        """How many leading outputs are NaN; of a formula over whole arrays, the smallest sample less one."""
        return int(evaluate(self.info["warmup"], self.params))

    def __repr__(self) -> str:
        shown = (f"{name}={value:g}" if isinstance(value, float) else f"{name}={value!r}"
                 for name, value in self.params.items())  # fmt: skip
        return f"{self.key}({', '.join(shown)})"


class Streaming(Formula):
    """A formula with a state: it takes one row of inputs at a time, or whole arrays.

    Used by itself it streams (`update`) or runs over arrays (:meth:`batch`). Named in a strategy's ``signals`` it is a
    declaration: the engine evaluates a copy of its own before it calls the strategy.
    """

    __slots__ = ("_core", "bar_s", "bindings", "feed", "picks", "source", "update")

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.source: Streaming | None = None
        self.picks: list[str] = []
        #: Where a strategy's engine takes prices from: "mid", "microprice", "trade", "close", ...
        self.feed = "mid"
        #: Length of the bars that the engine builds for it, seconds.
        self.bar_s = 1.0
        #: Inputs with sources of their own in a strategy's engine.
        self.bindings: dict[str, list[str]] = {}
        self._build()

    def _build(self) -> None:
        from nanotick import _core

        try:
            self._core = _core.Formula(self.recipe)
        except ValueError as error:
            raise ConfigError(str(error), hint=_parameter_hint(self.key)) from None
        #: Takes one row of inputs; returns a float, or a named tuple where the formula has several outputs.
        self.update = self._core.updater()
        rows = [bool(shape) for _, _, shape in self.info["outputs"]]
        if any(rows):
            self.update = functools.partial(_update_rows, self._core, self.key, rows, self.update)

    @property
    def recipe(self) -> tuple[str, list[Any], Any, list[str]]:
        """How it is made: key, parameters, the recipe of what feeds it, outputs picked of that."""
        values = [_number(self.key, name, value) for name, value in self.params.items()]
        return self.key, values, self.source.recipe if self.source else None, self.picks

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Positional inputs; of a pipeline, those of its first stage."""
        return list(self._core.columns)

    @property
    def signal_outputs(self) -> list[str]:
        """Names of the values as a signal: the numbers of a row of them are counted."""
        names = []
        for name, width in zip(self.outputs, self._core.widths, strict=True):
            names += [name] if width == 1 else [f"{name}_{place}" for place in range(width)]
        return names

    @property
    def warmup(self) -> int:
        """How many leading outputs are NaN; of a pipeline, those of all stages together."""
        return int(self._core.warmup)

    def batch(self, *inputs: Any) -> Any:
        """Runs over whole arrays, from a fresh state: bit for bit what `update` gives one by one.

        Args:
            inputs: one array of shape (n,) per input; (n, width) where an input is a row of numbers for each update.
                NumPy, Polars, pandas or Arrow; float64 is read without a copy. If all inputs are single numbers,
                arrays of shape (n, k) are k series side by side, which run in parallel.

        Returns:
            Arrays of the inputs' kind, shape (n,), (n, width) or (n, k); a named tuple of them if there are several.

        Raises:
            UsageError: the wrong number of inputs, lengths or shapes that do not fit.
        """
        from nanotick import _core

        given = arrays.read(self.key, self.columns, inputs)
        jobs, outputs = self._jobs(given)
        _core.formula_batches(jobs, _threads() if len(jobs) > 1 else 1)
        return _named(self.key, self.outputs, outputs, given.wrap)

    def _jobs(self, given: arrays.Inputs) -> tuple[list[Any], list[Any]]:
        import numpy as np

        vectors = [
            array.shape[1] for (_, vector), array in zip(self.columns, given.arrays, strict=True) if vector
        ]
        if vectors or given.arrays[0].ndim == 1:
            if vectors:
                self._core.fit(vectors[0])
            widths = self._core.widths
            rows = [bool(shape) for _, _, shape in self.info["outputs"]]
            outputs = [
                arrays.empty(given.rows, w) if row else arrays.empty(given.rows)
                for w, row in zip(widths, rows, strict=True)
            ]
            return [(self._core, given.arrays, outputs)], outputs
        if any(array.shape != given.arrays[0].shape for array in given.arrays):
            raise UsageError(
                f"{self.key}: inputs of shapes {[array.shape for array in given.arrays]}",
                hint="several series side by side have one shape in all inputs",
            )
        series = range(given.arrays[0].shape[1])
        columns = [np.asfortranarray(array) for array in given.arrays]
        outputs = [arrays.empty(*given.arrays[0].shape[::-1]).T for _ in self.outputs]
        jobs = [(self._core, [a[:, k] for a in columns], [out[:, k] for out in outputs]) for k in series]
        return jobs, outputs

    def reset(self) -> None:
        """Back to the state after construction."""
        self._core.reset()

    def save(self) -> bytes:
        """The state, for :meth:`load` of the same formula with the same parameters."""
        return bytes(self._core.save())

    def load(self, state: bytes) -> None:
        """Goes on from a saved state.

        Raises:
            ConfigError: it is another formula's, another version's, or damaged; the state is then as after
                construction.
        """
        try:
            self._core.load(state)
        except ValueError as error:
            raise ConfigError(
                f"{self.key}: {error}", hint="load what save() gave for the same formula and parameters"
            ) from None

    def on(self, feed: str | None = None, *, bar_s: float | None = None, **columns: Any) -> Any:
        """The same as a strategy's signal on another feed.

        Args:
            feed: where prices come from: "mid", "microprice", "bid", "ask" (each book update), "trade" (each trade),
                "close" (bars).
            bar_s: length of the bars of trades, seconds.
            columns: a source for an input by name: one of the above, "open", "high", "low", "volume", "position",
                "equity", "SYMBOL.mid" for another instrument, or a number; a list of them for a row of numbers.
        """
        made = self._copy()
        if feed is not None:
            made.feed = feed
        if bar_s is not None:
            made.bar_s = bar_s
        known = [name for name, _ in self.columns]
        for name, source in columns.items():
            if name not in known:
                raise ConfigError(
                    f"{self.key} has no input {name!r}", hint=f"its inputs are {', '.join(known)}"
                )
            made.bindings[name] = (
                [str(s) for s in source] if isinstance(source, (list, tuple)) else [str(source)]
            )
        for name, vector in self.columns:
            if vector and name in made.bindings:
                made._core.fit(len(made.bindings[name]))
        return made

    def of(self, source: Streaming, *picks: str, **named: str) -> Any:
        """This formula fed by another: a pipeline that runs wholly in the core.

        Args:
            source: what feeds it.
            picks: an output of the source for each input, in order; the only one may be left out.
            named: the same by the inputs' names.

        >>> import nanotick as nt
        >>> smooth = nt.formulas.rsi(14).of(nt.formulas.ema(5))
        >>> smooth.warmup
        18
        """
        names = [name for name, _ in self.columns]
        if self.source is not None:
            raise ConfigError(
                f"{self!r} is fed already", hint="build a pipeline from its last stage backwards"
            )
        chosen = list(picks)
        if not chosen and not named and len(source.outputs) == 1:
            chosen = source.outputs * len(names)
        chosen += [named[name] for name in names[len(chosen) :] if name in named]
        made = self._copy()
        made.source, made.picks = source._copy(), chosen
        made._build()
        return made

    def __rshift__(self, then: Streaming) -> Any:
        """``ema(5) >> rsi(14)`` is ``rsi(14).of(ema(5))``."""
        return then.of(self)

    def _copy(self) -> Any:
        made = type(self)(**self.params)
        made.feed, made.bar_s, made.bindings = self.feed, self.bar_s, dict(self.bindings)
        if self.source is not None:
            made.source, made.picks = self.source, self.picks
            made._build()
        return made

    def __reduce__(self) -> Any:
        state = (self.params, self.feed, self.bar_s, self.bindings, self.source, self.picks, self.save())
        return _revive, (self.key, state)

    def __repr__(self) -> str:
        own = super().__repr__()
        return f"{own}.of({self.source!r})" if self.source else own


class Estimator(Formula):
    """A formula over whole arrays, without a streaming form."""

    __slots__ = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        for row in self.info["params"]:
            _check(self.key, row, self.params[row["name"]])

    def batch(self, *inputs: Any) -> Any:
        """Runs over whole arrays.

        Args:
            inputs: the sample first, of shape (n,), or (n, width) where a row is several numbers; then what else the
                formula takes. A formula with a `window` looks at the last rows of the sample.

        Returns:
            What the definition says: numbers or arrays, a named tuple if there are several; NaN if the sample is
            smaller than the warm-up and one.

        Raises:
            UsageError: the wrong number of inputs, lengths or shapes that do not fit.
            ConfigError: a library of an extra is missing.
        """
        from nanotick.formulas.estimators import load

        given = arrays.read(self.key, self.columns, inputs, rows_agree=False)
        names = self.outputs
        if given.rows <= self.warmup:
            values: Any = (float("nan"),) * len(names)
        else:
            values = load()[self.key](*given.arrays, **self.params)
            values = values if len(names) > 1 else (values,)
        return _named(self.key, names, values, lambda value, _: value)

    def update(self, *_inputs: Any) -> Any:
        """There is no streaming form."""
        raise UsageError(f"{self.key} works on whole arrays", hint=f"nt.formulas.{self.key}(...).batch(...)")


@functools.cache
def class_of(key: str) -> Any:
    """The class of a formula, made from its row."""
    row = catalogue()[key]
    base = Streaming if row["status"] == "streaming" else Estimator
    parameters = [
        inspect.Parameter(
            param["name"],
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=_default(param),
            annotation=_TYPES[param["type"]],
        )
        for param in row["params"]
    ]
    body = {
        "__slots__": (),
        "__doc__": describe(row),
        "__module__": "nanotick.formulas",
        "__signature__": inspect.Signature(parameters),
        "key": key,
    }
    return type(key, (base,), body)


def get(key: str) -> Any:
    """The class of a formula by its key: ``get("rsi")(14)``.

    Raises:
        ConfigError: there is none, or it is planned.
    """
    import difflib

    row = catalogue().get(key)
    if row is None:
        near = difflib.get_close_matches(key, catalogue(), n=1)
        hint = (
            f"did you mean {near[0]!r}?"
            if near
            else "`nanotick formulas list` has all, nt.formulas.search() finds by words"
        )
        raise ConfigError(f"there is no formula named {key!r}", hint=hint)
    if row["status"] == "planned":
        raise ConfigError(f"{key} is planned and not implemented yet", hint="see nanotick formulas list")
    return class_of(key)


def batch_many(formulas: Sequence[Streaming], *inputs: Any) -> list[Any]:
    """Several formulas, or one with several sets of parameters, over the same inputs, in parallel.

    Returns:
        What each formula's :meth:`Streaming.batch` would return, in order.
    """
    from nanotick import _core

    jobs, outputs, wraps = [], [], []
    for formula in formulas:
        given = arrays.read(formula.key, formula.columns, inputs)
        own, out = formula._jobs(given)
        jobs += own
        outputs.append(out)
        wraps.append(given.wrap)
    _core.formula_batches(jobs, _threads())
    rows = zip(formulas, outputs, wraps, strict=True)
    return [_named(formula.key, formula.outputs, out, wrap) for formula, out, wrap in rows]


def describe(row: dict[str, Any]) -> str:
    """The documentation of a formula from its row."""
    lines = [f"{row['name']}.", "", row["definition"], ""]
    if row["params"]:
        lines.append("Args:")
        lines += [f"    {param['name']}: {param['range']}." for param in row["params"]]
        lines.append("")
    kinds = [f"{name} (a row of numbers)" if vector else name for name, vector in row["columns"]]
    lines.append(f"Inputs: {', '.join(kinds)}.")
    lines.append(f"Outputs: {'; '.join(f'{name} ({unit})' for name, unit, _ in row['outputs'])}.")
    cost = row["streaming"]
    lines.append(f"Warm-up: {row['warmup']}. Cost: {cost}.")
    if row["note"]:
        lines += ["", f"Note: {row['note']}"]
    lines += ["", f"Source: {row['citation']}."]
    return "\n".join(lines)


@functools.cache
def output_class(key: str, outputs: tuple[str, ...]) -> Any:
    """The named tuple of a batch with several outputs."""
    return namedtuple(f"{key}_outputs", outputs)


def _named(key: str, names: list[str], values: Sequence[Any], wrap: arrays.Wrap) -> Any:
    wrapped = [wrap(value, name) for name, value in zip(names, values, strict=True)]
    return wrapped[0] if len(wrapped) == 1 else output_class(key, tuple(names))(*wrapped)


def _update_rows(core: Any, key: str, rows: list[bool], update: Any, *inputs: Any) -> Any:
    """Of outputs that are rows of numbers, arrays."""
    import numpy as np

    flat = update(*inputs)
    values, place = [], 0
    for width, row in zip(core.widths, rows, strict=True):
        values.append(np.array(flat[place : place + width]) if row else flat[place])
        place += width
    return values[0] if len(values) == 1 else output_class(key, tuple(core.outputs))(*values)


def _revive(key: str, state: tuple[Any, ...]) -> Streaming:
    params, feed, bar_s, bindings, source, picks, saved = state
    made: Streaming = class_of(key)(**params)
    made.feed, made.bar_s, made.bindings, made.source, made.picks = feed, bar_s, bindings, source, picks
    if source is not None:
        made._build()
    made.load(saved)
    return made


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _default(param: dict[str, Any]) -> Any:
    values = param["default"]
    match param["type"]:
        case "int":
            return int(values[0])
        case "float":
            return float(values[0])
        case "bool":
            return bool(values[0])
        case "str":
            return param["choices"][int(values[0])]
        case _:
            return list(values)


def _bind(key: str, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    rows = catalogue()[key]["params"]
    names = [row["name"] for row in rows]
    if len(values) > len(rows):
        raise ConfigError(f"{key}: {len(values)} parameters given", hint=_parameter_hint(key))
    for name in named:
        if name not in names:
            raise ConfigError(f"{key} has no parameter {name!r}", hint=_parameter_hint(key))
        if names.index(name) < len(values):
            raise ConfigError(f"{key}: {name} is given twice", hint=_parameter_hint(key))
    bound = dict(zip(names, values, strict=False)) | named
    return {row["name"]: bound.get(row["name"], _default(row)) for row in rows}


def _parameter_hint(key: str) -> str:
    shown = [f"{row['name']} ({row['range']})" for row in catalogue()[key]["params"]]
    return f"its parameters are {'; '.join(shown)}" if shown else "it has no parameters"


def _row(key: str, name: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = catalogue()[key]["params"]
    return next(row for row in rows if row["name"] == name)


def _number(key: str, name: str, value: Any) -> Any:
    """A parameter as the core takes it: a number or a list of them; a choice is its place."""
    row = _row(key, name)
    if row["type"] == "str":
        if value not in row["choices"]:
            raise ConfigError(
                f"{key}: {name} is {value!r}, allowed is {row['range']}", hint=_parameter_hint(key)
            )
        return float(row["choices"].index(value))
    try:
        return [float(x) for x in value] if row["type"] == "list" else float(value)
    except (TypeError, ValueError):
        raise ConfigError(
            f"{key}: {name} is {value!r}, allowed is {row['range']}", hint=_parameter_hint(key)
        ) from None


def _check(key: str, row: dict[str, Any], value: Any) -> None:
    """The range of an estimator's parameter; the core checks its own."""
    number = _number(key, row["name"], value)
    (low, low_in), (high, high_in) = row["low"], row["high"]
    for x in number if isinstance(number, list) else [number]:
        inside = (x >= low if low_in else x > low) and (x <= high if high_in else x < high)
        if not inside or (row["type"] == "int" and x != int(x)):
            raise ConfigError(
                f"{key}: {row['name']} is {value!r}, allowed is {row['range']}", hint=_parameter_hint(key)
            )
