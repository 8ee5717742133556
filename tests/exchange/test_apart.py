"""Whatever a reader does, the process that asked goes on and hears of it."""

import os
import urllib.error
import urllib.request

import pytest

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.apart import read_apart
from tests.exchange.hostile import listening, rang

LIMITS = FileLimits(seconds=60, memory_bytes=512 * 2**20)


def test_what_is_read_comes_back():
    assert read_apart("a", LIMITS, sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def test_more_comes_back_than_a_pipe_holds():
    assert len(read_apart("a", LIMITS, bytes, 10_000_000)) == 10_000_000


def test_a_refusal_comes_back_with_its_rows():
    def refuse():
        raise BadInput("no", rows=[1])

    with pytest.raises(BadInput, match=r"^no$") as refused:
        read_apart("a", LIMITS, refuse)
    assert refused.value.members == {"rows": [1]}


def test_a_mistake_of_ours_says_where_it_was_made():
    with pytest.raises(ZeroDivisionError) as made:
        read_apart("a", LIMITS, divmod, 1, 0)
    assert "in _work" in "".join(made.value.__notes__)


def test_what_never_ends_is_ended():
    receiver, sender = os.pipe()
    hasty = LIMITS.model_copy(update={"seconds": 0.2})
    with pytest.raises(BadInput, match=r"^a takes over 0\.2 s to read; divide it$"):
        read_apart("a", hasty, os.read, receiver, 1)
    os.close(sender)
    os.close(receiver)


def test_what_wants_too_much_memory_is_refused():
    with pytest.raises(BadInput, match=r"^a takes over 512 MB of memory to read; divide it$"):
        read_apart("a", LIMITS, bytearray, 600 * 2**20)


def test_what_crashes_is_refused():
    with pytest.raises(BadInput, match=r"^a cannot be read: reading it broke off"):
        read_apart("a", LIMITS, os._exit, 3)


def test_it_writes_no_file(tmp_path):
    with pytest.raises(OSError, match="File too large"):
        read_apart("a", LIMITS, (tmp_path / "a").write_text, "x")


def test_it_asks_no_address(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with listening() as bell:
        url = f"http://127.0.0.1:{bell.getsockname()[1]}"
        with pytest.raises(urllib.error.URLError):
            read_apart("a", LIMITS, urllib.request.urlopen, url)
        assert not rang(bell)


def test_an_error_comes_back_without_what_led_to_it():
    """Dask has causes pickled too, and those of GDAL cannot be read again."""

    class Stubborn(Exception):
        def __reduce__(self):
            raise TypeError("I stay here")

    def read():
        try:
            raise Stubborn
        except Stubborn as failure:
            raise BadInput("the file is odd") from failure

    tblib = pytest.importorskip("tblib.pickling_support")
    tblib.install(BadInput)
    with pytest.raises(BadInput, match="the file is odd") as caught:
        read_apart("odd.gpkg", USUAL, read)
    assert caught.value.__cause__ is None
