"""Every error that nanotick raises, in one tree.

    NanotickError            exit code 1: the thing asked for failed or did not hold
    ├── UsageError           2: a command or a call was used wrongly
    ├── ConfigError          3: the configuration is wrong
    ├── DataError            4: a file or a recording is missing, damaged or of another format
    ├── VenueError           5: a venue or the network failed
    ├── RefusedError         6: refused for safety (a limit is missing, another instance runs, halted)
    │   └── RiskRefused      an order did not pass the risk check; `code` says which rule
    └── InvariantError       70: an invariant broke; a bug in nanotick

An error says what was wrong and where in `message`, and the way out in `hint`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

__all__ = [
    "ConfigError",
    "DataError",
    "InvariantError",
    "NanotickError",
    "RefusedError",
    "RiskRefused",
    "UsageError",
    "VenueError",
    "core_errors",
    "exit_codes",
    "from_code",
]


class NanotickError(Exception):
    """Base of all errors of nanotick.

    Attributes:
        message: what was wrong, where, and what is allowed, in one sentence.
        hint: what to do about it, or None.
        exit_code: what the `nanotick` command exits with.
    """

    exit_code: ClassVar[int] = 1
    meaning: ClassVar[str] = "the thing asked for failed or did not hold"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(NanotickError):
    """A command or a call was used wrongly."""

    exit_code = 2
    meaning = "wrong usage"


class ConfigError(NanotickError):
    """The configuration is wrong: a key, a value, or a file that cannot be read as TOML."""

    exit_code = 3
    meaning = "bad configuration"


class DataError(NanotickError):
    """A file or a recording is missing, damaged or of another format."""

    exit_code = 4
    meaning = "bad data"


class VenueError(NanotickError):
    """A venue or the network failed, or a port could not be had."""

    exit_code = 5
    meaning = "venue or network"


class RefusedError(NanotickError):
    """Refused for safety: a limit is missing, another instance runs, or trading is halted."""

    exit_code = 6
    meaning = "refused for safety (a limit is missing, another instance runs, halted)"


class RiskRefused(RefusedError):
    """An order did not pass the risk check.

    Attributes:
        code: the rule that refused it, for example `max_position`.
        limit: the limit, in the rule's own unit (ticks, lots, ns).
        value: what the order would have made of it.
    """

    def __init__(
        self, message: str, hint: str | None = None, *, code: str = "", limit: int = 0, value: int = 0
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.limit = limit
        self.value = value


class InvariantError(NanotickError):
    """An invariant broke. Orders are cancelled and the session is halted; please report it."""

    exit_code = 70
    meaning = "an invariant broke"


_BY_CODE: dict[int, type[NanotickError]] = {
    cls.exit_code: cls
    for cls in (
        NanotickError,
        UsageError,
        ConfigError,
        DataError,
        VenueError,
        RefusedError,
        InvariantError,
    )
}


def exit_codes() -> dict[int, str]:
    """Each exit code of the `nanotick` command with its meaning."""
    return {0: "done"} | {code: cls.meaning for code, cls in sorted(_BY_CODE.items())}


def from_code(code: int, message: str, hint: str | None = None) -> NanotickError:
    """The error of an exit code; a code that nobody gave a meaning becomes a plain `NanotickError`."""
    return _BY_CODE.get(code, NanotickError)(message, hint)


@contextmanager
def core_errors() -> Iterator[None]:
    """Raises what the native module raises as one of the errors above."""
    try:
        yield
    except NanotickError:
        raise
    except Exception as error:
        # Known by its name, so that the native module need not be loaded to ask.
        code = getattr(error, "code", None)
        if type(error).__name__ != "CoreError" or not isinstance(code, int):
            raise
        raise from_code(code, str(getattr(error, "message", error)), getattr(error, "hint", None)) from error
