"""The `nanotick` command: one module a verb group, loaded when its verb is used.

Data goes to stdout, everything else to stderr; `--json` prints exactly one object; the exit codes are those of
`nanotick.errors`.
"""

from __future__ import annotations

import os
import sys

from nanotick.errors import NanotickError

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words or os.environ.get("NANOTICK_DEBUG", "") not in ("", "0")
    words = [word for word in words if word != "--debug"]
    as_json = "--json" in words

    from nanotick.cli import output

    try:
        from nanotick.cli.app import run

        code = run(words)
        sys.stdout.flush()
    except NanotickError as error:
        return output.failure(error, as_json=as_json, debug=debug)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): not our failure. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is, people get a sentence and a code
        return output.unexpected(error, as_json=as_json, debug=debug)
    return code
