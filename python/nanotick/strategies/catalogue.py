"""Finds a ready-made strategy by its name, or a user's own by ``FILE.py:NAME``."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from nanotick.errors import ConfigError, NanotickError

__all__ = ["available", "load"]

#: Name on the command line to (module, attribute). ``rust:`` names are built into the engine.
_READY: dict[str, tuple[str, str]] = {
    "quoter": ("nanotick.strategies.quoter", "Quoter"),
    "quoter-compiled": ("nanotick.strategies.quoter_compiled", "quoter"),
    "quoter-rust": ("nanotick.strategies.builtin", "quoter"),
    "two-ema": ("nanotick.strategies.two_ema", "TwoEma"),
    "two-ema-compiled": ("nanotick.strategies.two_ema_compiled", "two_ema"),
    "two-ema-rust": ("nanotick.strategies.builtin", "two_ema"),
}


def available() -> list[str]:
    """Names that :func:`load` knows."""
    return list(_READY)


def load(name: str) -> Any:
    """The strategy of that name: a :class:`nanotick.Strategy` class, a compiled strategy or a built-in one.

    ``name`` is one of :func:`available`, or ``path/to/file.py:NAME``.

    Raises:
        ConfigError: no such name, file or attribute, or the file does not load.
    """
    if name in _READY:
        module, attribute = _READY[name]
        return getattr(importlib.import_module(module), attribute)
    if ":" in name:
        path, _, attribute = name.rpartition(":")
        return _from_file(Path(path), attribute)
    from nanotick.strategy import close_names

    raise ConfigError(f"there is no strategy {name!r}", hint=close_names(name, available()))


def _from_file(path: Path, attribute: str) -> Any:
    if not path.is_file():
        raise ConfigError(
            f"strategy file {path} does not exist", hint="write it as path/to/file.py:ClassName"
        )
    spec = importlib.util.spec_from_file_location(f"nanotick_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"strategy file {path} is not a Python file", hint="its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except NanotickError:
        raise
    except Exception as error:
        raise ConfigError(
            f"strategy file {path} does not load: {type(error).__name__}: {error}",
            hint="run it with python alone",
        ) from error
    found = getattr(module, attribute, None)
    if found is None:
        names = [n for n, v in vars(module).items() if isinstance(v, type) and not n.startswith("_")]
        raise ConfigError(f"{path} has no {attribute!r}", hint=f"it has {', '.join(names) or 'no classes'}")
    return found
