"""The report: figures against sums by hand, charts that hold their scale, a page that needs nothing but itself."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixture import DTYPES, lively, run_of

from nanotick.report.charts import Chart, Marks, Series, duration, nice_ticks, percentile_bars
from nanotick.report.statistics import curves, figures, latency, max_drawdown
from nanotick.report.write import report_on, summarise

SECOND = 1_000_000_000


def equity(*rows: tuple[float, float, int]) -> np.ndarray:
    """Account records: seconds, mid price, instrument."""
    return np.array([(int(t * SECOND), mid, i) for t, mid, i in rows], np.dtype(DTYPES["equity"]))


def fills(*rows: tuple[float, int, int, int, int, int, bool]) -> np.ndarray:
    """Fills: seconds, side, ticks, lots, fee in 10^-12, instrument, maker."""
    table = np.zeros(len(rows), np.dtype(DTYPES["fill"]))
    for at, (t, side, px, qty, fee, instrument, maker) in enumerate(rows):
        table[at] = (int(t * SECOND), at + 1, px, qty, fee, f"e{at}", instrument, side, maker)
    return table


def test_a_round_trip_by_hand(tmp_path: Path) -> None:
    """Buys 0.010 at 57000.0, sells 0.004 at 57010.0, fee 0.05 then a rebate of 0.02; the mid ends at 57020."""
    run = run_of(
        tmp_path,
        equity=equity((0, 57_000.0, 0), (1, 57_005.0, 0), (2, 57_020.0, 0)),
        fill=fills(
            (0.5, 1, 570_000, 10, 50_000_000_000, 0, False), (1.5, 2, 570_100, 4, -20_000_000_000, 0, True)
        ),
    )
    lines = curves(run)
    np.testing.assert_allclose(
        lines.net_pnl, [0.0, 0.01 * 5 - 0.05, 0.01 * 20 - 0.004 * 10 - 0.03], atol=1e-9
    )
    found = figures(run, lines)
    assert found["fills"] == 2
    assert found["maker_share"] == 0.5
    assert found["net_pnl"] == pytest.approx(0.13)
    assert found["fees_paid"] == pytest.approx(0.03)
    assert found["gross_pnl"] == pytest.approx(0.16)
    assert found["turnover"] == pytest.approx(570.0 + 228.04)
    btc, eth = found["instruments"]
    assert (btc["bought"], btc["sold"], btc["position"], btc["max_position"]) == pytest.approx(
        (0.01, 0.004, 0.006, 0.01)
    )
    assert (btc["mid_first"], btc["mid_last"]) == (57_000.0, 57_020.0)
    assert (eth["fills"], eth["net_pnl"], eth["mid_last"]) == (0, 0.0, None)


sides = st.sampled_from([1, 2])
trade = st.tuples(
    sides, st.integers(1, 10**6), st.integers(1, 10**4), st.integers(-(10**12), 10**12), st.integers(0, 1)
)


@given(st.lists(trade, min_size=1, max_size=30), st.integers(1, 10**6), st.integers(1, 10**6))
@settings(max_examples=80)
def test_profit_equals_the_exact_sum(
    trades: list[tuple[int, int, int, int, int]], mid0: int, mid1: int
) -> None:
    """Fractions instead of floats, one fill after another instead of columns."""
    table = fills(
        *((i + 1, side, px, qty, fee, inst, True) for i, (side, px, qty, fee, inst) in enumerate(trades))
    )
    units = [(Fraction(1, 10), Fraction(1, 1000)), (Fraction(1, 100), Fraction(1, 100))]
    mids = [mid0 * units[0][0], mid1 * units[1][0]]
    end = len(trades) + 1
    run = run_of(
        Path(),
        fill=table,
        equity=equity((0, float(mids[0]), 0), (end, float(mids[0]), 0), (end, float(mids[1]), 1)),
    )
    profit = Fraction(0)
    for side, px, qty, fee, inst in trades:
        tick, lot = units[inst]
        sign = 1 if side == 1 else -1
        profit += sign * qty * lot * (mids[inst] - px * tick) - Fraction(fee, 10**12)
    lines = curves(run)
    assert lines.net_pnl[-1] == pytest.approx(float(profit), rel=1e-9, abs=1e-6)
    assert figures(run, lines)["net_pnl"] == lines.net_pnl[-1]


@given(st.lists(st.floats(-1e6, 1e6), max_size=40))
def test_drawdown_is_the_worst_of_all_pairs(values: list[float]) -> None:
    path = [0.0, *values]
    worst = max(path[i] - path[j] for i in range(len(path)) for j in range(i, len(path)))
    assert max_drawdown(np.array(values)) == pytest.approx(worst)


def test_a_run_without_anything_still_reports(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    run.end = None
    found = report_on(run)
    assert found["net_pnl"] == 0.0
    assert found["maker_share"] is None
    assert any("did not end in good order" in text for text in found["warnings"])
    assert any("not one fill" in text for text in found["warnings"])
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_a_nan_mid_reaches_no_figure(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        equity=equity((0, np.nan, 0), (2, 57_000.0, 0)),
        fill=fills((1, 1, 570_000, 10, 0, 0, True)),
    )
    report_on(run)
    json.loads(
        (tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(word)
    )


def test_latency_keeps_the_last_record_of_a_stage_in_the_order_of_the_path(tmp_path: Path) -> None:
    rows = [
        (b"send", 5, 1, 2, 3, 4, 5, 6),
        (b"decode", 1, 1, 1, 1, 1, 1, 1),
        (b"decode", 9, 2, 3, 4, 5, 6, 7),
    ]
    rows += [(b"idle", 0, 0, 0, 0, 0, 0, 0)]
    found = latency(run_of(tmp_path, latency=np.array(rows, np.dtype(DTYPES["latency"]))))
    assert list(found) == ["decode", "send"]
    assert found["decode"] == {"min": 2, "p50": 3, "p90": 4, "p99": 5, "p999": 6, "max": 7, "count": 9}


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ([{"event": "reconciled", "ok": False}], "differ"),
        ([{"event": "replayed", "verified": False}], "other commands"),
        ([{"event": "reconciled", "ok": False}, {"event": "reconciled", "ok": True}], None),
    ],
)
def test_what_did_not_hold_is_said_first(
    tmp_path: Path, log: list[dict[str, object]], words: str | None
) -> None:
    run = lively(tmp_path)
    run.log = log
    found = summarise(run)["warnings"]
    if words is None:
        assert "evidence" in found[0]
    else:
        assert words in found[0]


def test_report_json_holds_the_same_figures_as_the_page(tmp_path: Path) -> None:
    found = report_on(lively(tmp_path))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == found
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"{found['net_pnl']:,.4f}".replace("-", "−") in page
    assert f"{found['fees_paid']:,.4f}" in page


class Strict(HTMLParser):
    """Fails on a tag that is not closed in order."""

    VOID = frozenset({"meta", "br", "img", "hr", "input", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(tmp_path: Path) -> None:
    run = lively(tmp_path)
    run.start["session"]["strategy"]["name"] = "<script>alert(1)</script>"
    report_on(run)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    parser = Strict()
    parser.feed(page)
    assert parser.open == []
    assert "<script" not in page
    assert set(re.findall(r"https?://[^\s\"<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<link|@import|url\(|src=", page)
    for number, svg in enumerate(re.findall(r"<svg.*?</svg>", page, flags=re.S)):
        assert "nan" not in svg, f"chart {number}"
        ET.fromstring(svg)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(3, 12))
def test_ticks_are_round_in_order_and_tell_apart(low: float, width: float, wanted: int) -> None:
    if width < abs(low) * 1e-9:
        return
    ticks, decimals = nice_ticks(low, low + width, wanted)
    assert 1 <= len(ticks) <= wanted + 1
    slack = width * 1e-6
    assert all(low - slack <= tick <= low + width + slack for tick in ticks)
    labels = [f"{tick:,.{decimals}f}" for tick in ticks]
    assert len(set(labels)) == len(labels)


def test_a_long_line_keeps_its_peaks() -> None:
    x = np.linspace(0, 90, 100_000)
    y = np.zeros(x.size)
    y[54_321], y[12_345] = 100.0, -50.0
    svg = Chart("t", "y", [Series("s", x, y)]).svg()
    heights = [float(v) for v in re.findall(r"[ML]\S+ (\S+?)(?=[LM\"])", svg.split('class="line"')[1])]
    assert len(heights) < 4_000
    assert max(heights) - min(heights) > 150


def test_one_value_and_equal_values_have_a_scale() -> None:
    one = np.array([1.0])
    for y in (one * 0, one * 57_000):
        svg = Chart("t", "y", [Series("s", one, y, step=True)], [Marks("m", one, y, shape="up")]).svg()
        ET.fromstring(svg)
        assert "nan" not in svg
    row = dict.fromkeys(("min", "p50", "p90", "p99", "p999", "max"), 10.0)
    ET.fromstring(percentile_bars([("a < b", row)], "t"))


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (12.4, "12 ns"),
        (999, "999 ns"),
        (1_150, "1.15 µs"),
        (210_000, "210 µs"),
        (3e6, "3 ms"),
        (2e9, "2 s"),
    ],
)
def test_durations_are_short(ns: float, text: str) -> None:
    assert duration(ns) == text
