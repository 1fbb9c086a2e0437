"""The proofs that come with the package: inputs, and the values that somebody else's implementation gave for them.

`scripts/prove.py` makes the files with the oracles installed; checking them needs NumPy alone. A file a category, each
an `.npz` with the arrays and one JSON text that says which array belongs to what.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

__all__ = ["Case", "Evaluate", "check", "read", "stored", "write"]

HOME = Path(__file__).parent / "proofs"

#: Formula key, parameters, inputs -> outputs by name.
Evaluate = Callable[[str, Mapping[str, Any], list[Any]], Mapping[str, Any]]


@dataclasses.dataclass
class Case:
    """One comparison of a formula with its oracle."""

    key: str
    params: dict[str, Any]
    #: float64 arrays in the order of the formula's inputs.
    inputs: list[Any]
    #: What the oracle gives, by output; outputs that it does not have are left out.
    expected: dict[str, Any]
    #: Who gave it: a library with its version, or "closed form" with how.
    oracle: str
    #: A library; whole-array NumPy written from the definition and sharing nothing with the kernel; or a scene whose
    #: outcome was worked out by hand.
    kind: Literal["library", "closed form", "scripted"]
    #: Allowed |a - b| / max(|b|, scale).
    tolerance: float = 1e-9
    scale: float = 1e-3
    #: Rows at the start that are not compared, where oracle and definition differ in how they begin.
    skip: int = 0
    #: Why `skip` or a wide tolerance is right, or where oracle and definition part.
    note: str = ""


def check(case: Case, evaluate: Evaluate) -> tuple[float, str]:
    """The largest error, and a sentence if the case fails ("" if it holds)."""
    import numpy as np

    got = evaluate(case.key, case.params, case.inputs)
    worst = 0.0
    for name, values in case.expected.items():
        if name not in got:
            return float("inf"), f"there is no output {name}; there are {', '.join(got)}"
        wanted = np.asarray(values, dtype=np.float64)
        given = np.asarray(got[name], dtype=np.float64)
        if given.shape == (*wanted.shape, 1):
            given = given[..., 0]
        if given.shape != wanted.shape:
            return float("inf"), f"{name} has shape {given.shape}, the oracle's {wanted.shape}"
        wanted, given = (array[case.skip :] if array.ndim else array for array in (wanted, given))
        if (apart := np.isnan(wanted) != np.isnan(given)).any():
            place = np.argwhere(apart)[0].tolist()
            return float("inf"), f"{name}{place}: only one of the two is NaN"
        with np.errstate(invalid="ignore"):
            error = np.abs(given - wanted) / np.maximum(np.abs(wanted), case.scale)
        error = np.where((given == wanted) | np.isnan(wanted), 0.0, error)
        largest = float(error.max(initial=0.0))
        if not largest <= case.tolerance:
            place = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), error.shape)
            where = [int(index) for index in place]
            return largest, f"{name}{where} is {given[place]!r}, the oracle's {wanted[place]!r}"
        worst = max(worst, largest)
    return worst, ""


def write(category: str, cases: Iterable[Case]) -> Path:
    """Stores a category's cases."""
    import numpy as np

    arrays: dict[str, Any] = {}

    def store(values: Any) -> str:
        array = np.asarray(values, dtype=np.float64)
        name = hashlib.sha256(array.tobytes() + str(array.shape).encode()).hexdigest()[:16]
        arrays[name] = array
        return name

    rows = []
    for case in cases:
        row = dataclasses.asdict(case)
        row["inputs"] = [store(array) for array in case.inputs]
        row["expected"] = {name: store(array) for name, array in case.expected.items()}
        rows.append(row)
    HOME.mkdir(exist_ok=True)
    path = HOME / f"{category}.npz"
    text = np.frombuffer(json.dumps(rows).encode(), dtype=np.uint8)
    np.savez_compressed(path, cases=text, **arrays)
    return path


def stored() -> list[str]:
    """The categories that have proofs."""
    return sorted(path.stem for path in HOME.glob("*.npz"))


def read(category: str) -> Iterator[Case]:
    """A category's cases as they were stored."""
    import numpy as np

    with np.load(HOME / f"{category}.npz") as file:
        for row in json.loads(file["cases"].tobytes()):
            row["inputs"] = [file[name] for name in row["inputs"]]
            row["expected"] = {name: file[array] for name, array in row["expected"].items()}
            yield Case(**row)
