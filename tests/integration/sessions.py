"""Live sessions for tests: a venue server in its own process, a session against it, and what the journal says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from nanotick import _core
from nanotick.session.config import Config
from nanotick.session.instruments import fetch
from nanotick.session.live import Link, live_request
from nanotick.session.records import read_records
from nanotick.session.rundir import RunDir
from nanotick.session.venue_process import VenueProcess

SYMBOLS = ("BTCUSDT", "ETHUSDT")
KEY, SECRET = "test-key", "test-secret-of-the-venue-server"
SPEED = 6.0
#: What a session may take to connect and to reconcile, on a machine that does something else at the same time.
PATIENCE_S = 30.0


def venue_server(folder: Path, *, speed: float = SPEED, words: Sequence[str] = ()) -> VenueProcess:
    """The venue server with the bundled recording, on loopback; to be entered as a context."""
    arguments = ["--protocol=bybit", f"--speed={speed:g}", *words]
    folder.mkdir(parents=True, exist_ok=True)
    return VenueProcess(arguments, key=KEY, secret=SECRET, log=folder / "venue.log")


@dataclass
class Run:
    """A finished session."""

    path: Path
    summary: dict[str, Any]
    ledger: dict[str, Any] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    def records(self, *kinds: str) -> Iterator[dict[str, Any]]:
        return read_records(self.journal, kinds=set(kinds))

    def halts(self) -> list[str]:
        """The sentences of the halt records."""
        return [record["body"]["why"] for record in self.records("halt")]

    def open_orders(self) -> list[dict[str, Any]]:
        """What still rests at the venue, by its own ledger."""
        return [order for order in self.ledger["orders"] if order["status"] in ("new", "partially_filled")]


def request_of(
    venue: VenueProcess,
    strategy: Any,
    *,
    seconds: float,
    limits: dict[str, Any] | None = None,
    live: dict[str, Any] | None = None,
    key: str = KEY,
    secret: str = SECRET,
) -> dict[str, Any]:
    """A session's request: `limits` over the demo's limits, `live` over the driver's settings."""
    config = msgspec.convert({"limits": limits or {}, "engine": {"mode": "block"}}, Config)
    urls = venue.ready["urls"]["bybit"]
    link = Link(urls, key, secret, venue.ready.get("ca_file"))
    filters = fetch("bybit", urls["rest"], SYMBOLS, link.ca_file)
    request = live_request(config, link, filters, strategy, epoch=1, duration_s=seconds, start_cash="100000")
    request["live"] |= {"start_timeout_s": PATIENCE_S} | (live or {})
    return request


def new_run(folder: Path) -> Path:
    """An empty run directory."""
    return RunDir.create(folder, "test", Config()).path


def run_session(venue: VenueProcess, strategy: Any, folder: Path, **options: Any) -> Run:
    """Runs a session to its end in this process."""
    path = new_run(folder)
    request = request_of(venue, strategy, **options)
    summary = json.loads(_core.run_live(json.dumps(request).encode(), strategy, str(path)))
    return Run(path, summary, venue.ask("ledger")["venues"]["bybit"])


def session_process(
    venue: VenueProcess, strategy: str, folder: Path, **options: Any
) -> tuple[subprocess.Popen[str], Path]:
    """The same in a process of its own, as a user's script would; `strategy` as for `nanotick.strategies.load`.

    On stdout it prints its summary when it ends in good order.
    """
    from nanotick.strategies import load

    path = new_run(folder)
    request = request_of(venue, load(strategy)(), **options)
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from nanotick.errors import NanotickError\n"
        "from nanotick.session.live import run_live\n"
        "from nanotick.strategies import load\n"
        "name, run_dir = sys.argv[1:]\n"
        "try:\n"
        "    print(json.dumps(run_live(json.load(sys.stdin), load(name)(), Path(run_dir))))\n"
        "except NanotickError as error:\n"
        "    print(f'error: {error.message}', file=sys.stderr)\n"
        "    sys.exit(error.exit_code)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, strategy, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ""},
        start_new_session=True,
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps(request))
    child.stdin.close()
    child.stdin = None
    return child, path


def replay(run_dir: Path, strategy: Any, until: int | None = None) -> dict[str, Any]:
    """Replays a run with a strategy in whatever host that is."""
    found: dict[str, Any] = json.loads(_core.replay(str(run_dir), strategy, until))
    return found
