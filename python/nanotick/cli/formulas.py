"""`nanotick formulas`: the catalogue, a formula's definition, and the check against its oracle."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from nanotick.cli import output
from nanotick.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="The formula catalogue.")

Keys = Annotated[list[str] | None, typer.Argument(metavar="[KEY...]", help="Formulas; all if none is named.")]


@app.callback()
def group() -> None:
    """The formula catalogue."""


@app.command("list")
def list_formulas(
    category: Annotated[str | None, typer.Option("--category", help="Only this category.")] = None,
    words: Annotated[str, typer.Option("--search", help="Only those that mention all these words.")] = "",
    tier: Annotated[int | None, typer.Option("--tier", min=1, max=3, help="Only this tier.")] = None,
    as_json: output.Json = False,
) -> None:
    """List the formulas: key, category, tier, whether they stream, and how they are proven."""
    from nanotick.formulas.catalogue import catalogue, search

    categories = list(dict.fromkeys(row["category"] for row in catalogue().values()))
    if category is not None and category not in categories:
        raise UsageError(f"there is no category {category!r}", f"categories are {', '.join(categories)}")
    keys = search(words, planned=True)
    if not words:
        keys = list(catalogue())
    rows = [
        row
        for row in (catalogue()[key] for key in keys)
        if (category is None or row["category"] == category) and (tier is None or row["tier"] == tier)
    ]
    proofs = _statuses()
    shown = [
        {
            "id": row["id"],
            "key": row["key"],
            "name": row["name"],
            "category": row["category"],
            "tier": row["tier"],
            "streaming": row["status"] == "streaming",
            "status": "planned" if row["status"] == "planned" else proofs.get(row["key"], "unproven"),
        }
        for row in rows
    ]
    output.emit({"count": len(shown), "formulas": shown}, _table(shown), as_json)


def _statuses() -> dict[str, str]:
    from nanotick.formulas import proving
    from nanotick.formulas.verification import status

    cases: dict[str, list[proving.Case]] = {}
    for category in proving.stored():
        for case in proving.read(category):
            cases.setdefault(case.key, []).append(case)
    return {key: status(of) for key, of in cases.items()}


def _table(shown: list[dict[str, Any]]) -> Iterator[str]:
    head = ["key", "name", "category", "tier", "form", "proof"]
    cells = [
        [row["key"], row["name"], row["category"], str(row["tier"]),
         "" if row["status"] == "planned" else "streaming" if row["streaming"] else "batch", row["status"]]
        for row in shown
    ]  # fmt: skip
    yield from output.rows([head, *cells], left=True)
    yield ""
    done = sum(row["status"] != "planned" for row in shown)
    yield f"{len(shown)} formulas, {done} implemented"


@app.command()
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The formula.")],
    as_json: output.Json = False,
) -> None:
    """Print a formula's definition, parameters, inputs, outputs, laws and source."""
    from nanotick.formulas.catalogue import catalogue
    from nanotick.formulas.formula import describe, get

    row = catalogue().get(key) or get(key).key
    laws = ["", "Laws:", *(f"    {law}" for law in row["invariants"]), "", f"Oracle: {row['oracle']}."]
    state = {"streaming": "It streams.", "batch": "It works on whole arrays."}
    lines = [*describe(row).splitlines(), *laws, state.get(row["status"], "It is planned, not implemented.")]
    wrapped = [part for line in lines for part in textwrap.wrap(line, 110, subsequent_indent=" " * 4) or [""]]
    output.emit(row, [f"{row['key']} ({row['category']}, tier {row['tier']})", "", *wrapped], as_json)


@app.command()
def verify(keys: Keys = None, as_json: output.Json = False) -> None:
    """Recompute the stored cases and compare with what the oracles gave; exit code 1 if any differs."""
    from nanotick.formulas.verification import verify as prove

    proofs = prove(keys or [])
    failed = [proof for proof in proofs if proof.failure]
    found = [
        {
            "key": proof.key,
            "status": proof.status,
            "ok": None if proof.skipped else not proof.failure,
            "cases": proof.cases,
            "error": proof.error if proof.error < float("inf") else None,
            "oracles": list(proof.oracles),
            "failure": proof.failure or None,
            "skipped": proof.skipped or None,
        }
        for proof in proofs
    ]
    head = ["formula", "proof", "cases", "largest error", "oracle"]
    cells = [
        [p.key, p.status, str(p.cases), f"{p.error:.1e}", p.failure or p.skipped or ", ".join(p.oracles)]
        for p in proofs
    ]
    counts = {
        name: sum(proof.status == name for proof in proofs) for name in ("oracle", "invariant", "unproven")
    }
    skipped = [proof.key for proof in proofs if proof.skipped]
    summary = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    hints = (
        [f'{len(skipped)} not checked: pip install "nanotick[stats]" brings what they need']
        if skipped
        else []
    )
    output.emit(
        {
            "ok": not failed,
            "count": len(proofs),
            "failed": len(failed),
            "skipped": len(skipped),
            **counts,
            "formulas": found,
        },
        [
            *output.rows([head, *cells], left=True),
            "",
            f"{len(proofs)} formulas: {summary}; {len(failed)} fail",
            *hints,
        ],
        as_json,
    )
    if failed:
        raise typer.Exit(1)
