"""Formulas over whole arrays: estimators, tests and optimisers that have no streaming form.

A module a category. Each function takes float64 arrays in the catalogue's order of inputs and the parameters by name,
already checked, and returns its outputs in the catalogue's order. What SciPy or another kept library does well is its
work; the extra `stats` brings them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from nanotick.errors import ConfigError

__all__ = ["ESTIMATORS", "MissingLibraryError", "estimator", "library", "load"]

#: By key, once :func:`load` has imported the modules.
ESTIMATORS: dict[str, Callable[..., Any]] = {}


_Function = TypeVar("_Function", bound=Callable[..., Any])


class MissingLibraryError(ConfigError):
    """A formula needs a library of an extra that is not installed."""


def estimator(key: str) -> Callable[[_Function], _Function]:
    """Registers a function as the formula `key`."""

    def register(function: _Function) -> _Function:
        ESTIMATORS[key] = function
        return function

    return register


def load() -> dict[str, Callable[..., Any]]:
    """All estimators by key."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"nanotick.formulas.estimators.{module.name}")
    return ESTIMATORS


def library(name: str, extra: str = "stats") -> ModuleType:
    """Imports a module of an extra, or says which extra brings it.

    Raises:
        MissingLibraryError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise MissingLibraryError(
            f"this formula needs {package}, which is not installed",
            hint=f'pip install "nanotick[{extra}]"',
        ) from None
