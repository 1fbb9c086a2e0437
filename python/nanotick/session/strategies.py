"""From a strategy's name to the thing that the engine runs."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nanotick.errors import ConfigError

__all__ = ["READY", "resolve"]

#: Ready-made strategies: name -> module and attribute, or a Rust type that the native module knows by name.
READY: dict[str, str] = {
    "quoter": "nanotick.strategies.quoter:Quoter",
    "quoter-compiled": "nanotick.strategies.quoter:quoter",
    "quoter-rust": "rust:quoter",
    "two-ema": "nanotick.strategies.two_ema:TwoEma",
    "two-ema-compiled": "nanotick.strategies.two_ema:two_ema",
    "two-ema-rust": "rust:two_ema",
    "watch": "rust:watch",
}


def resolve(name: str, params: Mapping[str, float] | None = None) -> Any:
    """The strategy of a name: one of `READY`, or `FILE.py:NAME`.

    Raises:
        ConfigError: if there is none, its file fails, or a parameter is not one of its own.
    """
    target = READY.get(name, name)
    module_name, colon, attribute = target.rpartition(":")
    if module_name == "rust":
        return {"rust": attribute, "params": dict(params or {})} if params else target
    if not colon or not attribute.isidentifier():
        near = difflib.get_close_matches(name, READY, n=1, cutoff=0.5)
        hint = (
            f"did you mean {near[0]}?"
            if near
            else f"ready-made ones are {', '.join(READY)}; else FILE.py:NAME"
        )
        raise ConfigError(f"there is no strategy {name!r}", hint)
    module = (
        _from_file(Path(module_name)) if module_name.endswith(".py") else importlib.import_module(module_name)
    )
    try:
        made = getattr(module, attribute)
    except AttributeError:
        raise ConfigError(
            f"{module_name} has no strategy {attribute!r}", "the name after the colon"
        ) from None
    return _with_params(made, name, params or {})


def _with_params(made: Any, name: str, params: Mapping[str, float]) -> Any:
    if not isinstance(made, type) and not params:
        return made
    try:
        return made(**params)
    except TypeError as error:
        raise ConfigError(f"strategy {name!r}: {error}", "its parameters are its class attributes") from error


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(f"there is no strategy file {path}", "give FILE.py:NAME")
    spec = importlib.util.spec_from_file_location(f"nanotick_strategy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(
            f"{path} failed when it was imported: {type(error).__name__}: {error}",
            "run it with python to see where",
        ) from error
    return module
