"""The libraries that people use for the same work, measured beside us: one module a claim, each a program of its own.

Every module prints one JSON object a line. A package that is not installed costs its rows, and a line on stderr.
"""

from __future__ import annotations

__all__ = ["MODULES"]

#: By suite.
MODULES = {
    "hot": tuple(
        f"{__name__}.{claim}" for claim in ("chain", "decode", "book", "indicators", "orders", "ipc", "wire")
    ),
    "formulas": (f"{__name__}.formulas",),
}
