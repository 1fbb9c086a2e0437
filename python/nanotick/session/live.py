"""A live session: from configuration, venue and strategy to the request that the native driver takes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from nanotick.errors import ConfigError, InvariantError, RefusedError, VenueError, core_errors
from nanotick.session.config import Config
from nanotick.session.instruments import Filters

__all__ = ["Link", "live_request", "make_strategy", "next_epoch", "run_live"]

START_TIMEOUT_S = 10.0
RECV_WINDOW_MS = 5_000
CALLBACK_LIMIT_MS = 1_000
#: Maker and taker rate of a venue's ordinary account. The fills say what was really charged.
FEES = {"bybit": ("0.0002", "0.00055"), "binance": ("0.0002", "0.0005")}
MAX_EPOCH = (1 << 24) - 1


@dataclass(frozen=True)
class Link:
    """Where the venue is, and who we are to it."""

    urls: Mapping[str, str]
    key: str
    secret: str
    ca_file: str | None = None


def make_strategy(config: Config) -> Any:
    """The strategy of the configuration, with its parameters."""
    from nanotick.strategies import load

    return load(config.strategy.name)(**config.strategy.params)


def next_epoch(base: Path) -> int:
    """A number that grows with every session that is kept in `base`: order ids of two sessions never meet."""
    base.mkdir(parents=True, exist_ok=True)
    with (base / ".epoch").open("a+", encoding="ascii") as file:
        # Two sessions may start at the same time.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read().strip()
        epoch = int(text) + 1 if text.isdecimal() else 1
        if epoch > MAX_EPOCH:
            raise RefusedError(f"{base / '.epoch'} has no numbers left", f"use another folder than {base}")
        file.truncate(0)
        file.write(f"{epoch}\n")
        file.flush()
        os.fsync(file.fileno())
    return epoch


def live_request(
    config: Config,
    link: Link,
    filters: Mapping[str, Filters],
    strategy: Any,
    *,
    epoch: int,
    duration_s: float,
    start_cash: str,
) -> dict[str, Any]:
    """What the native driver is asked to do.

    Raises:
        RefusedError: if an instrument has no limits.
    """
    maker, taker = FEES[config.venue.protocol]
    instruments = [
        {
            "symbol": symbol,
            "kind": "linear",
            **filters[symbol],
            "maker_fee": maker,
            "taker_fee": taker,
            "limits": _limits(config, symbol, Decimal(filters[symbol]["lot"])),
        }
        for symbol in config.venue.symbols
    ]
    return {
        "session": {
            "venue": config.venue.protocol,
            "epoch": epoch,
            "instruments": instruments,
            "limits": {
                key: getattr(config.limits, key)
                for key in ("max_orders_per_s", "breaker_rejects", "breaker_window_ms")
            },
            "signals": _signals(strategy),
            "strategy": _description(config, strategy),
            "start_cash": start_cash,
        },
        "live": {
            **_urls(link.urls),
            "ca_file": link.ca_file,
            "api_key": link.key,
            "api_secret": link.secret,
            "mode": config.engine.mode,
            "cpu": config.engine.cpu,
            "duration_s": duration_s,
            "start_timeout_s": START_TIMEOUT_S,
            "recv_window_ms": RECV_WINDOW_MS,
            "callback_limit_ms": CALLBACK_LIMIT_MS,
        },
    }


def run_live(request: Mapping[str, Any], strategy: Any, run_dir: Path) -> dict[str, Any]:
    """Runs the session on this thread until it is over.

    Raises:
        VenueError: if it could not start, or did not end in good order.
        InvariantError: if the engine found itself wrong.
    """
    from nanotick import _core

    with core_errors(), _signals_left_to_the_driver():
        summary: dict[str, Any] = json.loads(
            _core.run_live(json.dumps(request).encode(), strategy, str(run_dir))
        )
    where = f"see {run_dir / 'journal'} with `nanotick journal cat --kind note`"
    if broken := summary.get("invariant_broken"):
        raise InvariantError(f"an invariant broke: {broken}", where)
    if not summary["started"]:
        raise VenueError(
            f"the session did not start: {summary.get('trouble') or 'the venue gave no reason'}", where
        )
    if trouble := summary.get("trouble"):
        raise VenueError(f"the session ended in trouble: {trouble}", where)
    return summary


@contextmanager
def _signals_left_to_the_driver() -> Iterator[None]:
    """The driver ends the session in good order on Ctrl-C; Python must not raise KeyboardInterrupt for it as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _limits(config: Config, symbol: str, lot: Decimal) -> dict[str, Any]:
    limits = config.limits
    own = limits.symbols.get(symbol)
    if own is None:
        raise RefusedError(
            f"limits.symbols.{symbol} is missing: nothing is traded without limits",
            f"add [limits.symbols.{symbol}] with max_order_qty and max_position",
        )
    return {
        "max_order_qty": _lots(own.max_order_qty, lot, f"limits.symbols.{symbol}.max_order_qty"),
        "max_position": _lots(own.max_position, lot, f"limits.symbols.{symbol}.max_position"),
        "max_order_notional": _decimal(limits.max_order_notional),
        **{
            key: getattr(limits, key)
            for key in (
                "max_open_orders", "collar_bps", "market_slippage_bps", "max_book_age_ms", "duplicate_window_ms",
            )
        },
    }  # fmt: skip


def _lots(value: float, lot: Decimal, key: str) -> str:
    """A size in coins, rounded down to whole lots: a limit never grows by rounding."""
    size = Decimal(repr(value)) // lot * lot
    if size <= 0:
        raise ConfigError(f"{key} is {value}, less than one lot of {lot}", f"give a multiple of {lot}")
    return format(size, "f")


def _decimal(value: float) -> str:
    return format(Decimal(repr(value)).normalize(), "f")


def _urls(urls: Mapping[str, str]) -> dict[str, str]:
    """Scheme, host and port of each; the protocol's client knows the paths."""
    public = urls["public"]
    by_name = {
        "public_url": public,
        "private_url": urls.get("private", public),
        "trade_url": urls.get("trade") or urls.get("ws_api") or public,
        "rest_url": urls["rest"],
    }
    return {name: "/".join(url.split("/", 3)[:3]) for name, url in by_name.items()}


def _signals(strategy: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "formula": _formula(formula.recipe),
            "feed": formula.feed,
            "bar_s": formula.bar_s,
            "columns": list(formula.bindings.items()),
        }
        for name, formula in (getattr(strategy, "signals", None) or {}).items()
    ]


def _formula(recipe: tuple[str, list[Any], Any, list[str]]) -> dict[str, Any]:
    key, params, source, picks = recipe
    return {"key": key, "params": params, "source": source and _formula(source), "picks": picks}


def _description(config: Config, strategy: Any) -> dict[str, Any]:
    host = "rust" if hasattr(strategy, "defaults") and not hasattr(strategy, "build") else "python"
    if hasattr(strategy, "build"):
        host = "compiled"
    params = getattr(strategy, "params", None)
    values = params() if callable(params) else params or getattr(strategy, "defaults", {})
    return {"name": config.strategy.name, "host": host, "params": msgspec.to_builtins(dict(values))}
