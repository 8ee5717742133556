"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from gridsvc.config import FileLimits, Settings

LIMITS = {
    "FILE_BYTES": "file_bytes",
    "TABLE_BYTES": "table_bytes",
    "FILE_RATIO": "unpacked_ratio",
    "FILE_ROWS": "rows",
    "FILE_VERTICES": "vertices",
    "FILE_S": "seconds",
    "FILE_MEMORY_BYTES": "memory_bytes",
}


def test_limits_of_files_are_settings(monkeypatch):
    assert Settings().file_limits == FileLimits()
    assert set(LIMITS.values()) == set(FileLimits.model_fields)
    for number, name in enumerate(LIMITS, start=2**26):
        monkeypatch.setenv(f"GRIDSVC_MAX_{name}", str(number))
    told = Settings().file_limits.model_dump()
    assert [told[field] for field in LIMITS.values()] == list(range(2**26, 2**26 + len(LIMITS)))


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_nothing_is_refused(monkeypatch, name):
    monkeypatch.setenv(f"GRIDSVC_MAX_{name}", "0")
    with pytest.raises(ValidationError):
        Settings()
