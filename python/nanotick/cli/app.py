"""The table of verbs, and the group that loads a verb's module only when it is used."""

from __future__ import annotations

import difflib
import importlib
import re
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nanotick.errors import UsageError

__all__ = ["VERBS", "app", "run"]

#: Each verb (or verb group) and the module whose `app` it is.
VERBS = {
    "demo": "nanotick.cli.demo",
    "venue": "nanotick.cli.venue",
    "book": "nanotick.cli.book",
    "journal": "nanotick.cli.journal",
    "replay": "nanotick.cli.replay",
    "report": "nanotick.cli.report",
    "formulas": "nanotick.cli.formulas",
    "bench": "nanotick.cli.bench",
    "config": "nanotick.cli.config",
    "help": "nanotick.cli.help",
    "version": "nanotick.cli.version",
}


class LazyGroup(TyperGroup):
    """A group whose commands are imported by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a verb, or None if there is no such verb."""
        module = VERBS.get(cmd_name)
        if module is None:
            return None
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyGroup,
    name="nanotick",
    help="A low-latency crypto trading system. Data to stdout, logs to stderr.",
    epilog="Exit codes: nanotick help exit-codes. Any command takes --debug for a traceback.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback with an error.")] = False,
) -> None:
    """A low-latency crypto trading system. Data to stdout, logs to stderr."""
    if version:
        from nanotick.cli.version import version_line

        typer.echo(version_line())
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def run(words: list[str]) -> int:
    """Parses the words and runs the command; wrong usage becomes a `UsageError` that names the nearest option."""
    try:
        code = typer.main.get_command(app).main(args=words, prog_name="nanotick", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort as abort:
        raise KeyboardInterrupt from abort
    except typer.TyperException as error:
        raise _usage(error) from error
    return code if isinstance(code, int) else 0


def _usage(error: typer.TyperException) -> UsageError:
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "nanotick"
    message = error.format_message().rstrip(".")
    hint = f"`{path} --help` shows what it takes"
    option = getattr(error, "option_name", None)
    if option is not None and context is not None:
        known = [name for p in context.command.params for name in (*p.opts, *p.secondary_opts)]
        near = difflib.get_close_matches(option, [name for name in known if name.startswith("-")], n=1)
        message = f"`{path}` has no option {option}" if message.startswith("No such option") else message
        hint = f"did you mean {near[0]}?" if near else hint
    elif (match := re.match("No such command '([^']*)'", message)) and context is not None:
        near = difflib.get_close_matches(match[1], context.command.list_commands(context), n=1, cutoff=0.5)
        message = match[0]
        hint = f"did you mean `{path} {near[0]}`?" if near else hint
    return UsageError(message[:1].lower() + message[1:], hint)
