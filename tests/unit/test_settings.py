"""Configuration: who wins, where a value came from, and what a mistake is answered with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanotick.errors import ConfigError
from nanotick.session.config import Config, LimitsConfig, SymbolLimits, json_schema
from nanotick.session.settings import load, to_toml, user_file

SECRET = "c0ffee-very-secret"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose user file says that speed is 2."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    path = user_file(environ)
    path.parent.mkdir(parents=True)
    path.write_text("[demo]\nspeed = 2.0\n", encoding="utf-8")
    return environ


def test_the_nearer_source_wins_and_is_named(tmp_path: Path, home: dict[str, str]) -> None:
    project = tmp_path / "nanotick.toml"
    assert load(environ={}, directory=tmp_path, alone=True).config.demo.speed == 3.0
    found = load(environ=home, directory=tmp_path)
    assert (found.config.demo.speed, found.origins["demo.speed"]) == (2.0, f"{user_file(home)}:2")
    project.write_text("# ours\n[engine]\nmode = 'spin'\n[demo]\n\nspeed = 4\n", encoding="utf-8")
    found = load(environ=home, directory=tmp_path)
    assert (found.config.demo.speed, found.origins["demo.speed"]) == (4.0, f"{project}:6")
    environ = home | {"NANOTICK_DEMO__SPEED": "5"}
    found = load(environ=environ, directory=tmp_path)
    assert (found.config.demo.speed, found.origins["demo.speed"]) == (5.0, "environment NANOTICK_DEMO__SPEED")
    found = load({"demo.speed": 6.0, "venue.tls": None}, environ=environ, directory=tmp_path)
    assert (found.config.demo.speed, found.origins["demo.speed"]) == (6.0, "command line")
    assert found.config.engine.mode == "spin"
    assert "venue.tls" not in found.origins
    assert load(file=project, environ=environ, alone=True).config.demo.speed == 4.0


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[demo]\nspede = 1", ":2: there is no key demo.spede", "did you mean demo.speed?"),
        ("[dmeo]\nspeed = 1", ":2: there is no key dmeo.speed", "did you mean demo.speed?"),
        ("zzz = 1", ":1: there is no key zzz", "the sections are"),
        ("demo = 3", ":1: there is no key demo", ""),
        ("[demo]\nspeed = 'fast'", "demo.speed in", "config schema"),
        ("[demo]\nspeed = -1", "> 0", "config schema"),
        ("[demo]\nspeed = nan", "", ""),
        ("[engine]\nmode = 'fast'", "engine.mode in", "config schema"),
        ("[venue]\nsymbols = []", "venue.symbols", "config schema"),
        ("[venue]\nsymbols = [1]", "venue.symbols", "config schema"),
        ("[strategy.params]\nspread = 'wide'", "strategy.params", "config schema"),
        ("[demo\nspeed = 1", "is not TOML", "toml.io"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = tmp_path / "nanotick.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file=path, alone=True)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("NANOTICK_DEMO__SPEED", "quick"), ("NANOTICK_SPEED", "1"), ("NANOTICK_DEMO__SPEDE", "1")],
)
def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ={name: value, "HOME": str(tmp_path)}, directory=tmp_path)
    assert name in caught.value.message


def test_text_in_the_environment_is_not_guessed_at(tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "NANOTICK_VENUE__KEY": "12345",
        "NANOTICK_VENUE__SYMBOLS": '["SOLUSDT"]',
    }
    config = load(environ=environ, directory=tmp_path).config
    assert config.venue.key == "12345"
    assert config.venue.symbols == ["SOLUSDT"]


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        load(file=tmp_path / "none.toml", alone=True)
    (tmp_path / "latin.toml").write_bytes(b"[run]\ndir = '\xff'\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file=tmp_path / "latin.toml", alone=True)


def test_secrets_leave_in_no_form(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "NANOTICK_VENUE__SECRET": SECRET, "NANOTICK_VENUE__KEY": SECRET}
    found = load(environ=environ, directory=tmp_path)
    assert found.config.venue.secret == SECRET
    assert SECRET not in to_toml(found.config)
    assert SECRET not in str(found.rows())
    assert SECRET not in repr(found.config)


limits = st.builds(
    LimitsConfig,
    max_order_notional=st.floats(0.01, 1e12),
    collar_bps=st.integers(1, 10**6),
    duplicate_window_ms=st.integers(0, 10**6),
    symbols=st.dictionaries(
        st.sampled_from(["BTCUSDT", "ETHUSDT", "1000PEPEUSDT", "A.B", "ÄU"]),
        st.builds(SymbolLimits, st.floats(1e-8, 1e9), st.floats(1e-8, 1e9)),
        min_size=1,
    ),
)


@given(
    limits, st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.floats(-1e9, 1e9), max_size=4)
)
@settings(max_examples=60)
def test_the_written_file_reads_back_the_same(limit: LimitsConfig, params: dict[str, float]) -> None:
    config = msgspec.structs.replace(
        Config(), limits=limit, strategy=msgspec.structs.replace(Config().strategy, params=params)
    )
    assert msgspec.convert(tomllib.loads(to_toml(config, "a note")), Config) == config


def test_the_schema_knows_every_section() -> None:
    schema = json_schema()
    definition = schema["$defs"]["Config"]
    assert set(definition["properties"]) == set(msgspec.to_builtins(Config()))
    assert definition["additionalProperties"] is False
