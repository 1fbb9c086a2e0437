"""nanotick: a low-latency crypto trading system for Python with a Rust core.

Names are loaded when they are first used, so that `import nanotick` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

#: Each public name and the module that has it.
_HOMES = {
    "ConfigError": "nanotick.errors",
    "DataError": "nanotick.errors",
    "InvariantError": "nanotick.errors",
    "NanotickError": "nanotick.errors",
    "RefusedError": "nanotick.errors",
    "RiskRefused": "nanotick.errors",
    "UsageError": "nanotick.errors",
    "VenueError": "nanotick.errors",
}

__all__ = [
    "ConfigError",
    "DataError",
    "InvariantError",
    "NanotickError",
    "RefusedError",
    "RiskRefused",
    "UsageError",
    "VenueError",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nanotick' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
