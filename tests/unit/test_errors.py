"""The error tree, and how errors of the native module become ours."""

from __future__ import annotations

import pytest

from nanotick import errors


class CoreError(Exception):
    """Stands in for the native module's error, which is known by its name."""

    def __init__(self, code: int, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, errors.NanotickError),
        (2, errors.UsageError),
        (3, errors.ConfigError),
        (4, errors.DataError),
        (5, errors.VenueError),
        (6, errors.RefusedError),
        (70, errors.InvariantError),
    ],
)
def test_native_errors_become_ours(code: int, kind: type[errors.NanotickError]) -> None:
    with pytest.raises(kind) as caught, errors.core_errors():
        raise CoreError(code, "port 80 is taken", "choose another")
    assert type(caught.value) is kind
    assert (caught.value.exit_code, caught.value.message, caught.value.hint) == (
        code,
        "port 80 is taken",
        "choose another",
    )
    assert isinstance(caught.value.__cause__, CoreError)


def test_other_errors_pass_untouched() -> None:
    with pytest.raises(KeyError), errors.core_errors():
        raise KeyError("x")
    refused = errors.RiskRefused("too large", code="max_order_qty", limit=5, value=6)
    with pytest.raises(errors.RiskRefused) as caught, errors.core_errors():
        raise refused
    assert caught.value is refused
    assert isinstance(refused, errors.RefusedError)


def test_every_error_has_a_meaning_and_a_place_in_the_table() -> None:
    codes = errors.exit_codes()
    assert codes == {**codes, 0: "done", 70: "an invariant broke"}
    assert list(codes) == [0, 1, 2, 3, 4, 5, 6, 70]
    assert len(set(codes.values())) == len(codes)
    assert type(errors.from_code(99, "x")) is errors.NanotickError


def test_the_picture_in_the_docstring_names_every_class() -> None:
    assert errors.__doc__
    for name in errors.__all__:
        if isinstance(getattr(errors, name), type):
            assert name in errors.__doc__
