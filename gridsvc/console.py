"""What the command line shows: bars while it works, results, one line when it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from gridsvc.progress import Progress

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]

_errors = Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str, code: int) -> NoReturn:
    """Say what went wrong in one line on standard error, and end with an exit code."""
    _errors.print("gridsvc: " + " ".join(message.split()), markup=False)
    sys.exit(code)


@contextmanager
def bar() -> Iterator[Progress]:
    """Bar on standard error where somebody watches; silent in scripts."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=_errors, transient=True, disable=not _errors.is_terminal) as bars:
        task = bars.add_task("", total=1.0)
        yield lambda step, share: bars.update(task, description=step, completed=share)


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print a result, as JSON for programs or as indented lines for people."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for line in _lines(result):
        typer.echo(line)


def _lines(value: Any, indent: str = "") -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield f"{indent}{key}:"
            yield from _lines(inner, indent + "  ")
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            for item in inner:
                yield f"{indent}{key}: " + ", ".join(f"{k} {v}" for k, v in item.items())
        else:
            yield f"{indent}{key}: {inner}"
