"""Writes the reference pages that the program itself knows best: the command line and the configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"
GENERATED = "<!-- Written by scripts/write_reference.py: run `make docs`, do not edit. -->"


def cli_page() -> str:
    """Every command with its arguments and options."""
    import typer

    from nanotick.cli.app import VERBS, app

    root: Any = typer.main.get_command(app)
    out = ["# The nanotick command", "", GENERATED, ""]
    out += [
        "Any command takes `--debug` for a traceback with an error. Exit codes: `nanotick help exit-codes`.",
        "",
    ]
    for verb in VERBS:
        command = root.get_command(None, verb)
        subcommands = getattr(command, "commands", {})
        for path, each in [(f"nanotick {verb} {name}", sub) for name, sub in subcommands.items()] or [
            (f"nanotick {verb}", command)
        ]:
            out += _command(path, each)
    return "\n".join(out).rstrip() + "\n"


def _command(path: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    shown = " ".join(_argument(p) for p in arguments)
    out = [
        f"## {path}",
        "",
        *(command.help or "").strip().splitlines(),
        "",
        f"    {path} {shown}".rstrip() + " [OPTIONS]",
    ]
    rows = [f"| `{_argument(p)}` | {_text(p.help)} |" for p in arguments]
    rows += [f"| `{', '.join(p.opts)}` | {_text(p.help)}{_default(p)} |" for p in options]
    return [*out, "", "| | |", "|---|---|", *rows, ""] if rows else [*out, ""]


def _argument(param: Any) -> str:
    name = param.metavar or param.name.upper()
    return name if param.required else f"[{name}]"


def _text(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _default(param: Any) -> str:
    return "" if param.default in (None, False, ()) or param.required else f" Default: `{param.default}`."


def configuration_page() -> str:
    """Every key with its meaning, bounds and default."""
    from nanotick.session.config import Config, json_schema
    from nanotick.session.settings import ENV_OTHER, ENV_PREFIX

    defaults = msgspec.to_builtins(Config())
    definitions = json_schema()["$defs"]
    out = ["# Configuration", "", GENERATED, ""]
    out += [
        "Values come from, nearest first: the command line; the environment, as `NANOTICK_SECTION__KEY`; the project's",
        "`nanotick.toml`; the user's `$XDG_CONFIG_HOME/nanotick/config.toml`; the defaults below. An unknown key is an",
        "error that names the nearest known one. `nanotick config show --origin` says where each value comes from,",
        "`nanotick config check FILE` checks a file, `nanotick config schema` prints the JSON Schema for editors.",
        "",
    ]
    for section, reference in definitions["Config"]["properties"].items():
        definition = definitions[_name(reference)]
        out += [
            f"## [{section}]",
            "",
            definition["description"],
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        for key, entry in definition["properties"].items():
            default = defaults[section][key]
            shown = "" if default is None else f"`{msgspec.json.encode(default).decode()}`"
            out.append(f"| `{key}` | {shown} | {_text(_meaning(entry))} |")
        out.append("")
    limits = definitions["SymbolLimits"]
    out += ["### [limits.symbols.SYMBOL]", "", limits["description"], "", "| key | meaning |", "|---|---|"]
    out += [f"| `{key}` | {_text(_meaning(entry))} |" for key, entry in limits["properties"].items()]
    out += ["", "## Other environment variables", ""]
    meanings = {
        "NANOTICK_DEBUG": "1: a traceback with every error",
        "NANOTICK_JIT": "0: compiled strategies run as plain Python, for a debugger",
        "NANOTICK_PYTHON": "the interpreter that `make` uses for .venv",
        "NANOTICK_SHARED": "a folder of larger recordings for tests",
        "NO_COLOR": "anything: no colours",
    }
    if missing := ENV_OTHER - meanings.keys():
        raise SystemExit(f"say what these are for: {sorted(missing)}")
    out += [
        "| variable | meaning |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in meanings.items()),
    ]
    return (
        "\n".join(out).rstrip()
        + f"\n\nNames begin with `{ENV_PREFIX}`; sections and keys are divided by two underscores.\n"
    )


def _name(reference: dict[str, Any]) -> str:
    link: str = reference.get("$ref") or reference["allOf"][0]["$ref"]
    return link.rsplit("/", 1)[-1]


def _meaning(entry: dict[str, Any]) -> str:
    text = entry.get("description", "")
    bounds = [
        f"{word} {entry[key]:g}"
        for key, word in (("exclusiveMinimum", "above"), ("minimum", "from"))
        if key in entry
    ]
    bounds += [f"up to {entry['maximum']:g}"] if "maximum" in entry else []
    choices = " or ".join(f"`{value}`" for value in entry.get("enum", []))
    return " ".join(part for part in (text, f"({', '.join(bounds)})" if bounds else "", choices) if part)


PAGES = {"cli.md": cli_page, "configuration.md": configuration_page}


def main() -> int:
    """Writes the pages; with `--check` only says which are out of date."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.stderr.write(f"error: out of date: {', '.join(stale)}\nhint: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
