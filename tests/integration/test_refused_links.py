"""A venue that will not have us: wrong key, wrong secret, a certificate that nobody vouches for, nobody there."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from sessions import KEY, SECRET, new_run, request_of, venue_server

from nanotick.errors import ConfigError, NanotickError, VenueError
from nanotick.session.live import run_live
from nanotick.strategies import load


def attempt(
    venue: Any, folder: Path, change: dict[str, Any], key: str = KEY, secret: str = SECRET
) -> NanotickError:
    """The error of a session that is given three seconds to start."""
    strategy = load("quoter-rust")()
    live = {"start_timeout_s": 3.0, **change}
    request = request_of(venue, strategy, seconds=6, live=live, key=key, secret=secret)
    with pytest.raises(NanotickError) as caught:
        run_live(request, strategy, new_run(folder))
    for text in (caught.value.message, caught.value.hint or ""):
        assert secret not in text
    return caught.value


@pytest.mark.parametrize(("key", "secret"), [("somebody-else", SECRET), (KEY, "another-secret-altogether")])
def test_a_wrong_key_or_secret_is_told(venue: Any, tmp_path: Path, key: str, secret: str) -> None:
    error = attempt(venue, tmp_path, {}, key, secret)
    assert isinstance(error, VenueError)
    assert error.exit_code == 5
    assert "did not start" in error.message
    assert not venue.ask("ledger")["venues"]["bybit"]["orders"]


def test_nobody_there(venue: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    error = attempt(venue, tmp_path, {"public_url": f"ws://127.0.0.1:{port}"})
    assert isinstance(error, VenueError)
    assert "the market data socket did not open" in error.message


def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    with (
        venue_server(tmp_path / "ours", words=["--tls"]) as ours,
        venue_server(tmp_path / "other", words=["--tls"]) as other,
    ):
        assert ours.ready["ca_file"] != other.ready["ca_file"]
        error = attempt(ours, tmp_path, {"ca_file": other.ready["ca_file"]})
    assert isinstance(error, VenueError)
    assert "certificate" in error.message.lower() or "tls" in error.message.lower()


def test_a_certificate_file_that_is_none(tmp_path: Path) -> None:
    nothing = tmp_path / "ca.pem"
    nothing.write_text("no certificate here")
    with venue_server(tmp_path / "ours", words=["--tls"]) as ours:
        error = attempt(ours, tmp_path, {"ca_file": str(nothing)})
    assert isinstance(error, ConfigError)
    assert "ca.pem" in error.message


def test_a_request_with_a_key_too_many(venue: Any, tmp_path: Path) -> None:
    strategy = load("quoter-rust")()
    request = request_of(venue, strategy, seconds=1)
    request["live"]["sped"] = 3
    with pytest.raises(ConfigError, match="sped"):
        run_live(json.loads(json.dumps(request)), strategy, new_run(tmp_path))
