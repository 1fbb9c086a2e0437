"""The configuration of a run: every key, its default, its unit and its bounds. Where values come from is `settings`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

__all__ = [
    "Config",
    "DemoConfig",
    "EngineConfig",
    "LimitsConfig",
    "RunConfig",
    "StrategyConfig",
    "SymbolLimits",
    "VenueConfig",
    "json_schema",
]

# The upper bound keeps infinity out; NaN is refused by any bound.
Positive = Annotated[float, Meta(gt=0, le=1e15)]
Count = Annotated[int, Meta(gt=0, le=1_000_000)]


class RunConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """Where a run is written."""

    dir: Annotated[str, Meta(description="Folder that gets one directory a run.", min_length=1)] = "runs"


class VenueConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """Which venue, and how it is reached. The demo fills in the addresses of its own venue server."""

    protocol: Annotated[Literal["bybit", "binance"], Meta(description="Protocol that the venue speaks.")] = (
        "bybit"
    )
    symbols: Annotated[
        list[str],
        Meta(description="Instruments to trade, by the venue's names.", min_length=1, max_length=64),
    ] = field(default_factory=lambda: ["BTCUSDT", "ETHUSDT"])
    tls: Annotated[bool, Meta(description="Encrypt all connections.")] = False
    key: Annotated[str, Meta(description="API key. Better given as NANOTICK_VENUE__KEY.")] = ""
    secret: Annotated[str, Meta(description="API secret. Better given as NANOTICK_VENUE__SECRET.")] = ""

    def __repr__(self) -> str:
        """Without the key and the secret: a configuration may end up in a log."""
        return f"VenueConfig(protocol={self.protocol!r}, symbols={self.symbols!r}, tls={self.tls!r})"


class EngineConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """How the engine's thread waits and where it runs."""

    mode: Annotated[
        Literal["spin", "adaptive", "block"],
        Meta(description="How it waits for data: spin is fastest and takes a core, block sleeps."),
    ] = "adaptive"
    cpu: Annotated[int | None, Meta(description="CPU to pin the engine's thread to; none: not pinned.")] = (
        None
    )


class StrategyConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """What decides."""

    name: Annotated[str, Meta(description="A ready-made strategy, or FILE.py:NAME.", min_length=1)] = "quoter"
    params: Annotated[dict[str, float], Meta(description="The strategy's parameters, by name.")] = field(
        default_factory=dict
    )


class SymbolLimits(Struct, forbid_unknown_fields=True, frozen=True):
    """Limits that need the instrument's own unit. Both are required."""

    max_order_qty: Annotated[Positive, Meta(description="Largest order, coins.")]
    max_position: Annotated[
        Positive,
        Meta(description="Largest position either way, counting every order that may still fill, coins."),
    ]


def _demo_limits() -> dict[str, SymbolLimits]:
    return {"BTCUSDT": SymbolLimits(0.1, 0.5), "ETHUSDT": SymbolLimits(2.0, 10.0)}


class LimitsConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """What risk lets through. An instrument without limits of its own is not traded."""

    max_order_notional: Annotated[
        Positive, Meta(description="Largest value of one order, settlement coins.")
    ] = 10_000.0
    max_open_orders: Annotated[Count, Meta(description="Live orders of one instrument.")] = 16
    collar_bps: Annotated[Count, Meta(description="Furthest a price may be from the mid, basis points.")] = (
        200
    )
    market_slippage_bps: Annotated[
        Count, Meta(description="How far a market order may slip, basis points.")
    ] = 50
    max_orders_per_s: Annotated[Count, Meta(description="Creates and amends a second.")] = 50
    max_book_age_ms: Annotated[
        Count, Meta(description="Nothing is sent on a book older than this, milliseconds.")
    ] = 2_000
    duplicate_window_ms: Annotated[
        int,
        Meta(
            description="The same order again within this time is refused, milliseconds.", ge=0, le=1_000_000
        ),
    ] = 5
    breaker_rejects: Annotated[
        Count, Meta(description="So many refusals by the venue halt the strategy,")
    ] = 20
    breaker_window_ms: Annotated[Count, Meta(description="if they come within this time, milliseconds.")] = (
        10_000
    )
    symbols: Annotated[dict[str, SymbolLimits], Meta(description="Limits by instrument.")] = field(
        default_factory=_demo_limits
    )


class DemoConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """What the demo plays."""

    speed: Annotated[float, Meta(description="How much faster than recorded.", gt=0, le=100)] = 3.0
    seconds: Annotated[
        Positive | None, Meta(description="Seconds of the recording to play; none: all of it.")
    ] = None
    balance: Annotated[
        str,
        Meta(
            description="Deposit at the venue server, settlement coins.",
            pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$",
        ),
    ] = "100000"


class Config(Struct, forbid_unknown_fields=True, frozen=True):
    """All of it. Every section and key may be left out."""

    run: RunConfig = field(default_factory=RunConfig)
    venue: VenueConfig = field(default_factory=VenueConfig)
    engine: EngineConfig = field(default_factory=EngineConfig)
    strategy: StrategyConfig = field(default_factory=StrategyConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    demo: DemoConfig = field(default_factory=DemoConfig)


#: Keys whose values never leave the process in clear.
SECRET_KEYS = frozenset({("venue", "key"), ("venue", "secret")})


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}
