"""Logs as JSON lines that hold no personal data and that no input can forge.

What may stand in a line is listed here; everything else is dropped. Of exceptions there is the
kind and the place, never the message: drivers quote the row that was refused. Of other
libraries' messages there is the first line before values are put into it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, TextIO

from asgi_correlation_id import CorrelationIdFilter
from pythonjsonlogger.json import JsonFormatter

_OURS = "gridsvc"
_NAMES = {
    "levelname": "level",
    "name": "logger",
    "correlation_id": "request_id",
    "exc_info": "failure",
}
#: Fields of a line, in this order.
FIELDS = (
    "time",
    "level",
    "logger",
    "request_id",
    "message",
    "method",
    "route",
    "status",
    "seconds",
    "assigned",
    "removed",
    "failure",
)
_INNERMOST_FRAMES = 6


class PlainFacts(JsonFormatter):
    """One JSON object a line, of the known fields only."""

    def __init__(self) -> None:
        super().__init__(["levelname", "name", "message"], timestamp="time", rename_fields=_NAMES)

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; what a library put into its message stays out."""
        told = copy(record)
        told.exc_text = None  # another handler may have kept the traceback with its values
        if record.name.partition(".")[0] != _OURS:
            told.msg, told.args = str(record.msg).partition("\n")[0], None
        return super().format(told)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Keep the known fields that have a value."""
        return {name: log_data[name] for name in FIELDS if log_data.get(name) is not None}

    def formatException(  # noqa: N802 - the name logging calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Kinds of a chain of exceptions and where they were raised, without their messages."""
        return " caused by ".join(_without_values(link) for link in _chain(ei[1]))


def configure(stream: TextIO | None = None) -> None:
    """Write logs as JSON lines to a stream, standard error if none is given.

    Other libraries are heard from warnings upwards: SQLAlchemy's notes hold rows.
    """
    logging.basicConfig(handlers=[line_handler(stream)], level=logging.WARNING, force=True)
    logging.getLogger(_OURS).setLevel(logging.INFO)


def line_handler(stream: TextIO | None = None) -> logging.Handler:
    """Handler that writes JSON lines, each with the id of the request it belongs to."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFacts())
    handler.addFilter(CorrelationIdFilter())
    return handler


def _chain(failure: BaseException | None) -> Iterator[BaseException]:
    while failure is not None:
        yield failure
        context = None if failure.__suppress_context__ else failure.__context__
        failure = failure.__cause__ or context


def _without_values(failure: BaseException) -> str:
    kind = f"{type(failure).__module__}.{type(failure).__qualname__}"
    sqlstate = getattr(failure, "sqlstate", None)
    frames = extract_tb(failure.__traceback__)[-_INNERMOST_FRAMES:]
    places = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    return f"{kind}{f' ({sqlstate})' if sqlstate else ''} at {' > '.join(places) or 'no place'}"
