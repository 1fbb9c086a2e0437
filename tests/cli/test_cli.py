"""The command as people and scripts meet it: exit codes, `error:` and `hint:` lines, one JSON object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nanotick.cli import main
from nanotick.cli.app import VERBS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command in this process, in an empty folder without any configuration of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


class FakeCore(ModuleType):
    """The native module's functions that a command calls, answering what a test wants."""

    def __init__(self, **answers: Any) -> None:
        super().__init__("nanotick._core")
        self.calls: list[tuple[Any, ...]] = []
        for name, answer in answers.items():
            setattr(self, name, self._function(answer))

    def _function(self, answer: Any) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            self.calls.append(given)
            if isinstance(answer, Exception):
                raise answer
            return json.dumps(answer).encode()

        return call


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeCore]:
    """Puts a stand-in in the native module's place."""

    def put(**answers: Any) -> FakeCore:
        import nanotick

        fake = FakeCore(**answers)
        monkeypatch.setitem(sys.modules, "nanotick._core", fake)
        monkeypatch.setattr(nanotick, "_core", fake, raising=False)
        return fake

    return put


@pytest.mark.parametrize(
    ("words", "code", "error", "hint"),
    [
        (["dmo"], 2, "no such command 'dmo'", "did you mean `nanotick demo`?"),
        (["journal", "verfy"], 2, "no such command 'verfy'", "did you mean `nanotick journal verify`?"),
        (["demo", "--speeed", "2"], 2, "`nanotick demo` has no option --speeed", "did you mean --speed?"),
        (["demo", "--speed", "fast"], 2, "--speed", "--help"),
        (["demo", "--speed", "0"], 2, "--speed", "--help"),
        (["demo", "--seconds", "1000"], 2, "--seconds", "--help"),
        (["demo", "--venue", "mtgox"], 2, "--venue", "--help"),
        (["demo", "--strategy", "quotr"], 3, "there is no strategy 'quotr'", "did you mean 'quoter'?"),
        (["demo", "--strategy", "mine.py:Mine"], 3, "strategy file mine.py does not exist", "ClassName"),
        (["demo", "--config", "none.toml"], 3, "there is no file none.toml", "config show"),
        (["venue"], 2, "missing command", "nanotick venue --help"),
        (["venue", "serve", "--protocol", "ftx"], 2, "--protocol: ftx is no protocol", "bybit, binance"),
        (["venue", "serve", "--listen", "here"], 2, "--listen: 'here' is not HOST:PORT", "127.0.0.1"),
        (["venue", "serve", "--listen", "h:99999"], 2, "is not HOST:PORT", "127.0.0.1"),
        (["venue", "serve", "--speed", "nan"], 2, "--speed: 'nan'", "--speed 3"),
        (["venue", "serve", "--data", "none.gz"], 4, "there is no recording none.gz", "--data"),
        (["venue", "serve", "--latency-ms", "-1"], 2, "--latency-ms", "--help"),
        (["book", "verify"], 2, "missing", "book verify --help"),
        (["book", "verify", "a.gz", "--format", "nyse"], 2, "--format: 'nyse' is no format", "binance-usdm"),
        (["book", "verify", "a.gz", "--format", "binance-usdm"], 4, "there is no file a.gz", "raw recording"),
        (["journal", "verify", "none"], 4, "there is no journal none", "run's directory"),
        (["journal", "cat", ".", "--kind", "fil"], 2, "--kind: 'fil' is no kind", "fill"),
        (["replay", "none"], 4, "none is not a run", "runs/<time>"),
        (["report", "none"], 4, "none is not a run", "runs/<time>"),
        (["bench", "cold"], 2, "'cold' is no suite", "hot"),
        (["config", "check", "none.toml"], 3, "there is no file none.toml", "config show"),
        (["help", "exit-codes", "--jsn"], 2, "has no option --jsn", "did you mean --json?"),
    ],
)
def test_a_mistake_is_one_sentence_and_a_hint(
    run: Run, core: Callable[..., FakeCore], words: list[str], code: int, error: str, hint: str | None
) -> None:
    core()
    got, out, err = run(*words)
    assert got == code
    assert out == ""
    lines = err.splitlines()
    assert lines[0].startswith("error: ")
    assert error in lines[0]
    if hint is not None:
        assert len(lines) == 2
        assert lines[1].startswith("hint: ")
        assert hint in lines[1]
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(run: Run, verb: str) -> None:
    code, out, err = run(verb, "--help")
    assert (code, err) == (0, "")
    assert f"nanotick {verb}" in out


def test_without_a_verb_it_shows_its_verbs(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert all(verb in out for verb in VERBS)


def test_json_is_one_object_even_for_an_error(run: Run) -> None:
    code, out, _ = run("help", "exit-codes", "--json")
    assert code == 0
    assert json.loads(out)["schema"] == 1
    code, out, err = run("config", "check", "none.toml", "--json")
    body = json.loads(out)
    assert (code, body["schema"], body["error"]["code"]) == (3, 1, 3)
    assert body["error"]["message"] in err


def test_debug_adds_a_traceback_anywhere(run: Run) -> None:
    for words in (["--debug", "report", "none"], ["report", "none", "--debug"]):
        code, _, err = run(*words)
        assert code == 4
        assert "Traceback" in err
        assert "error: none is not a run" in err


def test_an_error_that_nobody_foresaw_is_a_bug_with_code_70(run: Run, core: Callable[..., FakeCore]) -> None:
    (Path() / "journal").mkdir()
    core(journal_verify=ZeroDivisionError("division by zero"))
    code, _, err = run("journal", "verify", "journal")
    assert code == 70
    assert err.startswith("error: unexpected ZeroDivisionError: division by zero\nhint: this is a bug")


FINE = {
    "messages": 9,
    "bad_lines": 0,
    "updates": 5,
    "compared": 4,
    "mismatches": 0,
    "gaps": 0,
    "crossed": 0,
    "levels_max": 7,
}


@pytest.mark.parametrize(
    ("change", "code"), [({}, 0), ({"mismatches": 1}, 1), ({"gaps": 1}, 1), ({"crossed": 2}, 1)]
)
def test_book_verify_fails_on_what_differs(
    run: Run, core: Callable[..., FakeCore], change: dict[str, int], code: int
) -> None:
    (Path() / "a.gz").write_bytes(b"")
    fake = core(book_verify=FINE | change)
    got, out, _ = run("book", "verify", "a.gz", "--format", "binance-usdm", "--json")
    assert got == code
    assert json.loads(out) == {"schema": 1, "ok": code == 0, **FINE, **change}
    assert fake.calls == [(["a.gz"], "binance-usdm")]


def test_journal_verify_tells_damage(run: Run, core: Callable[..., FakeCore]) -> None:
    (Path() / "run" / "journal").mkdir(parents=True)
    core(journal_verify={"records": 5, "segments": 1, "damage": [], "recoverable_to": 5})
    assert run("journal", "verify", "run")[:2] == (0, "5 records in 1 segments\nno damage\n")
    bad = {"segment": 0, "offset": 64, "what": "checksum"}
    core(journal_verify={"records": 5, "segments": 1, "damage": [bad], "recoverable_to": 3})
    code, out, _ = run("journal", "verify", "run")
    assert code == 4
    assert "damaged: segment 0, offset 64, what checksum\nrecoverable to record 3" in out


def test_the_venue_server_gets_its_secret_from_the_environment(
    run: Run, core: Callable[..., FakeCore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANOTICK_VENUE__KEY", "k1")
    monkeypatch.setenv("NANOTICK_VENUE__SECRET", "s1")
    fake = core(venue_serve=None)
    assert run("venue", "serve", "--protocol", "bybit,binance", "--speed", "max")[0] == 0
    config = json.loads(fake.calls[0][0])
    assert (config["api_key"], config["api_secret"], config["speed"]) == ("k1", "s1", "max")
    assert config["protocols"] == ["bybit", "binance"]
    assert len(config["data"]) == 2
    assert all(Path(path).is_file() for path in config["data"])


def test_bench_puts_peers_and_floors_beside_our_figures(
    run: Run, core: Callable[..., FakeCore], monkeypatch: pytest.MonkeyPatch
) -> None:
    def row(name: str, value: float, unit: str = "ns") -> dict[str, Any]:
        return {"name": name, "value": value, "unit": unit, "min": value, "p50": value, "quiet_p50": value}

    theirs = [
        row("chain.peer.json", 9000),
        row("chain.peer.x", 8000),
        row("decode.binance_depth.peer.x", 0.5, "GB/s"),
    ]
    program = "".join(f"print({json.dumps(each)!r})\n" for each in theirs)
    (Path() / "peer_a.py").write_text(program, encoding="utf-8")
    (Path() / "peer_b.py").write_text("import nothing_of_that_name", encoding="utf-8")
    monkeypatch.setattr("nanotick.bench.peers.MODULES", {"hot": ("peer_a", "peer_b")})
    ours = [
        row("chain.rust.bybit24", 400),
        row("chain.numba.bybit24", 900),
        row("decode.binance_depth", 2.0, "GB/s"),
        row("wire.spin.plain", 9000),
        row("floor.tcp.spin", 8000),
        row("alloc.per_event", 0, "1"),
    ]
    core(bench={"results": ours})
    code, out, _ = run("bench", "--peers", "--json", "--write-docs", "page.md")
    assert code == 0
    found = json.loads(out)
    rows = {each["name"]: each for each in found["results"]}
    beside = {"peer": "chain.peer.x", "peer_value": 8000, "ratio": 20.0, "floor": None}
    assert rows["chain.rust.bybit24"] | beside == rows["chain.rust.bybit24"]
    assert rows["decode.binance_depth"]["ratio"] == 4.0
    assert rows["wire.spin.plain"]["floor"] == 8000
    assert 0 < rows["import.time"]["value"] < 100_000_000
    met = {bar["name"]: bar["met"] for bar in found["bars"]}
    assert met | {"chain.rust.bybit24": True, "wire.spin.plain": True, "journal.oneway": None} == met
    assert met["chain.numba.bybit24"] is False
    assert any("peer_b: ModuleNotFoundError" in why for why in found["skipped"])
    page = (Path() / "page.md").read_text(encoding="utf-8")
    assert "(`chain.rust.bybit24`) | ≤ 600 ns, ≥ 10x | 400 ns | 20.0x | yes |" in page
    assert "(`chain.numba.bybit24`) | ≤ 620 ns, ≥ 10x | 900 ns | 8.9x | **no**" in page
    assert "(`journal.oneway`) | 300 | | | not measured |" in page


def test_config_check_and_show(run: Run) -> None:
    (Path() / "nanotick.toml").write_text("[demo]\nspeed = 7\n", encoding="utf-8")
    assert run("config", "check", "nanotick.toml")[:2] == (0, "nanotick.toml: 1 keys, all right\n")
    code, out, _ = run("config", "show", "--origin")
    assert code == 0
    assert "demo.speed" in out
    assert "nanotick.toml:2" in out
    _, out, _ = run("config", "show", "--json")
    assert json.loads(out)["config"]["demo"]["speed"] == 7


def in_process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def test_a_reader_that_leaves_is_no_failure() -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m nanotick config schema | head -n 1",
        shell=True, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_import_is_light() -> None:
    """The package itself loads neither NumPy nor Typer nor the native module; the command loads no NumPy."""
    heavy = "('numpy', 'typer', 'msgspec', 'nanotick._core')"
    code = f"import sys, nanotick; print([m for m in {heavy} if m in sys.modules])"
    assert in_process("-c", code).stdout == "[]\n"
    code = "import sys; from nanotick.cli import main; main(['version']); print('numpy' in sys.modules)"
    assert in_process("-c", code).stdout.splitlines()[-1] == "False"


def test_no_colour_where_nobody_sees_it() -> None:
    assert "\x1b" not in in_process("-m", "nanotick", "dmo").stderr
