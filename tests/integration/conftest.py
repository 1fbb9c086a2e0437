"""Sessions that several tests look at are run once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sessions import Run, run_session, venue_server

from nanotick.session.venue_process import VenueProcess


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    """A venue server that nobody else uses."""
    with venue_server(tmp_path / "venue") as server:
        yield server


@pytest.fixture(scope="session")
def quoter_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A session of the quoter written in Python, long enough for orders, fills and cancels."""
    from nanotick.strategies.quoter import Quoter

    folder = tmp_path_factory.mktemp("quoter")
    with venue_server(folder) as server:
        return run_session(server, Quoter(), folder, seconds=6)
