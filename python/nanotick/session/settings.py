"""Where the configuration comes from: command line over environment over project file over user file over defaults.

Every value keeps its origin. A wrong key or value is one `ConfigError` with its place and the nearest key.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from nanotick.errors import ConfigError
from nanotick.session.config import SECRET_KEYS, Config

__all__ = ["ENV_PREFIX", "PROJECT_FILE", "Resolved", "Value", "load", "redacted", "to_toml", "user_file"]

ENV_PREFIX = "NANOTICK_"
PROJECT_FILE = "nanotick.toml"
#: Environment variables with our prefix that are not configuration keys.
ENV_OTHER = frozenset({"NANOTICK_DEBUG", "NANOTICK_JIT", "NANOTICK_PYTHON", "NANOTICK_SHARED"})
REDACTED = "<redacted>"

Key = tuple[str, ...]
#: Tables whose keys are not ours to know.
OPEN_TABLES: tuple[Key, ...] = (("strategy", "params"), ("limits", "symbols"))


@dataclass(frozen=True)
class Value:
    """One value and where it was said."""

    value: Any
    origin: str


@dataclass(frozen=True)
class Resolved:
    """The configuration, and the origin of each key that was set."""

    config: Config
    origins: dict[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """Key, value as TOML (secrets redacted) and origin of every key."""
        return [
            (".".join(key), _toml_value(value), self.origins.get(".".join(key), "default"))
            for key, value in _leaves(redacted(self.config))
        ]


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own configuration file, by the XDG rules."""
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return Path(base) / "nanotick" / "config.toml"


def load(
    overrides: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    directory: Path | None = None,
    alone: bool = False,
) -> Resolved:
    """Reads and merges everything that may say something.

    Args:
        overrides: `{"demo.speed": 3.0}`: what the command line said; None values were not said.
        file: the project file; None looks for `nanotick.toml` in `directory`. A file that is named must exist.
        environ: the environment; variables are `NANOTICK_SECTION__KEY`.
        directory: where to look for the project file; the working directory by default.
        alone: only the project file counts, nothing of this user or this shell.

    Raises:
        ConfigError: for an unreadable file, an unknown key or a wrong value.
    """
    layers: list[dict[Key, Value]] = []
    if alone:
        environ = {}
    elif (user := user_file(environ)).is_file():
        layers.append(_from_file(user))
    project = file or (directory or Path()) / PROJECT_FILE
    if file is not None or project.is_file():
        layers.append(_from_file(project))
    layers.append(_from_environment(environ))
    layers.append(
        {
            tuple(key.split(".")): Value(value, "command line")
            for key, value in (overrides or {}).items()
            if value is not None
        }
    )
    merged: dict[Key, Value] = {}
    for layer in layers:
        merged.update(layer)
    config = _convert(merged)
    return Resolved(config, {".".join(key): value.origin for key, value in merged.items()})


def redacted(config: Config) -> dict[str, Any]:
    """The configuration as plain values, with every secret that is set replaced."""
    tree: dict[str, Any] = msgspec.to_builtins(config)
    for section, key in SECRET_KEYS:
        if tree[section][key]:
            tree[section][key] = REDACTED
    return tree


def to_toml(config: Config, comment: str = "") -> str:
    """The resolved configuration as TOML, secrets redacted. A key without a value is left out."""
    out = [f"# {comment}"] if comment else []
    section = None
    for key, value in _leaves(redacted(config)):
        if value is None:
            continue
        if key[:-1] != section:
            section = key[:-1]
            out += ["", f"[{'.'.join(map(_toml_key, section))}]"]
        out.append(f"{_toml_key(key[-1])} = {_toml_value(value)}")
    return "\n".join(out).lstrip("\n") + "\n"


def _from_file(path: Path) -> dict[Key, Value]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no file {path}", "`nanotick config show` prints one to start from"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", "see https://toml.io for the format") from error
    lines = text.splitlines()
    return {key: Value(value, f"{path}:{_line_of(key, lines)}") for key, value in _leaves(tree)}


def _from_environment(environ: Mapping[str, str]) -> dict[Key, Value]:
    found = {}
    for name, text in sorted(environ.items()):
        if not name.startswith(ENV_PREFIX) or name in ENV_OTHER:
            continue
        key = tuple(part.lower() for part in name.removeprefix(ENV_PREFIX).split("__"))
        found[key] = Value(_parse_text(key, text), f"environment {name}")
    return found


def _parse_text(key: Key, text: str) -> Any:
    """A value as it would stand in TOML, where that is what the key takes; else the text itself."""
    default = _default_at(key)
    if isinstance(default, str):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _convert(merged: Mapping[Key, Value]) -> Config:
    for key, value in merged.items():
        _check_known(key, value.origin)
    # On top of the defaults, so that naming one instrument's limits does not take away another's.
    tree: dict[str, Any] = msgspec.to_builtins(Config())
    for key, value in merged.items():
        node = tree
        for part in key[:-1]:
            node = node.setdefault(part, {})
        node[key[-1]] = value.value
    try:
        return msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$.")
        dotted = re.sub(r"\[\.*\]|\[\d+\]", "", path.rstrip("`"))
        where = next((v.origin for k, v in merged.items() if ".".join(k).startswith(dotted)), "")
        shown = f" in {where}" if where else ""
        raise ConfigError(
            f"{dotted}{shown}: {what[:1].lower()}{what[1:]}", f"see `nanotick config schema` for {dotted}"
        ) from error


def _check_known(key: Key, origin: str) -> None:
    known = [".".join(k) for k, _ in _leaves(msgspec.to_builtins(Config()))]
    dotted = ".".join(key)
    if dotted in known or any(key[: len(table)] == table for table in OPEN_TABLES):
        return
    near = difflib.get_close_matches(dotted, known, n=1, cutoff=0.5)
    sections = ", ".join(sorted({name.split(".")[0] for name in known}))
    hint = f"did you mean {near[0]}?" if near else f"the sections are {sections}"
    raise ConfigError(f"{origin}: there is no key {dotted}", hint)


def _default_at(key: Key) -> Any:
    node: Any = msgspec.to_builtins(Config())
    for part in key:
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _leaves(tree: Mapping[str, Any], prefix: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, value in tree.items():
        key = (*prefix, name)
        if isinstance(value, Mapping):
            yield from _leaves(value, key)
        else:
            yield key, value


def _line_of(key: Key, lines: list[str]) -> int:
    """The line that sets a key, as near as a look at the text can tell."""
    section: Key = ()
    best = 1
    for number, line in enumerate(lines, start=1):
        if match := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = tuple(part.strip(" \"'") for part in match[1].split("."))
        elif match := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = (*section, *(part.strip(" \"'") for part in match[1].split(".")))
            if full == key:
                return number
            if key[: len(full)] == full:
                best = number
    return best


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else msgspec.json.encode(name).decode()


def _toml_value(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return msgspec.json.encode(value).decode()
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return repr(value)
