"""Formulas as Polars expressions. Importing this module registers the namespace `nt`.

>>> import polars as pl
>>> import nanotick.polars
>>> frame = pl.DataFrame({"close": [1.0, 2.0, 3.0, 4.0]})
>>> frame.select(pl.col("close").nt.sma(3))["close"].to_list()
[nan, nan, 2.0, 3.0]

The expression is the formula's first input; further ones are given by their names, as columns or expressions, and
parameters by position or name: ``pl.col("high").nt.atr(14, low="low", close="close")``. Several outputs make a struct.
With ``.over("symbol")`` each group starts fresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from nanotick.errors import ConfigError
from nanotick.formulas import get

__all__ = ["Namespace", "expression"]


def expression(formula: Any, *inputs: Any) -> pl.Expr:
    """A formula over columns or expressions, in the order of its inputs.

    Raises:
        ConfigError: the wrong number of inputs, or an input that is a row of numbers for each update.
    """
    names = [name for name, _ in formula.columns]
    if len(inputs) != len(names) or any(vector for _, vector in formula.columns):
        raise ConfigError(
            f"{formula.key} takes {', '.join(names)}; {len(inputs)} columns given",
            hint="formulas over rows of numbers (books, several assets) work on arrays: .batch(...)",
        )
    columns = [pl.col(x) if isinstance(x, str) else x for x in inputs]
    outputs = formula.outputs
    kind: Any = pl.Float64 if len(outputs) == 1 else pl.Struct(dict.fromkeys(outputs, pl.Float64))

    def run(series: Any) -> pl.Series:
        first = series[0].name
        values = formula.batch(*(s.cast(pl.Float64) for s in series))
        if len(outputs) == 1:
            return pl.Series(first, values)
        return pl.DataFrame(dict(zip(outputs, values, strict=True))).to_struct(first)

    return pl.map_batches(columns, run, return_dtype=kind)


@pl.api.register_expr_namespace("nt")
class Namespace:
    """`expr.nt.<formula>(…)`."""

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def __getattr__(self, key: str) -> Callable[..., pl.Expr]:
        if key.startswith("_"):
            raise AttributeError(key)
        made = get(key)

        def call(*values: Any, **named: Any) -> pl.Expr:
            known = [param["name"] for param in made(*values).info["params"]]
            formula = made(*values, **{name: value for name, value in named.items() if name in known})
            further = [name for name, _ in formula.columns[1:]]
            inputs = {name: value for name, value in named.items() if name not in known}
            if sorted(inputs) != sorted(further):
                raise ConfigError(
                    f"{key} needs the inputs {', '.join(further) or 'of the expression alone'}; "
                    f"{', '.join(inputs) or 'none'} given",
                    hint=f"for example .nt.{key}({', '.join(f'{name}={name!r}' for name in further)})",
                )
            return expression(formula, self._expr, *(inputs[name] for name in further))

        return call
