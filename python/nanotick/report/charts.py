"""Charts as inline SVG, drawn by hand: no script, no font, nothing fetched. Colours are CSS variables of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Chart", "Marks", "Series", "duration", "nice_ticks", "percentile_bars"]

Floats = npt.NDArray[np.float64]

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 74, 18, 14, 34
#: More points than this a line cannot show: each pixel column keeps its lowest and highest value.
MAX_COLUMNS = 860


@dataclass(frozen=True)
class Series:
    """A line. `step` holds each value until the next; `fill` shades down to zero."""

    name: str
    x: Floats
    y: Floats
    colour: str = "var(--c1)"
    step: bool = False
    fill: bool = False
    thin: bool = False


@dataclass(frozen=True)
class Marks:
    """Points: `up` and `down` are triangles, `dot` is a circle. A hollow mark is drawn without filling."""

    name: str
    x: Floats
    y: Floats
    colour: str = "var(--c1)"
    shape: Literal["up", "down", "dot"] = "dot"
    hollow: bool = False


@dataclass
class Chart:
    """One plot over time: lines first, then marks, with both axes labelled."""

    title: str
    y_label: str
    series: Sequence[Series]
    marks: Sequence[Marks] = ()
    x_label: str = "seconds since the session began"
    height: int = 240
    zero_line: bool = False
    y_format: Callable[[float], str] | None = None
    extra: list[str] = field(default_factory=list)

    def svg(self) -> str:
        """The chart as an `<svg>` element."""
        xs = _span([s.x for s in self.series] + [m.x for m in self.marks])
        ys = _span([s.y for s in self.series] + [m.y for m in self.marks], pad=0.06, zero=self.zero_line)
        plot = _Frame(xs, ys, self.height)
        parts = [plot.open(self.title), *plot.axes(self.x_label, self.y_label, self.y_format)]
        if self.zero_line:
            parts.append(plot.horizontal(0.0, "zero"))
        parts += [_line(plot, s) for s in self.series if s.x.size]
        parts += [_points(plot, m) for m in self.marks if m.x.size]
        return "\n".join([*parts, *self.extra, "</svg>"])

    def legend(self) -> str:
        """What each colour and shape means, as HTML."""
        keys = [
            f'<span><i class="line" style="background:{s.colour}"></i>{escape(s.name)}</span>'
            for s in self.series
        ]
        glyph = {"up": "▲", "down": "▼", "dot": "●"}
        hollow = {"up": "△", "down": "▽", "dot": "○"}
        keys += [
            f'<span><b style="color:{m.colour}">{(hollow if m.hollow else glyph)[m.shape]}</b>'
            f"{escape(m.name)} ({m.x.size})</span>"
            for m in self.marks
            if m.x.size
        ]
        return f'<p class="legend">{"".join(keys)}</p>' if len(keys) > 1 else ""


class _Frame:
    """Scales and axes of one plot."""

    def __init__(self, xs: tuple[float, float], ys: tuple[float, float], height: int) -> None:
        self.x0, self.x1 = xs
        self.y0, self.y1 = ys
        self.height = height
        self.plot_width = WIDTH - LEFT - RIGHT
        self.plot_height = height - TOP - BOTTOM

    def x(self, values: Floats) -> Floats:
        return LEFT + (values - self.x0) / (self.x1 - self.x0) * self.plot_width

    def y(self, values: Floats) -> Floats:
        return TOP + (self.y1 - values) / (self.y1 - self.y0) * self.plot_height

    def open(self, title: str) -> str:
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(title)}" '
            f'xmlns="http://www.w3.org/2000/svg">'
        )

    def horizontal(self, value: float, css: str) -> str:
        if not self.y0 <= value <= self.y1:
            return ""
        y = float(self.y(np.array([value]))[0])
        return f'<line class="{css}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'

    def axes(self, x_label: str, y_label: str, y_format: Callable[[float], str] | None) -> list[str]:
        out = []
        ticks, decimals = nice_ticks(self.y0, self.y1, max(3, self.plot_height // 42))
        for value in ticks:
            out.append(self.horizontal(value, "grid"))
            y = float(self.y(np.array([value]))[0])
            label = y_format(value) if y_format else f"{value:,.{decimals}f}"
            out.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        base = TOP + self.plot_height
        ticks, decimals = nice_ticks(self.x0, self.x1, 9)
        for value in ticks:
            x = float(self.x(np.array([value]))[0])
            out.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>')
            out.append(
                f'<text class="tick" x="{x:.1f}" y="{base + 17}" text-anchor="middle">{value:,.{decimals}f}</text>'
            )
        out.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
        out.append(
            f'<text class="label" x="{WIDTH - RIGHT}" y="{base + 31}" text-anchor="end">{escape(x_label)}</text>'
        )
        middle = TOP + self.plot_height / 2
        out.append(
            f'<text class="label" transform="translate(13 {middle:.0f}) rotate(-90)" '
            f'text-anchor="middle">{escape(y_label)}</text>'
        )
        return out


def nice_ticks(low: float, high: float, wanted: int) -> tuple[list[float], int]:
    """Round values between two bounds, about as many as wanted, and the decimals that show them apart."""
    step = 10.0 ** math.floor(math.log10((high - low) / wanted))
    step *= next(m for m in (1, 2, 2.5, 5, 10) if (high - low) / (step * m) <= wanted)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, decimals) != round(step, 12):
        decimals += 1
    return [i * step for i in range(first, last + 1)], decimals


def percentile_bars(rows: Sequence[tuple[str, dict[str, float]]], title: str) -> str:
    """Latency per stage on a logarithmic axis: a band from the minimum to p99.9, marks at p50, p99 and the maximum.

    Args:
        rows: a stage and its `min`, `p50`, `p90`, `p99`, `p999`, `max` in ns.
        title: what the chart is called for readers that cannot see it.
    """
    bar, left = 34, 150
    height = TOP + bar * len(rows) + BOTTOM + 8
    low = 10 ** math.floor(math.log10(max(1.0, min(r["min"] for _, r in rows))))
    high = max(10 * low, 10 ** math.ceil(math.log10(max(r["max"] for _, r in rows))))
    width = WIDTH - left - RIGHT

    def at(value: float) -> float:
        return left + (math.log10(max(value, low)) - math.log10(low)) / math.log10(high / low) * width

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">'
    ]
    base = TOP + bar * len(rows)
    for power in range(int(math.log10(low)), int(math.log10(high)) + 1):
        x = at(10.0**power)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{base}"/>')
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{base + 17}" text-anchor="middle">{duration(10.0**power)}</text>'
        )
    parts.append(f'<line class="axis" x1="{left}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    parts.append(
        f'<text class="label" x="{WIDTH - RIGHT}" y="{base + 34}" text-anchor="end">time, logarithmic</text>'
    )
    for i, (stage, r) in enumerate(rows):
        y = TOP + bar * i + bar / 2
        parts.append(
            f'<text class="stage" x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(stage)}</text>'
        )
        parts.append(_band(at(r["min"]), at(r["p999"]), y, 5, "band"))
        parts.append(_band(at(r["p50"]), at(r["p90"]), y, 9, "core"))
        parts.append(
            f'<line class="p50" x1="{at(r["p50"]):.1f}" x2="{at(r["p50"]):.1f}" y1="{y - 11}" y2="{y + 11}"/>'
        )
        parts.append(
            f'<line class="p99" x1="{at(r["p99"]):.1f}" x2="{at(r["p99"]):.1f}" y1="{y - 8}" y2="{y + 8}"/>'
        )
        parts.append(f'<circle class="max" cx="{at(r["max"]):.1f}" cy="{y}" r="3.2"/>')
    return "\n".join([*parts, "</svg>"])


def duration(ns: float) -> str:
    """A time in ns with the unit that suits it."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            value = ns / size
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{ns:.0f} ns"


def _band(x0: float, x1: float, y: float, half: float, css: str) -> str:
    width = max(1.5, x1 - x0)
    return f'<rect class="{css}" x="{x0:.1f}" y="{y - half:.1f}" width="{width:.1f}" height="{2 * half}" rx="2"/>'


def _span(arrays: Sequence[Floats], pad: float = 0.0, zero: bool = False) -> tuple[float, float]:
    """The range of all finite values, widened by `pad` and never empty."""
    finite = [a[np.isfinite(a)] for a in arrays]
    values = np.concatenate([a for a in finite if a.size] or [np.zeros(1)])
    low, high = float(values.min()), float(values.max())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= abs(high) * 1e-12:
        slack = abs(high) * 0.01 or 1.0
        low, high = low - slack, high + slack
    margin = (high - low) * pad
    return low - margin, high + margin


def _line(plot: _Frame, series: Series) -> str:
    keep = np.isfinite(series.x) & np.isfinite(series.y)
    x, y = plot.x(series.x[keep]), plot.y(series.y[keep])
    if not x.size:
        return ""
    x, y = _thin_out(x, y)
    if series.step:
        x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
    # To the right edge: the last value still holds there.
    if series.step and x[-1] < LEFT + plot.plot_width:
        x, y = np.append(x, LEFT + plot.plot_width), np.append(y, y[-1])
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
    out = ""
    if series.fill:
        zero = float(np.clip(plot.y(np.zeros(1))[0], TOP, TOP + plot.plot_height))
        out = (
            f'<path class="area" style="fill:{series.colour}" '
            f'd="{path}L{x[-1]:.1f} {zero:.1f}L{x[0]:.1f} {zero:.1f}Z"/>'
        )
    css = "line thin" if series.thin else "line"
    return out + f'<path class="{css}" style="stroke:{series.colour}" d="{path}"/>'


def _thin_out(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Keeps the lowest and the highest point of each pixel column, in their order."""
    if x.size <= 2 * MAX_COLUMNS:
        return x, y
    column = np.floor(x).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    keep = np.concatenate(
        [
            np.unique([a, a + int(np.argmin(y[a:b])), a + int(np.argmax(y[a:b])), b - 1])
            for a, b in zip(starts, np.append(starts[1:], x.size), strict=True)
        ]
    )
    return x[keep], y[keep]


def _points(plot: _Frame, marks: Marks) -> str:
    x, y = plot.x(marks.x), plot.y(marks.y)
    shapes = {
        "up": "M{x:.1f} {t:.1f}l4.5 8h-9z",
        "down": "M{x:.1f} {b:.1f}l-4.5 -8h9z",
        "dot": "M{l:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
    }
    shape = shapes[marks.shape]
    path = "".join(shape.format(x=a, y=b, t=b - 2, b=b + 2, l=a - 3) for a, b in zip(x, y, strict=True))
    style = f"fill:none;stroke:{marks.colour}" if marks.hollow else f"fill:{marks.colour};stroke:var(--paper)"
    return f'<path class="marks" style="{style}" d="{path}"/>'
