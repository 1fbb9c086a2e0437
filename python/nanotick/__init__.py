"""nanotick: a low-latency crypto trading system for Python with a Rust core.

Names are loaded when they are first used, so that `import nanotick` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nanotick import formulas
    from nanotick.compiler import compiled
    from nanotick.errors import (
        ConfigError,
        DataError,
        InvariantError,
        NanotickError,
        RefusedError,
        RiskRefused,
        UsageError,
        VenueError,
    )
    from nanotick.formulas import *
    from nanotick.strategy import Strategy

#: Each public name and the module that has it.
_HOMES = {
    "ConfigError": "nanotick.errors",
    "DataError": "nanotick.errors",
    "InvariantError": "nanotick.errors",
    "NanotickError": "nanotick.errors",
    "RefusedError": "nanotick.errors",
    "RiskRefused": "nanotick.errors",
    "UsageError": "nanotick.errors",
    "Strategy": "nanotick.strategy",
    "VenueError": "nanotick.errors",
    "atr": "nanotick.formulas",
    "bollinger": "nanotick.formulas",
    "depth_imbalance": "nanotick.formulas",
    "ema": "nanotick.formulas",
    "macd": "nanotick.formulas",
    "microprice_weighted": "nanotick.formulas",
    "ofi": "nanotick.formulas",
    "rsi": "nanotick.formulas",
    "sma": "nanotick.formulas",
    "vwap_session": "nanotick.formulas",
    "compiled": "nanotick.compiler",
}

#: Public modules, loaded when they are first used.
_MODULES = frozenset({"formulas"})

__all__ = [
    "ConfigError",
    "DataError",
    "InvariantError",
    "NanotickError",
    "RefusedError",
    "RiskRefused",
    "Strategy",
    "UsageError",
    "VenueError",
    "atr",
    "bollinger",
    "compiled",
    "depth_imbalance",
    "ema",
    "formulas",
    "macd",
    "microprice_weighted",
    "ofi",
    "rsi",
    "sma",
    "vwap_session",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"nanotick.{name}")
    home = _HOMES.get(name)
    if home is None and not name.startswith("_"):
        # Every formula is a name of the package too: nt.rsi is nt.formulas.rsi.
        from nanotick.formulas.catalogue import catalogue

        home = "nanotick.formulas" if name in catalogue() else None
    if home is None:
        raise AttributeError(f"module 'nanotick' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
