"""What people get wrong, on the real command in its own process: one sentence, a hint, the exit code of its kind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Prepare = Callable[[Path], tuple[list[str], dict[str, str]]]


def nanotick(
    words: list[str], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nanotick", *words],
        cwd=folder,
        env=os.environ | {"XDG_CONFIG_HOME": str(folder / "none")} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def config(text: str, *words: str) -> Prepare:
    """A project file with this text, for the demo."""

    def prepare(folder: Path) -> tuple[list[str], dict[str, str]]:
        (folder / "nanotick.toml").write_text(text)
        return [*(words or ("demo", "--seconds", "2", "--speed", "20"))], {}

    return prepare


def strategy(text: str, name: str) -> Prepare:
    """A strategy file with this text, for the demo."""

    def prepare(folder: Path) -> tuple[list[str], dict[str, str]]:
        (folder / "mine.py").write_text(text)
        return ["demo", "--seconds", "20", "--speed", "20", "--strategy", f"mine.py:{name}"], {}

    return prepare


def command(*words: str, **environment: str) -> Prepare:
    return lambda folder: (list(words), environment)


def taken_port(folder: Path) -> tuple[list[str], dict[str, str]]:
    taken = socket.create_server(("127.0.0.1", 0))
    TAKEN.append(taken)
    return ["venue", "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"], {}


def bad_recording(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "bad.gz").write_bytes(b"\x1f\x8b" + bytes(100))
    return ["book", "verify", "bad.gz", "--format", "binance-usdm"], {}


def damaged_journal(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "journal").mkdir()
    (folder / "journal" / "0000000001.ntj").write_bytes(os.urandom(4096))
    return ["journal", "verify", "journal"], {}


TAKEN: list[socket.socket] = []
RAISES = "import nanotick as nt\nclass S(nt.Strategy):\n    def on_book(self, ctx, book):\n        1 / 0\n"

#: What is wrong → how to do it, exit code, what the sentence and the hint must hold.
CASES: dict[str, tuple[Prepare, int, str, str]] = {
    "unknown section": (config("[limts]\nmax_open_orders = 3\n"), 3, "limts", "limits"),
    "unknown key": (config("[limits]\nmax_open_order = 3\n"), 3, "max_open_order", "max_open_orders"),
    "wrong type": (config('[limits]\nmax_open_orders = "many"\n'), 3, "limits.max_open_orders", ""),
    "out of bounds": (config("[limits]\nmax_open_orders = 0\n"), 3, "limits.max_open_orders", ""),
    "not a number": (config("[limits]\nmax_order_notional = nan\n"), 3, "limits.max_order_notional", ""),
    "no TOML": (config("[limits\n"), 3, "nanotick.toml", ""),
    "less than a lot": (
        config(
            "[limits.symbols.BTCUSDT]\nmax_order_qty = 0.0001\nmax_position = 1.0\n"
            "[limits.symbols.ETHUSDT]\nmax_order_qty = 1.0\nmax_position = 1.0\n"
        ),
        3,
        "limits.symbols.BTCUSDT.max_order_qty is 0.0001",
        "multiple",
    ),
    "a symbol that is not listed": (config('[venue]\nsymbols = ["BTCUSD"]\n'), 3, "BTCUSD", "BTCUSDT"),
    "a CPU that is not there": (config("[engine]\ncpu = 4095\n"), 3, "4095", "cpu"),
    "an unknown environment variable": (
        command("config", "show", NANOTICK_LIMITS__MAX_OPEN_ORDER="3"),
        3,
        "MAX_OPEN_ORDER",
        "",
    ),
    "no such strategy file": (command("demo", "--strategy", "none.py:S"), 3, "none.py", ""),
    "a strategy file that does not load": (strategy("1 / 0\n", "S"), 3, "ZeroDivisionError", ""),
    "a strategy that is not in the file": (strategy(RAISES, "T"), 3, "T", "S"),
    "a strategy that raises": (strategy(RAISES, "S"), 6, "on_book raised ZeroDivisionError", "journal cat"),
    "port taken": (taken_port, 5, "is taken by another program", "--listen|listen|port"),
    "no such address": (command("venue", "serve", "--listen", "203.0.113.1:0"), 5, "203.0.113.1", ""),
    "no such recording": (command("venue", "serve", "--data", "none.gz"), 4, "none.gz", "--data"),
    "not a recording": (bad_recording, 4, "bad.gz", ""),
    "no such journal": (command("journal", "verify", "none"), 4, "none", ""),
    "not a run": (command("replay", "none"), 4, "none is not a run", "runs/"),
    "a run folder that is a file": (config('[run]\ndir = "nanotick.toml"\n'), 3, "run.dir", "folder"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_one_sentence_a_hint_and_an_exit_code(name: str, tmp_path: Path) -> None:
    prepare, code, sentence, hint = CASES[name]
    words, environment = prepare(tmp_path)
    done = nanotick(words, tmp_path, environment)
    for taken in TAKEN:
        taken.close()
    TAKEN.clear()
    assert done.returncode == code, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    hints = [line for line in done.stderr.splitlines() if line.startswith("hint: ")]
    assert len(errors) == 1, done.stderr
    assert sentence in errors[0]
    assert any(part in "".join(hints) for part in hint.split("|")), done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_journal_is_told_not_crashed_on(tmp_path: Path) -> None:
    words, _ = damaged_journal(tmp_path)
    done = nanotick([*words, "--json"], tmp_path)
    assert done.returncode in (1, 4), done.stderr
    assert json.loads(done.stdout)["schema"] == 1
    assert "Traceback" not in done.stderr


def test_secrets_stay_out_of_every_output(tmp_path: Path) -> None:
    secret = "hunter2hunter2hunter2"
    (tmp_path / "nanotick.toml").write_text(
        f'[venue]\nsecret = "{secret}"\nkey = "{secret}k"\nsymbols = ["NOPE"]\n'
    )
    for words in (["demo", "--debug"], ["config", "show"], ["config", "show", "--origin"]):
        done = nanotick(words, tmp_path)
        assert secret not in done.stdout + done.stderr
    for written in tmp_path.rglob("*"):
        if written.is_file() and written.name != "nanotick.toml":
            assert secret.encode() not in written.read_bytes(), written
