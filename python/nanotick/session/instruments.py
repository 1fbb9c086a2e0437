"""What a venue says of its instruments: grids, bounds and least value, as the engine wants them. Exact decimal text."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from nanotick.errors import ConfigError, VenueError
from nanotick.session.http import get_json

__all__ = ["Filters", "fetch", "from_binance", "from_bybit"]

Filters = dict[str, str]


def fetch(
    protocol: str, rest_url: str, symbols: Sequence[str], ca_file: str | None = None
) -> dict[str, Filters]:
    """The filters of each symbol, from the venue's public pages.

    Raises:
        VenueError: if it does not answer as its protocol says.
        ConfigError: if it does not list a symbol.
    """
    if protocol == "bybit":
        url = f"{rest_url}/v5/market/instruments-info?category=linear&limit=1000"
        return from_bybit(get_json(url, ca_file), symbols)
    return from_binance(get_json(f"{rest_url}/fapi/v1/exchangeInfo", ca_file), symbols)


def from_bybit(body: Any, symbols: Sequence[str]) -> dict[str, Filters]:
    """From Bybit's `market/instruments-info`."""

    def filters(entry: Mapping[str, Any]) -> Filters:
        price, lot = entry["priceFilter"], entry["lotSizeFilter"]
        return {
            "tick": price["tickSize"],
            "min_px": price["minPrice"],
            "max_px": price["maxPrice"],
            "lot": lot["qtyStep"],
            "min_qty": lot["minOrderQty"],
            "max_qty": lot["maxOrderQty"],
            "min_notional": lot.get("minNotionalValue") or "0",
        }

    if not isinstance(body, dict) or body.get("retCode") != 0:
        said = body.get("retMsg") if isinstance(body, dict) else body
        raise VenueError(f"the venue refused to list its instruments: {said}")
    return _chosen(lambda: body["result"]["list"], symbols, filters, trading="Trading")


def from_binance(body: Any, symbols: Sequence[str]) -> dict[str, Filters]:
    """From Binance's `exchangeInfo`."""

    def filters(entry: Mapping[str, Any]) -> Filters:
        by_type = {item["filterType"]: item for item in entry["filters"]}
        price, lot = by_type["PRICE_FILTER"], by_type["LOT_SIZE"]
        least = by_type.get("MIN_NOTIONAL", {})
        return {
            "tick": price["tickSize"],
            "min_px": price["minPrice"],
            "max_px": price["maxPrice"],
            "lot": lot["stepSize"],
            "min_qty": lot["minQty"],
            "max_qty": lot["maxQty"],
            "min_notional": least.get("notional") or least.get("minNotional") or "0",
        }

    return _chosen(lambda: body["symbols"], symbols, filters, trading="TRADING")


def _chosen(
    listed: Callable[[], Iterable[Mapping[str, Any]]],
    symbols: Sequence[str],
    filters: Callable[[Mapping[str, Any]], Filters],
    trading: str,
) -> dict[str, Filters]:
    try:
        entries = {entry["symbol"]: entry for entry in listed()}
        found = {}
        for symbol in symbols:
            if symbol not in entries:
                near = difflib.get_close_matches(symbol, entries, n=1)
                hint = f"did you mean {near[0]}?" if near else "`venue.symbols` uses the venue's own names"
                raise ConfigError(f"venue.symbols: the venue lists no {symbol!r}", hint)
            if (status := entries[symbol]["status"]) != trading:
                raise VenueError(f"{symbol} cannot be traded: its status is {status}")
            found[symbol] = _plain(filters(entries[symbol]))
    except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise VenueError(f"the venue's list of instruments is not as its protocol says: {error!r}") from error
    return found


def _plain(filters: Mapping[str, str]) -> Filters:
    """Plain decimal text, with prices and sizes moved onto the grid: some venues publish bounds that are off it."""
    values = {key: Decimal(text) for key, text in filters.items()}
    for bound, step in (("px", values["tick"]), ("qty", values["lot"])):
        if step <= 0:
            raise InvalidOperation(f"a step of {step}")
        low, high = values[f"min_{bound}"], values[f"max_{bound}"]
        values[f"min_{bound}"] = max(step, -(-low // step) * step)
        values[f"max_{bound}"] = high // step * step
    return {key: format(value, "f") for key, value in values.items()}
