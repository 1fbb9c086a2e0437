"""Whether each formula is proven: its stored oracle cases, recomputed on this machine."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from nanotick.formulas import proving
from nanotick.formulas.catalogue import catalogue
from nanotick.formulas.estimators import MissingLibraryError
from nanotick.formulas.formula import get

__all__ = ["Proof", "evaluate", "status", "verify"]


@dataclasses.dataclass(frozen=True)
class Proof:
    """What the stored cases of one formula came to."""

    key: str
    #: "oracle" (a library or whole-array NumPy), "invariant" (scripted scenes and property tests alone) or "planned".
    status: str
    oracles: tuple[str, ...]
    cases: int
    #: The largest of |a - b| / max(|b|, scale) over all cases.
    error: float
    #: The widest tolerance of its cases.
    tolerance: float
    #: Why it does not hold; empty if it does.
    failure: str
    #: Why it was not computed here: a library of an extra is missing.
    skipped: str = ""


def evaluate(key: str, params: Mapping[str, Any], inputs: list[Any]) -> dict[str, Any]:
    """What nanotick gives for the inputs of a case."""
    formula = get(key)(**params)
    values = formula.batch(*inputs)
    names = formula.outputs
    return dict(zip(names, values if len(names) > 1 else [values], strict=True))


def status(cases: Sequence[proving.Case]) -> str:
    """The kind of proof that stored cases are."""
    if not cases:
        return "unproven"
    return "invariant" if all(case.kind == "scripted" for case in cases) else "oracle"


def verify(keys: Sequence[str] = ()) -> list[Proof]:
    """Recomputes the stored cases of the formulas named, or of all that are implemented.

    Raises:
        ConfigError: a formula does not exist or is planned.
    """
    wanted = [get(key).key for key in keys] or [
        key for key, row in catalogue().items() if row["status"] != "planned"
    ]
    cases: dict[str, list[proving.Case]] = defaultdict(list)
    for category in proving.stored():
        for case in proving.read(category):
            cases[case.key].append(case)
    return [_prove(key, cases[key]) for key in wanted]


def _prove(key: str, cases: list[proving.Case]) -> Proof:
    worst, failure = 0.0, "" if cases else "there is no stored case"
    skipped = ""
    for case in cases:
        try:
            error, problem = proving.check(case, evaluate)
        except MissingLibraryError as missing:
            skipped = missing.message
            break
        worst = max(worst, error)
        if problem and not failure:
            failure = f"{case.params}: {problem}; {case.oracle}"
    oracles = tuple(dict.fromkeys(case.oracle for case in cases))
    tolerance = max((case.tolerance for case in cases), default=0.0)
    return Proof(key, status(cases), oracles, len(cases), worst, tolerance, failure, skipped)
