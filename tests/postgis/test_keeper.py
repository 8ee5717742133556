"""The thread that brings the server back."""

import threading

from gridsvc.errors import Unavailable
from gridsvc.postgis.keeper import kept_running


def test_it_goes_on_after_a_failure_and_ends_with_the_block(caplog):
    third = threading.Event()
    calls = []

    def ensure_running():
        calls.append(len(calls))
        if len(calls) == 1:
            raise Unavailable("the disk is full")
        if len(calls) == 3:
            third.set()
        return len(calls) == 2

    with kept_running(ensure_running):
        assert third.wait(60)
    seen = len(calls)
    assert "the disk is full" in caplog.text
    assert "runs again" in caplog.text
    assert not [t for t in threading.enumerate() if t.name == "postgis-keeper"]
    assert len(calls) == seen
