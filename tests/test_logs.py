"""Log lines: one JSON object each, no values of other people's, nothing to forge."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc import logs
from tests.loglines import lines_of

PERSONAL = "张小明13912345678"


def a_record(name="gridsvc.room", message="told", args=(), failure=None, **extra):
    exc_info = (type(failure), failure, failure.__traceback__) if failure else None
    record = logging.LogRecord(name, logging.WARNING, "file.py", 1, message, args, exc_info)
    record.__dict__.update(extra)
    return record


def written(record):
    stream = io.StringIO()
    logs.line_handler(stream).handle(record)
    return stream.getvalue()


@given(text=st.text())
def test_whatever_is_said_is_one_line_of_json(text):
    line = written(a_record(message="%s", args=(text,), route=text))
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == text
    assert json.loads(line).get("route") == text


def test_only_known_fields_stand_in_a_line():
    told = json.loads(written(a_record(phone=PERSONAL, status=200)))
    assert told["status"] == 200
    assert set(told) <= set(logs.FIELDS)
    assert PERSONAL not in json.dumps(told, ensure_ascii=False)


def failing(cause):
    try:
        try:
            raise KeyError(PERSONAL)
        except KeyError as inner:
            if cause:
                raise ValueError(f"row {PERSONAL}") from inner
            raise ValueError(f"row {PERSONAL}") from None
    except ValueError as failure:
        return failure


@pytest.mark.parametrize("cause", [True, False])
def test_a_failure_is_told_by_kind_and_place_only(cause):
    record = a_record(failure=failing(cause))
    logging.Formatter().format(record)  # another handler keeps the whole traceback
    assert PERSONAL in record.exc_text
    told = json.loads(written(record))
    assert "builtins.ValueError at test_logs.py" in told["failure"]
    assert ("caused by builtins.KeyError" in told["failure"]) is cause
    assert PERSONAL not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    ("message", "args"),
    [("read %s", (PERSONAL,)), (f"a task failed\nfuture: {PERSONAL}", ()), ("%", ())],
)
def test_what_libraries_put_into_their_messages_stays_out(message, args):
    told = json.loads(written(a_record("asyncio", message, args)))
    assert told["message"] == message.partition("\n")[0]
    assert PERSONAL not in json.dumps(told, ensure_ascii=False)


def test_configured_logs_hear_us_and_only_warnings_of_others():
    root, ours = logging.getLogger(), logging.getLogger("gridsvc")
    before = root.handlers[:], root.level, ours.level
    root.handlers[:] = []
    stream = io.StringIO()
    try:
        logs.configure(stream)
        logging.getLogger("gridsvc.room").info("heard")
        logging.getLogger("sqlalchemy.engine.Engine").info("a row")
        logging.getLogger("of.others").warning("heard too")
    finally:
        root.handlers[:], level, own_level = before
        root.setLevel(level)
        ours.setLevel(own_level)
    assert [line["message"] for line in lines_of(stream)] == ["heard", "heard too"]
