"""Writes what the catalogue is the source of: the stub of `nanotick.formulas` and the reference pages with their plots.

python scripts/write_formulas.py            # after `make build`
python scripts/write_formulas.py --check    # says what is out of date, and fails
"""

from __future__ import annotations

import sys
import textwrap
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from nanotick.formulas import catalogue, proving
from nanotick.formulas.verification import Proof, verify

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference" / "formulas"
GENERATED = "<!-- Written by scripts/write_formulas.py: run `make docs`, do not edit. -->"
COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#475569")
PROOFS = {
    "oracle": "somebody else's implementation, or whole-array NumPy written from the definition",
    "invariant": "scenes whose outcome was worked out by hand, and property tests",
    "unproven": "nothing yet",
}


def main(arguments: list[str]) -> int:
    """Writes the files, or with --check compares them."""
    rows = [row for row in catalogue().values() if row["status"] != "planned"]
    proofs = {proof.key: proof for proof in verify()}
    cases = defaultdict(list)
    for category in proving.stored():
        for case in proving.read(category):
            cases[case.key].append(case)
    files = {ROOT / "python" / "nanotick" / "formulas" / "__init__.pyi": stub(rows)}
    files[PAGES.with_suffix(".md")] = table(rows, proofs, cases)
    categories = defaultdict(list)
    for row in rows:
        categories[row["category"]].append(row)
    for category, members in categories.items():
        plots = {row["key"]: plot(row, cases[row["key"]]) for row in members}
        files |= {PAGES / "plots" / f"{key}.svg": svg for key, svg in plots.items() if svg}
        files[PAGES / f"{category}.md"] = page(category, members, proofs, plots)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    gone = [path for path in PAGES.rglob("*.*") if path not in files]
    if "--check" in arguments:
        for path in stale + gone:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale or gone else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    for path in gone:
        path.unlink()
    return 0


def camel(key: str) -> str:
    """The name of a formula's outputs, as the core makes it."""
    return "".join(word[:1].upper() + word[1:] for word in key.split("_")) + "Outputs"


# The stub.

STUB_HEAD = '''"""The formula catalogue as types. Written by scripts/write_formulas.py: run `make docs`, do not edit."""

from typing import Any, Generic, NamedTuple, TypeVar

from nanotick.formulas.catalogue import catalogue as catalogue
from nanotick.formulas.catalogue import search as search
from nanotick.formulas.formula import Estimator as Estimator
from nanotick.formulas.formula import Formula as Formula
from nanotick.formulas.formula import Streaming as Streaming
from nanotick.formulas.formula import batch_many as batch_many
from nanotick.formulas.formula import get as get
from nanotick.formulas.matrix import CorrelationMatrix as CorrelationMatrix

_Array = Any
_T = TypeVar("_T")
'''


def stub(rows: list[dict[str, Any]]) -> str:
    """`__init__.pyi`: a class for each formula that is implemented."""
    names = [
        "CorrelationMatrix",
        "Estimator",
        "Formula",
        "Streaming",
        "batch_many",
        "catalogue",
        "get",
        "search",
    ]
    exported = sorted([*names, *(row["key"] for row in rows)])
    out = [STUB_HEAD, "__all__ = [", *(f'    "{name}",' for name in exported), "]"]
    for row in rows:
        out += ["", *stub_class(row)]
    return "\n".join(out) + "\n"


def stub_class(row: dict[str, Any]) -> list[str]:
    """The class of one formula, and of its outputs if it has several."""
    key, outputs, streams = row["key"], row["outputs"], row["status"] == "streaming"
    out = []
    several = len(outputs) > 1
    if several:
        fields = [f"    {name}: {'Any' if shape else '_T'}" for name, _, shape in outputs]
        out += [f"class {camel(key)}(NamedTuple, Generic[_T]):", *fields, ""]
    kinds = {"int": "int", "float": "float", "bool": "bool", "str": "str", "list": "list[float]"}
    params = [f"{p['name']}: {kinds[p['type']]} = ..." for p in row["params"]]
    numbers = [f"{name}: {'_Array' if vector else 'float'}" for name, vector in row["columns"]]
    columns = [f"{name}: _Array" for name, _ in row["columns"]]
    one = "Any" if outputs[0][2] else "float"
    text = textwrap.wrap(f"{row['name']}. {row['definition']}".replace("\\", "\\\\"), 106)
    out += [f"class {key}({'Streaming' if streams else 'Estimator'}):", f'    """{text[0]}']
    out += [f"    {line}" for line in text[1:]]
    out[-1] = f'{out[-1]}"""' if len(out[-1]) < 105 and len(text) == 1 else out[-1]
    if not out[-1].endswith('"""') or out[-1] == '    """':
        out.append('    """')
    out += ["", *signature("__init__", params, "None")]
    if streams:
        out += signature("update", [*numbers, "/"], f"{camel(key)}[float]" if several else one)
    result = f"{camel(key)}[Any]" if several else "Any"
    return [*out, *signature("batch", [*columns, "/"], result)]


def signature(name: str, params: list[str], result: str) -> list[str]:
    """A method, on one line if it fits."""
    line = f"    def {name}(self{''.join(f', {p}' for p in params)}) -> {result}: ..."
    if len(line) <= 110:
        return [line]
    return [
        f"    def {name}(",
        "        self,",
        *(f"        {p}," for p in params),
        f"    ) -> {result}: ...",
    ]


# The pages.


def table(rows: list[dict[str, Any]], proofs: dict[str, Proof], cases: dict[str, list[proving.Case]]) -> str:
    """The one table of all formulas and their proofs."""
    planned = [row for row in catalogue().values() if row["status"] == "planned"]
    counts = {name: sum(proof.status == name for proof in proofs.values()) for name in PROOFS}
    libraries = sum(any(case.kind == "library" for case in cases[row["key"]]) for row in rows)
    failing = [proof.key for proof in proofs.values() if proof.failure]
    by_tier = {tier: sum(row["tier"] == tier for row in rows) for tier in (1, 2, 3)}
    out = [
        "# Formulas",
        "",
        GENERATED,
        "",
        f"{len(rows)} formulas are implemented ({by_tier[1]} of tier 1, {by_tier[2]} of tier 2, {by_tier[3]} of "
        f"tier 3); {len(planned)} more are planned. `nanotick formulas verify` recomputes every stored case.",
        "",
        "| proof | formulas | what it rests on |",
        "|---|---:|---|",
        *(f"| {name} | {counts[name]} | {what} |" for name, what in PROOFS.items()),
        "",
        f"{libraries} have at least one case against a library that others wrote; the other "
        f"{len(rows) - libraries} rest on whole-array NumPy, exact fractions and scenes by hand, written from the "
        "definition by this project: the last column says which.",
        "",
        f"Cases that do not hold: {', '.join(failing) if failing else 'none'}. `within` is the widest tolerance of a "
        "formula's cases for `|a - b| / max(|b|, scale)`. On top of the cases, property tests in "
        "`crates/formulas/tests` state the laws of each row, and `crates/formulas/tests/every.rs` holds every kernel "
        "to the same rules: batch equals streaming bit for bit, a saved state goes on unchanged, rejected input leaves "
        "no trace, warm-up is as stated, parameters out of range are told their range. `tests/acceptance` holds many "
        "to simulations with known parameters, and to recorded days of trades, quotes and books.",
        "",
        "| formula | name | category | tier | form | proof | cases | within | oracle |",
        "|---|---|---|---:|---|---|---:|---:|---|",
    ]
    for row in rows:
        proof = proofs[row["key"]]
        link = f"[`{row['key']}`](formulas/{row['category']}.md#{row['key']})"
        form = "streaming" if row["status"] == "streaming" else "batch"
        oracle = shorten("; ".join(proof.oracles))
        out.append(
            f"| {link} | {cell(row['name'])} | {row['category']} | {row['tier']} | {form} | {proof.status} | "
            f"{proof.cases} | {proof.tolerance:.0e} | {cell(oracle)} |"
        )
    out += ["", "## Planned", "", ", ".join(f"`{row['key']}`" for row in planned) + "."]
    return "\n".join(out) + "\n"


def shorten(text: str, length: int = 120) -> str:
    """Text that fits a cell."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def page(category: str, rows: list[dict[str, Any]], proofs: dict[str, Proof], plots: dict[str, str]) -> str:
    """One category: definition, plot and proof of each formula."""
    out = [
        f"# {category.replace('_', ' ').capitalize()}",
        "",
        GENERATED,
        "",
        "[All formulas](../formulas.md)",
        "",
    ]
    for row in rows:
        proof = proofs[row["key"]]
        out += [f"## {row['key']}", "", f"**{row['name']}** (tier {row['tier']}, {row['subcategory']})", ""]
        out += ["```text", *textwrap.wrap(row["definition"], 108), "```", ""]
        if row["params"]:
            out += ["| parameter | default | allowed |", "|---|---|---|"]
            out += [f"| `{p['name']}` | {default(p)} | {cell(p['range'])} |" for p in row["params"]]
            out.append("")
        inputs = ", ".join(
            f"`{name}`{' (row of numbers)' if vector else ''}" for name, vector in row["columns"]
        )
        outputs = ", ".join(
            f"`{name}` ({cell(unit)}{f'; {shape} numbers' if shape else ''})"
            for name, unit, shape in row["outputs"]
        )
        out += [f"Inputs: {inputs}. Outputs: {outputs}.", ""]
        out += [f"Warm-up: `{row['warmup']}`. Cost: {cell(row['streaming'])}.", ""]
        if row["note"]:
            out += [f"Note: {cell(row['note'])}", ""]
        if plots[row["key"]]:
            out += [f"![{row['key']}](plots/{row['key']}.svg)", ""]
        held = "holds" if not proof.failure else f"does not hold: {proof.failure}"
        out += [
            f"Proof: **{proof.status}**, {proof.cases} cases, {held} within {proof.tolerance:.0e}. "
            f"Against: {cell('; '.join(proof.oracles) or 'nothing yet')}.",
            "",
            f"Source: {cell(row['citation'])}.",
            "",
        ]
    return "\n".join(out)


def default(param: dict[str, Any]) -> str:
    """A parameter's default as people write it."""
    if param["choices"]:
        return str(param["choices"][int(param["default"][0])])
    return ", ".join(f"{value:g}" for value in param["default"])


# The plots: outputs of the first stored case on real data, drawn small.

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 150, 64, 18, 16


def plot(row: dict[str, Any], cases: list[proving.Case]) -> str:
    """An SVG of the outputs over the rows of a case; empty where there is nothing to draw."""
    usual = {param["name"]: param["default"] for param in row["params"]}

    def interest(case: proving.Case) -> tuple[bool, int]:
        """Real data first, then the parameters that people start from."""
        return case.kind == "scripted", sum(list(np.ravel(v)) != usual.get(k) for k, v in case.params.items())

    for case in sorted(cases, key=interest):
        lines: dict[str, Any] = {}
        # The oracle's values, which the formula's equal: a page does not depend on the machine that makes it.
        for name, value in case.expected.items():
            array = np.asarray(value, dtype=np.float64)
            if array.ndim == 1 and array.size >= 8 and np.isfinite(array).sum() >= 4:
                lines[name] = array
            elif array.ndim == 2 and 1 < array.shape[1] <= 6 and np.isfinite(array).sum() >= 8:
                columns = {f"{name} {k}": array[:, k] for k in range(array.shape[1])}
                lines |= {label: y for label, y in columns.items() if np.isfinite(y).sum() >= 4}
        if lines:
            return draw(row, case, dict(list(comparable(lines).items())[: len(COLOURS)]))
    return ""


def comparable(lines: dict[str, Any]) -> dict[str, Any]:
    """Those that can be seen in one frame: a line far from the first would make a stroke of it."""
    kept: dict[str, Any] = {}
    for name, y in lines.items():
        spans = [float(np.nanmax(x) - np.nanmin(x)) for x in [*kept.values(), y]]
        low = min(float(np.nanmin(x)) for x in [*kept.values(), y])
        high = max(float(np.nanmax(x)) for x in [*kept.values(), y])
        if not kept or high - low <= 8.0 * max(max(spans), 1e-300):
            kept[name] = y
    return kept


def draw(row: dict[str, Any], case: proving.Case, lines: dict[str, Any]) -> str:
    """The lines in one frame; those of another unit than the first are left out."""
    units = {name: unit for name, unit, _ in row["outputs"]}
    first = units.get(next(iter(lines)).split(" ")[0], "")
    kept = {name: y for name, y in lines.items() if units.get(name.split(" ")[0], "") == first}
    finite = np.concatenate([y[np.isfinite(y)] for y in kept.values()])
    low, high = (float(x) for x in np.quantile(finite, (0.002, 0.998)))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    count = max(len(y) for y in kept.values())
    x_of = np.linspace(LEFT, WIDTH - 8, count)
    shown = ", ".join(f"{name}={value}" for name, value in case.params.items()) or "defaults"
    title = escape(shorten(f"{row['key']}: {shown}", 60))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="10">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="11" fill="#334155">{title}</text>',
        f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH - 8 - LEFT}" height="{HEIGHT - TOP - BOTTOM}" fill="none" '
        'stroke="#cbd5e1"/>',
    ]
    for value in (low, 0.5 * (low + high), high):
        y = HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        out.append(
            f'<text x="{LEFT - 4}" y="{y + 3:.0f}" text-anchor="end" fill="#64748b">{value:.6g}</text>'
        )
    out.append(
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 5}" text-anchor="end" fill="#64748b">{count} rows; '
        f"{escape(shorten(first, 40))}</text>"
    )
    x_legend = WIDTH - 8
    for colour, (name, y) in reversed(list(zip(COLOURS, kept.items(), strict=False))):
        if len(kept) > 1:
            out.append(f'<text x="{x_legend}" y="11" text-anchor="end" fill="{colour}">{escape(name)}</text>')
            x_legend -= 8 + 6 * len(name)
        out += polylines(x_of, y, low, high, colour)
    return "\n".join([*out, "</svg>"]) + "\n"


def polylines(x_of: Any, y: Any, low: float, high: float, colour: str) -> list[str]:
    """A line with gaps where there is no value."""
    scale = (HEIGHT - TOP - BOTTOM) / (high - low)
    places = HEIGHT - BOTTOM - (np.clip(np.nan_to_num(y, nan=np.nan), low, high) - low) * scale
    runs: list[list[str]] = [[]]
    for x, place in zip(x_of, places, strict=False):
        if np.isfinite(place):
            runs[-1].append(f"{x:.0f},{place:.1f}")
        elif runs[-1]:
            runs.append([])
    return [
        f'<polyline fill="none" stroke="{colour}" points="{" ".join(run)}"/>' for run in runs if len(run) > 1
    ] + [f'<circle cx="{r[0].split(",")[0]}" cy="{r[0].split(",")[1]}" r="1.5" fill="{colour}"/>'
         for r in runs if len(r) == 1]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
