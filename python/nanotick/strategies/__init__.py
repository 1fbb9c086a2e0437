"""Ready-made strategies, each a readable example: `NAME` is the Python class, `NAME-compiled` the same for Numba."""

from __future__ import annotations

from nanotick.strategies.catalogue import available, load

__all__ = ["available", "load"]
