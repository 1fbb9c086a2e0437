"""Strategies that are built into the engine in Rust: yardsticks for the others."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["BuiltIn", "quoter", "two_ema"]


@dataclass(frozen=True)
class BuiltIn:
    """A strategy compiled into the engine, by its name and parameters."""

    name: str
    defaults: dict[str, float] = field(default_factory=dict)

    def params(self) -> dict[str, float]:
        """The values of the parameters."""
        return dict(self.defaults)

    def __call__(self, **params: float) -> BuiltIn:
        """The same with other parameters; names as in the Python strategy of that name."""
        unknown = [p for p in params if p not in self.defaults]
        if unknown:
            from nanotick.errors import ConfigError
            from nanotick.strategy import close_names

            hint = close_names(unknown[0], list(self.defaults))
            raise ConfigError(f"{self.name} has no parameter {unknown[0]!r}", hint=hint)
        return BuiltIn(self.name, {**self.defaults, **{k: float(v) for k, v in params.items()}})


quoter = BuiltIn(
    "quoter",
    {
        "half_spread_bps": 0.5,
        "skew_bps": 1.0,
        "quote_notional": 600.0,
        "max_position_notional": 3000.0,
        "requote_ticks": 5.0,
        "min_interval_ns": 200e6,
    },
)
two_ema = BuiltIn("two_ema", {"fast_alpha": 0.1, "slow_alpha": 0.02, "qty_lots": 1.0})
