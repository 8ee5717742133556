"""Every kind of hostile file gets one sentence in bounded time, and reaches nothing else."""

import re

import pytest

from tests.exchange.hostile import KINDS, Trap, answer, listening, rang


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.filterwarnings("ignore")  # GDAL warns when the hostile file is made
def test_a_hostile_file_gets_one_sentence(name, tmp_path, record_property, capfd):
    kind = KINDS[name]
    with listening() as bell:
        path = kind.make(Trap(tmp_path, f"http://127.0.0.1:{bell.getsockname()[1]}"))
        before = sorted(tmp_path.iterdir())
        capfd.readouterr()
        told = answer(path, kind.limits)
        record_property("answer", told)
        assert re.search(kind.says, told)
        assert not rang(bell)
    assert "\n" not in told
    assert capfd.readouterr() == ("", "")
    assert sorted(tmp_path.iterdir()) == before
