"""The catalogue as data: what is known about each formula, and whether it is implemented."""

from __future__ import annotations

import functools
from typing import Any

__all__ = ["catalogue", "evaluate", "search"]


@functools.cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Every formula's row by key, in the order of the ids.

    Fields: `id key name category subcategory tier streams columns params outputs warmup streaming definition citation
    oracle invariants note`, and `status`: ``"streaming"``, ``"batch"`` (whole arrays only) or ``"planned"``.
    """
    from nanotick import _core
    from nanotick.formulas.estimators import load

    batch_only = load()
    rows = {}
    for row in _core.formula_catalogue():
        kernel = row.pop("kernel")
        row["status"] = "streaming" if kernel else "batch" if row["key"] in batch_only else "planned"
        rows[row["key"]] = row
    return rows


def search(words: str = "", *, planned: bool = False) -> list[str]:
    """Keys of the formulas that mention all the words: in key, name, category or definition; best matches first.

    >>> search("volatility range parkinson")
    ['parkinson']
    """
    wanted = words.lower().split()
    found = []
    for key, row in catalogue().items():
        if row["status"] == "planned" and not planned:
            continue
        head = f"{key} {row['name']} {row['category']} {row['subcategory']}".lower()
        text = f"{head} {row['definition']}".lower()
        if all(word in text for word in wanted):
            found.append((-sum(word in head for word in wanted), row["tier"], row["id"], key))
    return [key for *_, key in sorted(found)]


def evaluate(expression: str, values: dict[str, Any]) -> float:
    """A warm-up or shape of the catalogue: arithmetic in parameters' names; a list counts as its length."""
    import ast
    import math
    import operator

    binary: dict[type, Any] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Pow: operator.pow,
    }
    functions: dict[str, Any] = {
        "max": max, "min": min, "sqrt": math.sqrt, "floor": math.floor, "ceil": math.ceil,
    }  # fmt: skip

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=number):
                return number
            case ast.Name(id=name):
                given = values[name]
                return len(given) if isinstance(given, (list, tuple)) else given
            case ast.BinOp(left=left, op=op, right=right):
                return binary[type(op)](value(left), value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.Call(func=ast.Name(id=name), args=args):
                return functions[name](*map(value, args))
        raise ValueError(f"{expression!r} is no expression of the catalogue")

    return float(value(ast.parse(expression, mode="eval").body))
