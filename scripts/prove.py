"""Makes and checks the proofs of the formulas: their oracles' values on the bundled recordings.

    pip install -r requirements/oracles.txt
    python scripts/prove.py trend momentum       # compares kernels with the oracles, as they are installed now
    python scripts/prove.py --write              # all categories; stores what the oracles gave in the package

Which oracle a formula has is said in `scripts/oracles/<category>.py`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from nanotick.formulas import proving  # noqa: E402


def evaluate(key: str, params: Mapping[str, Any], inputs: list[Any]) -> dict[str, Any]:
    """What nanotick gives."""
    import nanotick as nt

    formula = nt.formulas.get(key)(**params)
    values = formula.batch(*inputs)
    return dict(zip(formula.outputs, values if len(formula.outputs) > 1 else [values], strict=True))


def main(arguments: list[str], evaluate: proving.Evaluate = evaluate) -> int:
    """Returns 1 if any case fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("categories", nargs="*", help="all, if none is named")
    parser.add_argument("--write", action="store_true", help="store the oracles' values in the package")
    parser.add_argument("--key", help="only this formula")
    options = parser.parse_args(arguments)
    modules = sorted(path.stem for path in (ROOT / "scripts" / "oracles").glob("*.py"))
    names = options.categories or [name for name in modules if name not in ("__init__", "datasets")]
    failures = 0
    for name in names:
        cases = list(importlib.import_module(f"oracles.{name}").cases())
        for case in cases:
            if options.key not in (None, case.key):
                continue
            try:
                error, failure = proving.check(case, evaluate)
            except Exception as problem:  # noqa: BLE001 - one formula must not hide the rest
                error, failure = float("inf"), f"{type(problem).__name__}: {problem}"
            mark = "FAILS" if failure else "holds"
            print(f"{mark} {case.key:28} {error:8.1e} of {case.tolerance:7.0e}  {case.oracle}  {failure}")
            failures += bool(failure)
        if options.write:
            print(proving.write(name, cases))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
