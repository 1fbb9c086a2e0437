"""The formula library from Python: faces, arrays, pipelines, states, errors, the catalogue and its proofs."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nanotick as nt
from nanotick.errors import ConfigError, NanotickError, UsageError
from nanotick.formulas import proving
from nanotick.formulas.catalogue import evaluate
from nanotick.formulas.verification import verify

ROOT = Path(__file__).resolve().parents[2]
F = nt.formulas
ROWS = F.catalogue()
DONE = [key for key, row in ROWS.items() if row["status"] != "planned"]
STREAMING = [key for key in DONE if ROWS[key]["status"] == "streaming"]
PRICES = 100.0 + np.random.default_rng(7).normal(size=300).cumsum()


def test_every_formula_of_tiers_1_and_2_is_there_and_nothing_else_is_claimed() -> None:
    missing = [key for key, row in ROWS.items() if row["tier"] < 3 and row["status"] == "planned"]
    assert not missing
    assert len(ROWS) == 595
    assert [row["id"] for row in ROWS.values()] == list(range(1, 596))


def test_none_is_unproven() -> None:
    """The stored oracle values are recomputed here, on this machine."""
    proofs = verify()
    assert {proof.key for proof in proofs} == set(DONE)
    assert not [(proof.key, proof.failure) for proof in proofs if proof.failure]
    assert not [proof.key for proof in proofs if proof.status == "unproven" or proof.skipped]


def test_a_base_install_checks_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    rsi, kelly = verify(["rsi", "kelly_empirical"])
    assert (rsi.failure, rsi.skipped) == ("", "")
    assert (kelly.failure, kelly.skipped) == ("", "this formula needs scipy, which is not installed")
    with pytest.raises(ConfigError, match="needs scipy") as caught:
        F.kelly_empirical(10).batch(np.linspace(-0.1, 0.2, 20))
    assert "nanotick[stats]" in (caught.value.hint or "")


def test_a_proof_can_fail() -> None:
    case = next(case for case in proving.read("trend") if case.key == "sma")
    spoilt = copy.deepcopy(case)
    spoilt.expected["sma"][-1] *= 1.0 + 1e-6

    def right(key: str, params: Any, inputs: list[Any]) -> dict[str, Any]:
        return {"sma": F.get(key)(**params).batch(*inputs)}

    assert proving.check(case, right)[1] == ""
    assert "the oracle's" in proving.check(spoilt, right)[1]
    spoilt.expected["sma"][-1] = np.nan
    assert "NaN" in proving.check(spoilt, right)[1]


@pytest.mark.parametrize("key", STREAMING)
def test_update_is_batch_one_by_one(key: str) -> None:
    """On the inputs of its first proof, through the Python face."""
    case = first_case(key)
    formula = F.get(key)(**case.params)
    rows = min(len(case.inputs[0]), formula.warmup + 40, 2000)
    inputs = [array[:rows] for array in case.inputs]
    whole = formula.batch(*inputs)
    columns = whole if len(formula.outputs) > 1 else [whole]
    for row in range(rows):
        one = formula.update(*(array[row] for array in inputs))
        values = one if len(formula.outputs) > 1 else [one]
        for name, column, value in zip(formula.outputs, columns, values, strict=True):
            np.testing.assert_array_equal(value, column[row], err_msg=f"{name}[{row}]")


def first_case(key: str) -> proving.Case:
    """Of the proofs of a formula."""
    if not _CASES:
        for category in proving.stored():
            for case in proving.read(category):
                _CASES.setdefault(case.key, case)
    return _CASES[key]


_CASES: dict[str, proving.Case] = {}


@pytest.mark.parametrize("key", DONE)
def test_each_has_a_signature_and_a_documentation(key: str) -> None:
    made = getattr(F, key)
    assert getattr(nt, key) is made
    names = [param["name"] for param in ROWS[key]["params"]]
    assert list(inspect.signature(made).parameters) == names
    assert ROWS[key]["definition"] in made.__doc__
    assert ROWS[key]["citation"] in made.__doc__
    formula = made()
    assert formula.warmup == evaluate(ROWS[key]["warmup"], formula.params)
    assert formula.outputs == [name for name, _, _ in ROWS[key]["outputs"]]


def test_the_stub_has_every_formula() -> None:
    stub = (ROOT / "python" / "nanotick" / "formulas" / "__init__.pyi").read_text(encoding="utf-8")
    classes = set(re.findall(r"^class (\w+)\((?:Streaming|Estimator)\):", stub, re.MULTILINE))
    assert classes == set(DONE)
    assert sorted(F.__all__) == F.__all__
    assert set(F.__all__) >= set(DONE)


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_formulas.py"), "--check"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# Arrays.


def test_several_series_side_by_side_are_each_its_own() -> None:
    table = np.column_stack([PRICES, PRICES[::-1], PRICES * 2.0])
    for formula in (F.ema(5), F.macd(3, 8, 4)):
        together = formula.batch(table)
        outputs = together if isinstance(together, tuple) else [together]
        for k in range(3):
            alone = formula.batch(np.ascontiguousarray(table[:, k]))
            for a, b in zip(outputs, alone if isinstance(alone, tuple) else [alone], strict=True):
                np.testing.assert_array_equal(a[:, k], b)


def test_several_parameter_sets_at_once() -> None:
    formulas = [F.rsi(period) for period in range(2, 30)]
    for formula, values in zip(formulas, F.batch_many(formulas, PRICES), strict=True):
        np.testing.assert_array_equal(values, formula.batch(PRICES))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u2"])
def test_any_numbers_are_read(dtype: str) -> None:
    numbers = np.arange(1, 50).astype(dtype)
    np.testing.assert_array_equal(F.sma(3).batch(numbers), F.sma(3).batch(numbers.astype("f8")))
    np.testing.assert_array_equal(F.sma(3).batch(numbers[::-2]), F.sma(3).batch(list(numbers[::-2])))


def test_float64_is_read_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    from nanotick.formulas import arrays

    assert arrays.read("sma", [("price", False)], (PRICES,)).arrays[0] is PRICES
    series = pytest.importorskip("polars").Series(PRICES)
    assert np.shares_memory(arrays.read("sma", [("price", False)], (series,)).arrays[0], series.to_numpy())


def test_memory_that_is_used_again_is_nobody_elses() -> None:
    long = 100.0 + np.random.default_rng(3).normal(size=200_000).cumsum()
    first = F.ema(5).batch(long)
    kept = first.copy()
    for period in (6, 7):
        F.ema(period).batch(long)
    np.testing.assert_array_equal(first, kept)
    view = F.bollinger(20).batch(long).upper[1000:]
    wanted = view.copy()
    F.bollinger(10).batch(long)
    np.testing.assert_array_equal(view, wanted)
    np.testing.assert_array_equal(F.ema(5).batch(long), kept)


def test_frames_come_out_as_they_went_in() -> None:
    pl, pd, pa = (pytest.importorskip(name) for name in ("polars", "pandas", "pyarrow"))
    wanted = F.bollinger(5).batch(PRICES)
    series = F.bollinger(5).batch(pl.Series("close", PRICES))
    assert isinstance(series.upper, pl.Series)
    assert series.upper.name == "upper"
    index = pd.date_range("2024-01-01", periods=len(PRICES), freq="min")
    rows = F.bollinger(5).batch(pd.Series(PRICES, index=index))
    assert isinstance(rows.upper, pd.Series)
    assert (rows.upper.index == index).all()
    arrow = F.bollinger(5).batch(pa.array(PRICES))
    assert isinstance(arrow.upper, pa.Array)
    for made in (series.upper.to_numpy(), rows.upper.to_numpy(), arrow.upper.to_numpy()):
        np.testing.assert_array_equal(made, wanted.upper)


def test_polars_expressions() -> None:
    pl = pytest.importorskip("polars")
    import nanotick.polars as expressions

    frame = pl.DataFrame(
        {"symbol": ["a"] * 150 + ["b"] * 150, "high": PRICES + 1.0, "low": PRICES - 1.0, "close": PRICES}
    )
    one = frame.select(pl.col("close").nt.rsi(14))["close"].to_numpy()
    np.testing.assert_array_equal(one, F.rsi(14).batch(PRICES))
    groups = frame.select(pl.col("close").nt.rsi(14).over("symbol"))["close"].to_numpy()
    np.testing.assert_array_equal(groups[150:], F.rsi(14).batch(PRICES[150:]))
    lazy = (
        frame.lazy().with_columns(atr=pl.col("high").nt.atr(14, low="low", close=pl.col("close"))).collect()
    )
    np.testing.assert_array_equal(lazy["atr"], F.atr(14).batch(PRICES + 1.0, PRICES - 1.0, PRICES))
    bands = frame.select(expressions.expression(F.bollinger(20), "close").alias("bands"))["bands"]
    np.testing.assert_array_equal(bands.struct.field("lower"), F.bollinger(20).batch(PRICES).lower)
    with pytest.raises(ConfigError, match="needs the inputs low, close"):
        pl.col("high").nt.atr(14)


# Pipelines and states.


def test_a_pipeline_is_its_stages_one_after_the_other() -> None:
    smooth = F.rsi(14).of(F.ema(5))
    by_hand = F.ema(5).batch(PRICES)
    wanted = np.full(len(PRICES), np.nan)
    wanted[4:] = F.rsi(14).batch(by_hand[4:])
    np.testing.assert_array_equal(smooth.batch(PRICES), wanted)
    np.testing.assert_array_equal((F.ema(5) >> F.rsi(14)).batch(PRICES), wanted)
    streamed = [smooth.update(x) for x in PRICES]
    np.testing.assert_array_equal(streamed, wanted)
    assert smooth.warmup == 18
    picked = F.ema(3).of(F.bollinger(20), "pct_b")
    assert np.isfinite(picked.batch(PRICES)[-1])
    three = F.sma(3).of(F.rsi(14).of(F.ema(5)))
    np.testing.assert_array_equal(three.batch(PRICES)[20:], F.sma(3).batch(wanted[18:])[2:])


def test_impossible_pipelines_say_why() -> None:
    with pytest.raises(ConfigError, match="outputs of bollinger were picked"):
        F.ema(3).of(F.bollinger(20))
    with pytest.raises(ConfigError, match='has no output "top"; it has upper'):
        F.ema(3).of(F.bollinger(20), "top")
    with pytest.raises(ConfigError, match="fed already"):
        F.ema(3).of(F.sma(2)).of(F.sma(2))


@given(cut=st.integers(0, 299))
@settings(max_examples=20, deadline=None)
def test_a_saved_state_goes_on(cut: int) -> None:
    for made in (lambda: F.macd(3, 8, 4), lambda: F.rsi(5).of(F.ema(3))):
        first, second = made(), made()
        for x in PRICES[:cut]:
            first.update(x)
        second.load(first.save())
        revived = pickle.loads(pickle.dumps(first))
        for x in PRICES[cut:]:
            a = first.update(x)
            np.testing.assert_array_equal(a, second.update(x))
            np.testing.assert_array_equal(a, revived.update(x))


def test_a_foreign_state_is_refused() -> None:
    formula = F.ema(5)
    formula.update(1.0)
    for state in (F.ema(6).save(), F.sma(5).save(), b"", formula.save()[:-1]):
        with pytest.raises(ConfigError, match="state"):
            F.ema(5).load(state)


# What comes out, and errors.


def test_several_outputs_are_a_named_tuple() -> None:
    formula = F.macd(2, 3, 2)
    for x in (1.0, 2.0, 4.0, 3.0, 5.0):
        point = formula.update(x)
    macd, signal, hist = point
    assert (macd, signal, hist) == point
    assert point == tuple(point)
    assert hash(point) == hash(tuple(point))
    assert point.hist == point[2] == point[-1] == hist
    assert point._fields == ("macd", "signal", "hist")
    assert repr(point) == f"MacdOutputs(macd={macd!r}, signal={signal!r}, hist={hist!r})"
    match point:
        case [first, *_]:
            assert first == macd
        case _:
            pytest.fail("it is no sequence")
    with pytest.raises(AttributeError):
        point.macd = 1.0
    with pytest.raises(IndexError):
        point[3]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.rsi(0), ConfigError, "period is 0, allowed is a whole number from 2 up to 10000"),
        (lambda: F.rsi(2.5), ConfigError, "period is 2.5"),
        (lambda: F.rsi("fast"), ConfigError, "period is 'fast'"),
        (lambda: F.rsi(14, 3), ConfigError, "2 parameters given"),
        (lambda: F.rsi(perod=3), ConfigError, "no parameter 'perod'"),
        (lambda: F.rsi(14, period=3), ConfigError, "given twice"),
        (lambda: F.macd(30, 20), ConfigError, "fast is 30"),
        (lambda: F.get("rsy"), ConfigError, "no formula named 'rsy'"),
        (lambda: F.get("alma"), ConfigError, "planned"),
        (lambda: F.atr(14).batch(PRICES), UsageError, "takes 3 inputs"),
        (lambda: F.atr(14).batch(PRICES, PRICES[1:], PRICES), UsageError, "low has 299 rows"),
        (lambda: F.rsi(14).batch(["a", "b"]), UsageError, "cannot be read as numbers"),
        (lambda: F.rsi(14).batch(5.0), UsageError, "shape"),
        (lambda: F.hrp(20).batch(PRICES), UsageError, "has shape (300,)"),
        (lambda: F.hrp(20).update(1.0), UsageError, "whole arrays"),
        (lambda: F.ema(3).on(volume="mid"), ConfigError, "no input 'volume'"),
    ],
)
def test_errors_say_what_is_allowed(call: Any, error: type[NanotickError], words: str) -> None:
    with pytest.raises(error, match=re.escape(words)) as caught:
        call()
    assert caught.value.hint


def test_names_that_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="search"):
        _ = F.no_such_formula
    with pytest.raises(AttributeError, match="planned"):
        _ = F.alma
    assert "rsi" in dir(F)
    assert "alma" not in dir(F)


def test_search() -> None:
    assert F.search("relative strength")[0] == "rsi"
    assert set(F.search("volatility")) >= {"garman_klass", "parkinson", "yang_zhang"}
    assert F.search("no such words at all") == []


def test_wrong_inputs_of_an_update() -> None:
    with pytest.raises(TypeError, match="must be real number"):
        F.rsi(14).update("x")
    with pytest.raises(TypeError, match=r"atr takes 3 inputs \(high, low, close\), 2 given"):
        F.atr(14).update(1.0, 2.0)
    formula = F.rsi(2)
    values = [formula.update(x) for x in (1.0, np.nan, 2.0, np.inf, 3.0, 4.0)]
    assert np.isnan(values[:4]).all()
    assert values[-1] == 100.0


def test_the_correlation_matrix_of_symbols_that_tick_together() -> None:
    """Over returns of one grid it is the weighted sum of products, as NumPy has it."""
    draw = np.random.default_rng(11)
    returns = draw.normal(0.0, 0.01, (400, 3)) @ np.array(
        [[1.0, 0.6, -0.4], [0.0, 0.8, 0.1], [0.0, 0.0, 0.9]]
    )
    prices = 100.0 * np.exp(np.vstack([np.zeros(3), returns]).cumsum(axis=0))
    matrix = F.CorrelationMatrix(["a", "b", "c"], tau_s=50.0)
    for t_s, row in enumerate(prices):
        for symbol, price in zip("abc", row, strict=True):
            matrix.tick(symbol, float(t_s), price)
    weights = np.exp(-np.arange(len(returns))[::-1] / 50.0)
    sums = (returns * weights[:, None]).T @ returns
    wanted = sums / np.sqrt(np.outer(np.diag(sums), np.diag(sums)))
    np.testing.assert_allclose(matrix.matrix(), wanted, rtol=1e-9, atol=1e-9)
    assert matrix.correlation("a", "c") == matrix.matrix()[0, 2]
    with pytest.raises(ConfigError, match="'d' is not in the matrix"):
        matrix.correlation("a", "d")
    with pytest.raises(ConfigError, match="positive"):
        F.CorrelationMatrix(["a"], 0.0)
