"""The formula catalogue from Python: streaming objects, and the same kernels over arrays.

>>> import nanotick as nt
>>> rsi = nt.formulas.rsi(14)
>>> rsi.update(101.5)           # NaN until it has warmed up
nan
>>> import numpy as np
>>> nt.formulas.sma(3).batch(np.arange(5.0))
array([nan, nan,  1.,  2.,  3.])

Parameters are positional or by the catalogue's names, inputs positional in the catalogue's order; several outputs
come as a named tuple in the catalogue's order; a batch has the length of its input. Every formula is a class of this
module, made when it is first named; `__init__.pyi` beside this file, made by `scripts/write_formulas.py`, has them all.
"""

from __future__ import annotations

from typing import Any

from nanotick.formulas.catalogue import catalogue, search
from nanotick.formulas.formula import Estimator, Formula, Streaming, batch_many, class_of, get
from nanotick.formulas.matrix import CorrelationMatrix

_NAMES = [
    "CorrelationMatrix",
    "Estimator",
    "Formula",
    "Streaming",
    "batch_many",
    "catalogue",
    "get",
    "search",
]


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted([*_NAMES, *(key for key, row in catalogue().items() if row["status"] != "planned")])
    if name.startswith("_") or name not in catalogue():
        raise AttributeError(f"there is no formula named {name!r}; nt.formulas.search() finds them by words")
    if catalogue()[name]["status"] == "planned":
        raise AttributeError(f"{name} is in the catalogue as planned, not implemented yet")
    return class_of(name)


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
