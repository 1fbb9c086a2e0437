"""Arrays in and out: NumPy, Polars, pandas and Arrow are read in place where they hold float64, and what comes out
is of the kind that went in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nanotick.errors import UsageError

__all__ = ["Inputs", "Wrap", "empty", "read"]

#: Makes an output of the kind of the inputs from an array and a name.
Wrap = Callable[[Any, str], Any]


class Inputs:
    """Inputs as contiguous float64 arrays, all of one length."""

    __slots__ = ("arrays", "rows", "wrap")

    def __init__(self, arrays: list[Any], wrap: Wrap) -> None:
        self.arrays = arrays
        self.rows = len(arrays[0])
        self.wrap = wrap


def read(
    key: str, columns: list[tuple[str, bool]], inputs: tuple[Any, ...], *, rows_agree: bool = True
) -> Inputs:
    """Inputs of a formula as arrays of shape (n,), of vectors (n, width).

    Of an estimator only the first input is rows of a sample: `rows_agree` is False, and the others (views, budgets) may
    have any length, a row of numbers alone too.

    Raises:
        UsageError: the wrong number of inputs, lengths or shapes that do not fit.
    """
    names = [name for name, _ in columns]
    if len(inputs) != len(columns):
        raise UsageError(
            f"{key} takes {len(columns)} inputs ({', '.join(names)}), {len(inputs)} given",
            hint=f"for example nt.formulas.{key}().batch({', '.join(names)})",
        )
    arrays = [_array(key, name, values) for name, values in zip(names, inputs, strict=True)]
    rows = len(arrays[0])
    for (name, vector), array in zip(columns, arrays, strict=True):
        if not rows_agree and name != names[0]:
            continue
        if len(array) != rows:
            raise UsageError(
                f"{key}: {name} has {len(array)} rows, {names[0]} has {rows}",
                hint="all inputs of a formula have one length",
            )
        if vector and array.ndim != 2:
            raise UsageError(
                f"{key}: {name} has shape {array.shape}",
                hint=f"{name} holds a row of numbers for each update",
            )
    return Inputs(arrays, _wrap_like(inputs[0]))


#: Below this many numbers the allocator has memory that is clear already.
_LARGE = 1 << 17


def empty(*shape: int) -> Any:
    """A float64 array of any content, in memory that is used again when it is large."""
    import numpy as np

    from nanotick import _core

    count = math.prod(shape)
    if count < _LARGE:
        return np.empty(shape)
    return np.frombuffer(memoryview(_core.Buffer(count))).reshape(shape)


def _array(key: str, name: str, values: Any) -> Any:
    import numpy as np

    kind = type(values).__module__.partition(".")[0]
    if kind == "polars":
        values = values.to_numpy()
    elif kind == "pyarrow":
        values = values.to_numpy(zero_copy_only=False) if hasattr(values, "buffers") else values.to_numpy()
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"{key}: {name} cannot be read as numbers", hint="float64 arrays are read without a copy"
        ) from None
    if array.ndim not in (1, 2) or np.ndim(values) == 0:
        raise UsageError(f"{key}: {name} has shape {np.shape(values)}", hint="give one or two dimensions")
    return array


def _wrap_like(first: Any) -> Wrap:
    """Arrow and Polars name their columns; pandas keeps the index."""
    kind, made = type(first).__module__.partition(".")[0], type(first).__name__
    if kind == "polars" and made == "Series":
        import polars

        return lambda array, name: polars.Series(name, array)
    if kind == "polars":
        import polars

        return lambda array, name: polars.DataFrame(
            array, schema=first.columns if array.ndim == 2 else [name]
        )
    if kind == "pandas":
        return lambda array, name: (
            type(first)(array, index=first.index, columns=first.columns)
            if array.ndim == 2 and hasattr(first, "columns") and array.shape[1] == len(first.columns)
            else _pandas_series(first, array, name)
        )
    if kind == "pyarrow":
        import pyarrow

        return lambda array, name: pyarrow.array(array) if array.ndim == 1 else array
    return lambda array, name: array


def _pandas_series(first: Any, array: Any, name: str) -> Any:
    import pandas

    if array.ndim == 2:
        return pandas.DataFrame(array, index=first.index)
    return pandas.Series(array, index=first.index, name=name)
