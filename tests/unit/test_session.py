"""What stands around the engine: instruments, the live request, order-id epochs, the run's directory, the ledger."""

from __future__ import annotations

import copy
import json
import multiprocessing
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanotick.errors import ConfigError, DataError, NanotickError, RefusedError, VenueError
from nanotick.session.config import Config, LimitsConfig, SymbolLimits, VenueConfig
from nanotick.session.demo import verdict
from nanotick.session.follow import Totals
from nanotick.session.instruments import from_binance, from_bybit
from nanotick.session.live import Link, live_request, next_epoch
from nanotick.session.reconcile import differences, from_fills, from_ledger
from nanotick.session.rundir import RunDir
from nanotick.session.sample import sample_files
from nanotick.session.venue_process import VenueProcess

PYTHON = sys.executable
BYBIT = {
    "retCode": 0,
    "result": {
        "list": [
            {
                "symbol": "BTCUSDT",
                "status": "Trading",
                "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.85", "tickSize": "0.10"},
                "lotSizeFilter": {
                    "minOrderQty": "0.001", "maxOrderQty": "1190.0", "qtyStep": "0.001", "minNotionalValue": "5",
                },
            },
            {"symbol": "OLDUSDT", "status": "Closed", "priceFilter": {}, "lotSizeFilter": {}},
        ]
    },
}  # fmt: skip
BINANCE = {
    "symbols": [
        {
            "symbol": "BTCUSDT",
            "status": "TRADING",
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": "556.80",
                    "maxPrice": "4529764",
                    "tickSize": "0.10",
                },
                {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
                {"filterType": "MIN_NOTIONAL", "notional": "100"},
            ],
        }
    ]
}


def test_filters_are_plain_decimals_on_the_grid() -> None:
    assert from_bybit(BYBIT, ["BTCUSDT"])["BTCUSDT"] == {
        "tick": "0.10",
        "min_px": "0.10",
        "max_px": "1999999.80",
        "lot": "0.001",
        "min_qty": "0.001",
        "max_qty": "1190.000",
        "min_notional": "5",
    }
    assert from_binance(BINANCE, ["BTCUSDT"])["BTCUSDT"]["min_notional"] == "100"


def edited(body: Any, path: list[Any], value: Any) -> Any:
    body = copy.deepcopy(body)
    node = body
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return body


@pytest.mark.parametrize(
    ("body", "symbol", "error", "words"),
    [
        (BYBIT, "BTCUSD", ConfigError, "lists no 'BTCUSD'"),
        (BYBIT, "OLDUSDT", VenueError, "its status is Closed"),
        ({"retCode": 10001, "retMsg": "no"}, "BTCUSDT", VenueError, "refused to list its instruments: no"),
        ([], "BTCUSDT", VenueError, "refused"),
        (edited(BYBIT, ["result"], None), "BTCUSDT", VenueError, "not as its protocol says"),
        (
            edited(BYBIT, ["result", "list", 0, "priceFilter"], {}),
            "BTCUSDT",
            VenueError,
            "not as its protocol",
        ),
        (
            edited(BYBIT, ["result", "list", 0, "priceFilter", "tickSize"], "0"),
            "BTCUSDT",
            VenueError,
            "not as",
        ),
        (
            edited(BYBIT, ["result", "list", 0, "priceFilter", "tickSize"], "x"),
            "BTCUSDT",
            VenueError,
            "not as",
        ),
        (
            edited(BYBIT, ["result", "list", 0, "priceFilter", "maxPrice"], None),
            "BTCUSDT",
            VenueError,
            "not as",
        ),
    ],
)
def test_what_is_no_list_of_instruments_is_refused(
    body: Any, symbol: str, error: type[NanotickError], words: str
) -> None:
    with pytest.raises(error) as caught:
        from_bybit(body, [symbol])
    assert words in caught.value.message


LINK = Link(
    {"public": "ws://h:1/v5/public/linear", "private": "ws://h:1/v5/private", "rest": "http://h:1"}, "k", "s"
)


class Bare:
    """A strategy without signals or parameters."""


def request(config: Config) -> dict[str, Any]:
    filters = from_bybit(BYBIT, ["BTCUSDT"])
    return live_request(config, LINK, filters, Bare(), epoch=3, duration_s=1.5, start_cash="1000")


def with_limits(**limits: Any) -> Config:
    return Config(venue=VenueConfig(symbols=["BTCUSDT"]), limits=LimitsConfig(**limits))


def test_the_request_carries_limits_in_plain_decimals() -> None:
    made = request(with_limits(symbols={"BTCUSDT": SymbolLimits(0.0159, 1e3)}, max_order_notional=1e7))
    instrument = made["session"]["instruments"][0]
    assert instrument["limits"]["max_order_qty"] == "0.015"
    assert instrument["limits"]["max_position"] == "1000.000"
    assert instrument["limits"]["max_order_notional"] == "10000000"
    assert made["live"]["public_url"] == "ws://h:1"
    assert made["live"]["trade_url"] == "ws://h:1"
    json.dumps(made, allow_nan=False)


def test_nothing_is_traded_without_limits() -> None:
    with pytest.raises(RefusedError, match=r"limits\.symbols\.BTCUSDT is missing"):
        request(with_limits(symbols={}))
    with pytest.raises(ConfigError, match="less than one lot"):
        request(with_limits(symbols={"BTCUSDT": SymbolLimits(0.0001, 1.0)}))


def take_epochs(base: str, count: int) -> list[int]:
    return [next_epoch(Path(base)) for _ in range(count)]


def test_no_two_sessions_get_one_epoch(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        taken = pool.starmap(take_epochs, [(str(tmp_path / "runs"), 25)] * 4)
    assert sorted(epoch for some in taken for epoch in some) == list(range(1, 101))
    assert all(some == sorted(some) for some in taken)


def test_a_run_gets_a_directory_of_its_own_without_secrets(tmp_path: Path) -> None:
    config = Config(venue=VenueConfig(key="the-key", secret="the-secret"))
    runs = [RunDir.create(tmp_path, "demo", config) for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    text = (runs[0].path / "config.toml").read_text(encoding="utf-8")
    assert "the-" not in text
    assert msgspec.convert(tomllib.loads(text), Config).venue.secret == "<redacted>"
    runs[0].log("venue", speed=3.0)
    line = json.loads((runs[0].path / "log.jsonl").read_text(encoding="utf-8"))
    assert (line["event"], line["speed"]) == ("venue", 3.0)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"run\.dir"):
        RunDir.create(tmp_path / "file", "demo", config)


INSTRUMENTS = [
    {"symbol": "BTCUSDT", "tick": "0.10", "lot": "0.001"},
    {"symbol": "ETHUSDT", "tick": "0.01", "lot": "0.001"},
]
fill_strategy = st.fixed_dictionaries(
    {
        "client": st.integers(1, 2**60),
        "instrument": st.integers(0, 1),
        "side": st.integers(1, 2),
        "px": st.integers(1, 10**8),
        "qty": st.integers(1, 10**7),
        "fee": st.integers(-(10**15), 10**15),
    }
)


def ledger_of(fills: list[dict[str, int]]) -> dict[str, Any]:
    """A venue's ledger of the same fills, its own way: padded text, sums of integers."""
    unit = 10**12
    rows, positions, cash, fees = [], {"BTCUSDT": 0, "ETHUSDT": 0}, 1000 * unit, 0
    for fill in fills:
        symbol = INSTRUMENTS[fill["instrument"]]["symbol"]
        decimals = 1 if fill["instrument"] == 0 else 2
        sign = 1 if fill["side"] == 1 else -1
        cash -= sign * fill["px"] * fill["qty"] * 10 ** (12 - 3 - decimals) + fill["fee"]
        fees += fill["fee"]
        positions[symbol] += sign * fill["qty"]
        rows.append(
            {
                "client_id": f"nt1-{fill['client']}",
                "symbol": symbol,
                "side": "buy" if sign > 0 else "sell",
                "px": f"{Decimal(fill['px']).scaleb(-decimals):.4f}",
                "qty": f"{Decimal(fill['qty']).scaleb(-3):.6f}",
                "fee": f"{Decimal(fill['fee']).scaleb(-12):.12f}",
            }
        )
    return {
        "positions": {symbol: {"qty": str(Decimal(lots).scaleb(-3))} for symbol, lots in positions.items()},
        "cash": str(Decimal(cash).scaleb(-12)),
        "fees": str(Decimal(fees).scaleb(-12)),
        "fills": rows,
    }


@given(st.lists(fill_strategy, max_size=20), st.data())
@settings(max_examples=100)
def test_equal_books_are_equal_and_any_lost_fill_shows(
    fills: list[dict[str, int]], data: st.DataObject
) -> None:
    ours = from_fills(fills, INSTRUMENTS, "1000", lambda client: f"nt1-{client}")
    assert differences(ours, from_ledger(ledger_of(fills))) == []
    if fills:
        lost = data.draw(st.integers(0, len(fills) - 1))
        found = differences(ours, from_ledger(ledger_of(fills[:lost] + fills[lost + 1 :])))
        assert any("the venue does not know 1 of" in sentence for sentence in found)
        assert any("position in" in sentence for sentence in found)
        found = differences(
            from_fills([*fills, fills[lost]], INSTRUMENTS, "1000", lambda c: f"nt1-{c}"), ours
        )
        assert any("the venue does not know 1 of" in sentence for sentence in found), "a fill booked twice"


def test_a_unit_of_a_fee_is_enough_to_differ() -> None:
    fill = {"client": 1, "instrument": 0, "side": 1, "px": 570_000, "qty": 10, "fee": 114_000_000_000}
    ours = from_fills([fill], INSTRUMENTS, "1000", str)
    off = from_fills([fill | {"fee": fill["fee"] + 1}], INSTRUMENTS, "1000", str)
    assert [sentence.split(":")[0] for sentence in differences(ours, off)] == [
        "cash",
        "fees",
        "the venue does not know 1 of the other side's fills",
        "we do not know 1 of the other side's fills",
    ]


def test_the_status_line_counts_by_kind() -> None:
    totals = Totals()
    for kind in (200, 1, 1, 2, 100, 5, 202, 207):
        totals.add(kind)
    assert (totals.events, totals.orders, totals.fills, totals.denied, totals.ended) == (4, 1, 1, 1, False)
    totals.add(201)
    assert totals.ended
    assert "4 events" in totals.line(3.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        (
            {"reconciled": False, "differences": ["cash: ours is 1, the venue's 2"]},
            "not reconciled with the venue: cash",
        ),
        (
            {"halted": "on_book raised ValueError"},
            "the strategy was halted and its orders cancelled: on_book raised",
        ),
        ({"replay": {"verified": False, "first_difference": {"seq": 7}}}, "other commands"),
    ],
)
def test_a_demo_that_does_not_hold_fails(change: dict[str, Any], words: str | None) -> None:
    fine = {
        "halted": None,
        "reconciled": True,
        "differences": [],
        "replay": {"verified": True},
        "report": "r",
        "run_dir": "d",
    }
    wrong = verdict(fine | change)
    assert (wrong is None) == (words is None)
    if wrong is not None and words is not None:
        assert wrong.exit_code == (6 if "halted" in change else 1)
        assert words in wrong.message


def test_the_sample_is_there() -> None:
    assert [path.stat().st_size > 800_000 for path in sample_files()] == [True, True]


def venue_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> VenueProcess:
    """A child process that does something else than serving."""
    body, script = tmp_path / "program.py", tmp_path / "python"
    body.write_text(f"import json, os, sys, time\n{program}\n", encoding="utf-8")
    script.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{body}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    return VenueProcess(["--speed=3"], key="k", secret="hush-hush", log=tmp_path / "venue.log")


def test_a_venue_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = 'print("error: port 80 is taken\\nhint: choose another", file=sys.stderr); sys.exit(5)'
    with pytest.raises(VenueError) as caught, venue_that(tmp_path, monkeypatch, failing):
        pass
    assert caught.value.message == "venue server: port 80 is taken"
    assert caught.value.hint == "choose another"
    damaged = 'print("error: line 3 is damaged", file=sys.stderr); sys.exit(4)'
    with pytest.raises(DataError), venue_that(tmp_path, monkeypatch, damaged):
        pass
    with pytest.raises(VenueError, match="exit code 9"), venue_that(tmp_path, monkeypatch, "os._exit(9)"):
        pass
    babble = 'print("hello"); sys.stdout.flush(); time.sleep(60)'
    with (
        pytest.raises(VenueError, match="where its addresses should be"),
        venue_that(tmp_path, monkeypatch, babble),
    ):
        pass


def test_the_secret_is_in_no_argument_and_the_child_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "facts = {'arguments': sys.argv, 'secret': os.environ['NANOTICK_VENUE__SECRET'], 'pid': os.getpid()}\n"
        "print(json.dumps(facts))\n"
        "sys.stdout.flush(); time.sleep(60)"
    )
    with venue_that(tmp_path, monkeypatch, program) as venue:
        ready = dict(venue.ready)
        assert Path(f"/proc/{ready['pid']}").exists()
    assert "hush" not in str(ready["arguments"])
    assert ready["secret"] == "hush-hush"
    assert not Path(f"/proc/{ready['pid']}").exists()
