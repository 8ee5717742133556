"""The command line: every command thin and imported only when it is called.

Errors are one line on standard error. Exit codes: 0 done, 1 a plan failed its checks or a wish
cannot be met, 2 the input or the installation cannot be used, 130 stopped by Ctrl-C, 143 by
SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Any

import typer
from pydantic import ValidationError
from shapely.errors import GEOSException
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from gridsvc.console import fail
from gridsvc.errors import BadInput, GridsvcError, Unavailable

#: Commands in the order of the help, and where each is; a group where it is a Typer.
COMMANDS = {
    "run": "gridsvc.commands.run:run",
    "prepare": "gridsvc.commands.prepare:prepare",
    "split": "gridsvc.commands.split:split",
    "load": "gridsvc.commands.load:load",
    "plan": "gridsvc.commands.plan:plan",
    "map": "gridsvc.commands.coverage_map:coverage_map",
    "brief": "gridsvc.commands.brief:brief",
    "demo": "gridsvc.commands.demo:demo",
    "backup": "gridsvc.backup.commands:backup",
    "restore": "gridsvc.backup.commands:restore",
    "retention": "gridsvc.commands.retention:retention",
    "devices": "gridsvc.commands.devices:app",
    "audit": "gridsvc.commands.audit:app",
    "keys": "gridsvc.commands.keys:app",
    "db": "gridsvc.commands.db:app",
}


class Commands(TyperGroup):
    """The commands of `COMMANDS`, each imported when it is called or its help is shown."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's signature
        """A command by its name, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            single.command(cmd_name)(found)
            return typer.main.get_command(single)
        group = typer.main.get_command(found)
        group.name = cmd_name
        return group


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def gridsvc() -> None:
    """Plan grids, assign events, map coverage.

    A first look: `gridsvc run --demo`. From files to cells without a database:
    `gridsvc prepare`, then `gridsvc split`. Into the service: `gridsvc load`,
    `gridsvc plan --publish`, `gridsvc map`.

    Settings are environment variables with the prefix GRIDSVC_; without GRIDSVC_DATABASE_URL a
    private PostGIS is started and stopped by itself.
    """


def main() -> None:
    """Run the command line; every expected failure is one line and an exit code."""
    # An ordinary end instead of sudden death: the private cluster is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except GridsvcError as failure:
        fail(failure.detail, failure.exit_code)
    except ValidationError as failure:
        wrong = "; ".join(
            f"GRIDSVC_{str(error['loc'][0]).upper()}: {error['msg']}" for error in failure.errors()
        )
        fail(f"a setting cannot be used: {wrong}", BadInput.exit_code)
    except GEOSException as failure:
        fail(f"a geometry cannot be computed with, repair the layers: {failure}", 2)
    except (SQLAlchemyError, OSError) as failure:
        reason = str(getattr(failure, "orig", failure)).splitlines()[0]
        fail(f"the database cannot be used: {reason}", Unavailable.exit_code)
