"""The recording that ships with nanotick: ninety seconds of two instruments."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["RECORDED_SECONDS", "sample_files"]

#: Length of the bundled recording.
RECORDED_SECONDS = 90.0
SYMBOLS = ("btcusdt", "ethusdt")


def sample_files() -> list[Path]:
    """The bundled raw USD-M recordings, one a symbol."""
    folder = files("nanotick") / "data" / "sample"
    return [Path(str(folder / f"binance_usdm_{symbol}_20240808_90s.gz")) for symbol in SYMBOLS]
