"""The house rules that a program can check: who imports whom, what each file says of itself, what may not be named."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "nanotick"

#: What each Rust room may import. A room that is not here may not be there.
RUST_ROOMS = {
    "model": set(),
    "formulas": set(),
    "venues": {"model", "exchange"},
    "exchange": {"model"},
    "journal": {"model"},
    "engine": {"model", "formulas", "journal"},
    "runtime": {"model", "formulas", "venues", "exchange", "journal", "engine"},
    "python": {"model", "formulas", "venues", "exchange", "journal", "engine", "runtime"},
}
#: Python rooms from the outside in: each may import rooms of a lower level, and nothing of its own level.
PYTHON_LEVELS = {
    "__main__": 8,
    "cli": 7,
    "session": 6,
    "bench": 5,
    "report": 5,
    "strategies": 5,
    "data": 5,
    "plain": 4,
    "compiler": 3,
    "strategy": 2,
    "polars": 2,
    "formulas": 1,
    "errors": 0,
    "_core": 0,
}
#: What has no business in this repository: folders of one machine, and work that was left open.
BANNED = [
    r"/home/\w+",
    r"/root/",
    r"(?<![\w.])/work/",
    r"\bTODO\b",
    r"\bFIXME\b",
    r"\bXXX\b",
    r"unimplemented!",
    r"todo!\(",
]
LONG_FILE, LONG_FUNCTION = 500, 60


def tracked(*suffixes: str) -> list[Path]:
    """Files of the project with one of these suffixes; those that git ignores are not of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        paths = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        built = {".venv", "target", "dist", ".git", "runs"}
        paths = [p for p in ROOT.rglob("*") if not built & set(p.relative_to(ROOT).parts)]
    return sorted(p for p in paths if p.suffix in suffixes and p.is_file())


def python_files() -> list[Path]:
    return [p for p in tracked(".py") if PACKAGE in p.parents]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("room", sorted(p.parent.name for p in (ROOT / "crates").glob("*/Cargo.toml")))
def test_rust_rooms_import_one_way(room: str) -> None:
    manifest = tomllib.loads((ROOT / "crates" / room / "Cargo.toml").read_text(encoding="utf-8"))
    assert room in RUST_ROOMS, f"crates/{room} is not in the plan of rooms"
    used = {
        name.removeprefix("nanotick-")
        for name in manifest.get("dependencies", {})
        if name.startswith("nanotick-")
    }
    assert used <= RUST_ROOMS[room], f"crates/{room} may not import {sorted(used - RUST_ROOMS[room])}"


def test_the_plan_of_rust_rooms_has_no_circle() -> None:
    done: set[str] = set()
    while len(done) < len(RUST_ROOMS):
        ready = {room for room, uses in RUST_ROOMS.items() if room not in done and uses <= done}
        assert ready, f"a circle among {sorted(set(RUST_ROOMS) - done)}"
        done |= ready


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "nanotick":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("nanotick.")}
    return found


@pytest.mark.parametrize(
    "path", [p for p in python_files() if p.name != "__init__.py" or p.parent != PACKAGE], ids=str
)
def test_python_rooms_import_one_way(path: Path) -> None:
    room = room_of(path)
    assert room in PYTHON_LEVELS, f"python/nanotick/{room} is not in the plan of rooms"
    for other in imported_rooms(path) - {room}:
        assert other in PYTHON_LEVELS, f"{path} imports nanotick.{other}, which is in no plan"
        assert PYTHON_LEVELS[other] < PYTHON_LEVELS[room], f"{room} may not import {other}"


def test_only_runtime_and_python_do_io() -> None:
    """Sans-I/O: a room that is a state machine has no socket, file, thread or clock. Tests may read files."""
    io = re.compile(r"\bstd::(net|fs|thread)\b|\bInstant::now\b|\bSystemTime::now\b")
    for room in sorted(set(RUST_ROOMS) - {"runtime", "python", "journal"}):
        files = [p for p in tracked(".rs") if ROOT / "crates" / room / "src" in p.parents]
        texts = {p: p.read_text(encoding="utf-8") for p in files}
        for_tests = set(
            re.findall(r"#\[cfg\(test\)\]\s*(?:pub(?:\(\w+\))? )?mod (\w+);", "\n".join(texts.values()))
        )
        for path, text in texts.items():
            if path.stem in for_tests or for_tests & set(path.parts):
                continue
            hit = io.search(text.split("#[cfg(test)]\nmod tests {")[0])
            assert not hit, f"{path.relative_to(ROOT)} uses {hit and hit[0]}"


def test_no_room_is_empty() -> None:
    files = tracked(".py", ".rs", ".md", ".gz", ".parquet", ".toml", ".sh", ".txt", ".css")
    for folder in [ROOT / "crates", PACKAGE]:
        for room in (p for p in folder.iterdir() if p.is_dir() and p.name != "__pycache__"):
            inside = [p for p in files if room in p.parents]
            lines = sum(p.stat().st_size for p in inside)
            assert lines > 400, f"{room.relative_to(ROOT)} has next to nothing in it"


@pytest.mark.parametrize("path", tracked(".py"), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_python_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "it opens with no docstring"


@pytest.mark.parametrize("path", tracked(".rs"), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_rust_file_says_what_it_is_for(path: Path) -> None:
    first = path.read_text(encoding="utf-8").lstrip()
    # A fuzz target must open with `#![no_main]`.
    assert re.match(r"(#!\[[^\]]*\]\s*)*//!", first), "it opens with no `//!`"


def test_nothing_is_named_that_should_not_be() -> None:
    pattern = re.compile("|".join(BANNED))
    found = []
    for path in tracked(".py", ".rs", ".md", ".toml", ".sh", ".txt", ".pyi", ".css"):
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if hit := pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {hit[0]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_all_names_what_is_public(path: Path) -> None:
    """`__all__` is there in every module that others import, sorted, and each name exists."""
    name = ".".join(("nanotick", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    if name == "nanotick.__main__" or name.startswith("nanotick.cli."):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    listed = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__all__"
        ),
        [],
    )
    assert len(set(listed)) == len(listed)
    if path.name != "__init__.py":
        assert defined <= set(listed), f"public, but not in __all__: {sorted(defined - set(listed))}"
        targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
        targets += [n.target for n in tree.body if isinstance(n, ast.AnnAssign)]
        top = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        assert set(listed) <= defined | top | imported_names(tree), "a name in __all__ is not defined"


def imported_names(tree: ast.Module) -> set[str]:
    return {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}


def test_the_package_exports_what_it_lists() -> None:
    nanotick = importlib.import_module("nanotick")
    assert sorted(nanotick.__all__) == sorted(set(nanotick.__all__))
    assert dir(nanotick) == sorted(nanotick.__all__)
    for name in nanotick.__all__:
        assert getattr(nanotick, name) is not None


def test_a_public_name_is_not_shadowed_by_a_module_of_that_name() -> None:
    """Importing `nanotick.x` binds `x` on the package: a function of that name would turn into a module."""
    nanotick = importlib.import_module("nanotick")
    modules = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    shadowed = {
        name
        for name in set(nanotick.__all__) & modules
        if not isinstance(getattr(nanotick, name), ModuleType)
    }
    assert not shadowed


def test_report_long_files_and_functions(capsys: pytest.CaptureFixture[str]) -> None:
    """Not a rule: a list of what deserves a second look, printed for whoever reads the output."""
    rows = []
    for path in tracked(".py", ".rs"):
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > LONG_FILE:
            rows.append(f"{lines:>5} lines  {path.relative_to(ROOT)}")
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and node.end_lineno:
                    length = node.end_lineno - node.lineno + 1
                    if length > LONG_FUNCTION:
                        rows.append(f"{length:>5} lines  {path.relative_to(ROOT)}::{node.name}")
        else:
            rows += [f"{n:>5} lines  {path.relative_to(ROOT)}::{name}" for name, n in rust_functions(text)]
    with capsys.disabled():
        print("\n".join(["", "long, worth a second look:", *sorted(rows, reverse=True)]) if rows else "")  # noqa: T201


def rust_functions(text: str) -> list[tuple[str, int]]:
    """Functions longer than the mark: from `fn` at some indent to the brace that closes it at the same indent."""
    found = []
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if match := re.match(r"(\s*)(?:pub(?:\(\w+\))? )?(?:const )?(?:unsafe )?fn (\w+)", line):
            closing = match[1] + "}"
            end = next((j for j in range(i, len(lines)) if lines[j] == closing), i)
            if end - i + 1 > LONG_FUNCTION:
                found.append((match[2], end - i + 1))
    return found
