"""The main job end to end: real processes, real sockets, the bundled recording; and what happens when a part fails."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nanotick._core", reason="the native module is not built")

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 90
KEYS = {
    "events", "orders", "fills", "net_pnl", "fees_paid", "position", "latency_ns", "replay", "reconciled", "run_dir",
}  # fmt: skip


def nanotick(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nanotick", *words],
        cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=clean() | environment,
    )  # fmt: skip


def clean() -> dict[str, str]:
    """This environment without any configuration of the user."""
    return {k: v for k, v in os.environ.items() if not k.startswith("NANOTICK_")} | {
        "XDG_CONFIG_HOME": "/nonexistent"
    }


def demo(cwd: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    done = nanotick("demo", "--json", "--speed=20", "--seconds=40", *words, cwd=cwd, **environment)
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--venue=bybit", "--strategy=quoter"),
        ("--venue=bybit", "--strategy=quoter-rust", "--tls"),
        ("--venue=binance", "--strategy=quoter-compiled"),
        ("--venue=binance", "--strategy=quoter", "--tls", "--mode=block"),
    ],
    ids=lambda words: " ".join(words),
)
def test_the_demo_trades_reconciles_and_replays(words: tuple[str, ...], tmp_path: Path) -> None:
    secret = "a-secret-that-nobody-may-see"
    code, found, err = demo(tmp_path, *words, NANOTICK_VENUE__SECRET=secret)
    assert code == 0, err
    assert err == "", "a pipe gets no progress"
    assert found.keys() >= KEYS
    assert found["reconciled"] is True
    assert found["replay"]["verified"] is True
    assert found["replay"]["commands"] > 0
    assert found["fills"] > 0
    assert {"min", "p50", "p99", "p999", "max", "count"} <= found["latency_ns"]["total"].keys()
    run_dir = tmp_path / found["run_dir"]
    assert {p.name for p in run_dir.iterdir()} >= {
        "config.toml",
        "journal",
        "report.html",
        "report.json",
        "log.jsonl",
    }
    for path in (p for p in run_dir.rglob("*") if p.is_file()):
        assert secret.encode() not in path.read_bytes(), f"the secret is in {path.name}"
    figures = json.loads((run_dir / "report.json").read_text(encoding="utf-8"))
    assert (figures["fills"], figures["net_pnl"]) == (found["fills"], found["net_pnl"])

    again = nanotick("replay", str(run_dir), "--verify", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["state_hash"] == found["replay"]["state_hash"]
    assert nanotick("journal", "verify", str(run_dir), cwd=tmp_path).returncode == 0
    other = nanotick("replay", str(run_dir), "--verify", "--strategy", "two-ema-rust", cwd=tmp_path)
    assert other.returncode == 1, "another strategy gives other commands"


def test_the_engines_account_is_the_one_that_the_report_adds_up(tmp_path: Path) -> None:
    """Three ways to one figure: the engine's integers, the report's floats, and the journal's fills."""
    _, found, _ = demo(tmp_path, "--strategy=quoter-rust")
    lines = nanotick("journal", "cat", found["run_dir"], "--kind", "session_end", cwd=tmp_path).stdout
    accounts = json.loads(lines)["body"]["accounts"]
    assert float(accounts["fees"]) == pytest.approx(found["fees_paid"], abs=1e-9)
    positions = {entry["symbol"]: float(entry["position"]) for entry in accounts["instruments"]}
    assert positions == pytest.approx(found["position"])


def test_a_strategy_that_raises_is_contained(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "import nanotick as nt\n"
        "class Bad(nt.Strategy):\n"
        "    def on_book(self, ctx, book):\n"
        "        self.n = getattr(self, 'n', 0) + 1\n"
        "        if self.n == 50:\n"
        "            raise ValueError('lost the plot')\n"
        "        if book.valid and ctx.working('buy') is None:\n"
        "            try:\n"
        "                ctx.limit('buy', book.bid_px - 50 * ctx.tick, 0.01, tif='post_only')\n"
        "            except nt.RiskRefused:\n"
        "                pass\n",
        encoding="utf-8",
    )
    code, found, err = demo(tmp_path, "--strategy=bad.py:Bad")
    assert code == 6, err
    assert "lost the plot" in found["halted"]
    assert found["reconciled"] is True
    assert found["replay"]["verified"] is True
    page = (tmp_path / found["run_dir"] / "report.html").read_text(encoding="utf-8")
    assert "lost the plot" in page


@pytest.mark.parametrize(
    ("page", "name"), [("README.md", "Quoter"), ("docs/tutorial/first-strategy.md", "Pennies")]
)
def test_the_strategies_of_the_documentation_trade(page: str, name: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    snippet = next(
        body for body in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if name in body
    )
    (tmp_path / "mine.py").write_text(snippet, encoding="utf-8")
    code, found, err = demo(tmp_path, f"--strategy=mine.py:{name}")
    assert code == 0, err
    assert found["fills"] > 0


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_session_in_good_order(sign: signal.Signals, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "nanotick", "demo", "--json", "--speed=1", "--strategy=quoter-rust"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean(), start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not list(tmp_path.glob("runs/*/journal/*")):
        time.sleep(0.05)
    time.sleep(2.0)
    child.send_signal(sign)
    out, err = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 0, err
    found = json.loads(out)
    assert found["reconciled"] is True
    assert found["replay"]["verified"] is True


def serve(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return nanotick("venue", "serve", *words, cwd=cwd)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, "--listen", f"127.0.0.1:{port}")
    assert done.returncode == 5
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert str(port) in lines[0]
    assert lines[1].startswith("hint: ")
    assert done.stdout == ""


@pytest.mark.parametrize("content", [b"", b"not a recording\n", b"\x1f\x8b\x08 torn gzip", os.urandom(4096)])
def test_a_file_that_is_no_recording_is_bad_data(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(content)
    done = serve(tmp_path, "--data", str(path))
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("error: ")
    done = nanotick("book", "verify", str(path), "--format", "binance-usdm", "--json", cwd=tmp_path)
    assert done.returncode in (1, 4), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_bundled_recordings_verify(tmp_path: Path) -> None:
    from nanotick.session.sample import sample_files

    for path in sample_files():
        done = nanotick("book", "verify", str(path), "--format", "binance-usdm", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        found = json.loads(done.stdout)
        assert (found["mismatches"], found["gaps"], found["crossed"]) == (0, 0, 0)
        assert found["compared"] > 1_000
