"""Decoders of order book deltas as the peers offer them, with prices and sizes left as text or made floats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import msgspec

from nanotick.bench.timing import skip

__all__ = ["FloatDelta", "TextDelta", "delta_decoders"]

Decode = Callable[[bytes], Any]


class _TextData(msgspec.Struct, gc=False):
    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]
    u: int
    seq: int


class TextDelta(msgspec.Struct, gc=False):
    """A delta with numbers left as text."""

    topic: str
    type: str
    ts: int
    data: _TextData
    cts: int


class _FloatData(msgspec.Struct, gc=False):
    s: str
    b: list[tuple[float, float]]
    a: list[tuple[float, float]]
    u: int
    seq: int


class FloatDelta(msgspec.Struct, gc=False):
    """A delta whose numbers msgspec turns into floats while it decodes: the fastest way there is in Python."""

    topic: str
    type: str
    ts: int
    data: _FloatData
    cts: int


def delta_decoders() -> Iterator[tuple[str, str, Decode]]:
    """Name, form (`dict`, `text` struct, `float` struct) and function of each decoder that is installed."""
    yield "json", "dict", json.loads
    try:
        yield "orjson", "dict", import_module("orjson").loads
    except ImportError as missing:
        skip("orjson", str(missing))
    yield "msgspec_typed", "text", msgspec.json.Decoder(TextDelta).decode
    yield "msgspec", "float", msgspec.json.Decoder(FloatDelta, strict=False).decode
