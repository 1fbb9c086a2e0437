"""The documentation holds: links lead somewhere, snippets run, generated pages are what the program says."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from nanotick.session.config import Config

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(language: str) -> list[tuple[str, str]]:
    """Each fenced block of a language, with the page it is on."""
    return [
        (f"{page.relative_to(ROOT)}-{number}", body)
        for page in PAGES
        for number, (word, body) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
        if word == language
    ]


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(goal), f"{target} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    for name in re.findall(
        r"`((?:crates|python|tests|scripts|docs|requirements)/[\w./-]+)`", page.read_text("utf-8")
    ):
        assert (ROOT / name).exists(), f"{name} is not there"


@pytest.mark.parametrize(
    ("where", "code"), snippets("python"), ids=lambda value: value if value.count("\n") == 0 else ""
)
def test_python_snippets_run(where: str, code: str, tmp_path: Path) -> None:
    """Classes are defined and, if they are strategies, made with their defaults."""
    pytest.importorskip("nanotick._core", reason="the native module is not built")
    program = tmp_path / "snippet.py"
    classes = [node.name for node in ast.parse(code).body if isinstance(node, ast.ClassDef)]
    program.write_text(code + "\n" + "\n".join(f"{name}().params()" for name in classes), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("where", "text"), snippets("toml"), ids=lambda value: value if value.count("\n") == 0 else ""
)
def test_toml_snippets_are_configuration(where: str, text: str) -> None:
    msgspec.convert(tomllib.loads(text), Config)


@pytest.mark.parametrize(
    ("where", "text"), snippets("console"), ids=lambda value: value if value.count("\n") == 0 else ""
)
def test_console_snippets_print_what_they_show(where: str, text: str, tmp_path: Path) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        words = shlex.split(command)
        assert words[0] == "nanotick"
        done = subprocess.run(
            [sys.executable, "-m", *words], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.stdout == shown


def test_commands_that_are_named_exist() -> None:
    """`nanotick VERB SUB` in any page, fenced or not, is a command of the program."""
    import typer

    from nanotick.cli.app import app

    root = typer.main.get_command(app)
    for page in PAGES:
        for verb, sub in re.findall(
            r"(?:`|^    )nanotick ([a-z]\w+)(?: ([a-z][\w-]+))?", page.read_text("utf-8"), re.M
        ):
            command = root.get_command(None, verb)
            assert command is not None, f"{page.name}: nanotick {verb}"
            if sub and hasattr(command, "commands"):
                assert sub in command.commands, f"{page.name}: nanotick {verb} {sub}"


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_reference.py"), "--check"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
