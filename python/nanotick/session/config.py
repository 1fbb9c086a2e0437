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
    "VenueConfig",
    "json_schema",
]

# The upper bound keeps infinity out; NaN is refused by any bound.
Positive = Annotated[float, Meta(gt=0, le=1e15)]
PositiveInt = Annotated[int, Meta(gt=0)]


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
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authority that signed the venue's certificate.")
    ] = None
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


class LimitsConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """What risk lets through, for each instrument. Amounts are in the settlement coin."""

    max_order_notional: Annotated[Positive, Meta(description="Largest value of one order, USDT.")] = 5_000.0
    max_position_notional: Annotated[
        Positive, Meta(description="Largest value of position plus all live orders on one side, USDT.")
    ] = 20_000.0
    collar_bps: Annotated[
        Positive, Meta(description="Furthest a price may be from the mid, basis points.")
    ] = 200.0
    orders_per_s: Annotated[PositiveInt, Meta(description="Creates and amends a second, lastingly.")] = 50
    order_burst: Annotated[PositiveInt, Meta(description="Creates and amends at once.")] = 100
    max_open_orders: Annotated[PositiveInt, Meta(description="Live orders an instrument may have.")] = 16
    stale_ms: Annotated[
        PositiveInt, Meta(description="No order on a book whose last message is older, milliseconds.")
    ] = 2_000
    duplicate_ms: Annotated[
        Annotated[int, Meta(ge=0)],
        Meta(description="The same order again within so many milliseconds is refused; 0 turns it off."),
    ] = 5


class DemoConfig(Struct, forbid_unknown_fields=True, frozen=True):
    """What the demo plays."""

    speed: Annotated[float, Meta(description="How much faster than recorded.", gt=0, le=100)] = 3.0
    seconds: Annotated[
        Positive | None, Meta(description="Seconds of the recording to play; none: all of it.")
    ] = None


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
