"""Log lines as the service writes them, caught for tests."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gridsvc import logs


def lines_of(stream: io.StringIO) -> list[dict]:
    """Every line of a log, parsed; a line that is no JSON is an error."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@contextmanager
def caught() -> Iterator[io.StringIO]:
    """The log of everything in the process, from the first level on that is written."""
    stream = io.StringIO()
    handler = logs.line_handler(stream)
    root, ours = logging.getLogger(), logging.getLogger("gridsvc")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    ours.setLevel(before)
