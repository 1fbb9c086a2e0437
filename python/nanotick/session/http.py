"""One JSON document over HTTP, for what happens before and after a session. The hot path has its own client."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from nanotick.errors import ConfigError, VenueError

__all__ = ["get_json"]

TIMEOUT_S = 10.0
MAX_BYTES = 64 << 20
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def get_json(url: str, ca_file: str | None = None) -> Any:
    """What a GET of `url` answers.

    Raises:
        VenueError: if there is no answer, or it is not JSON; with the venue's own words where it gave any.
        ConfigError: if `ca_file` is no certificate.
    """
    handlers: list[urllib.request.BaseHandler] = []
    parts = urllib.parse.urlsplit(url)
    if parts.hostname in LOOPBACK:
        # A server on this machine is never behind the proxy that the environment may name.
        handlers.append(urllib.request.ProxyHandler({}))
    if parts.scheme == "https":
        handlers.append(urllib.request.HTTPSHandler(context=_context(ca_file)))
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read(MAX_BYTES))
    except urllib.error.HTTPError as error:
        said = error.read(200).decode("utf-8", "replace").strip()
        raise VenueError(f"{shown} answered {error.code}: {said or error.reason}") from error
    except ValueError as error:
        raise VenueError(f"{shown} did not answer with JSON", "is it a venue that listens there?") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise VenueError(f"{shown} does not answer: {reason}", "is the venue reachable from here?") from error


def _context(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"{ca_file} is no certificate: {error}", "it must be a PEM file") from error
