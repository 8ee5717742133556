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


def test_the_orthophoto_is_one_host_and_has_a_place_for_each_tile(monkeypatch):
    assert Settings().imagery_origin == ""
    monkeypatch.setenv("GRIDSVC_IMAGERY_URL", "http://gis.lan:8080/wmts?z={z}&x={x}&y={y}")
    assert Settings().imagery_origin == "http://gis.lan:8080"


@pytest.mark.parametrize(
    "address",
    [
        "http://gis.lan/{z}/{x}",
        "/tiles/{z}/{x}/{y}",
        "javascript:alert(1)//{z}{x}{y}",
        "http://gis.lan;script-src/{z}/{x}/{y}",
        "http://gis.lan *.evil/{z}/{x}/{y}",
        "http://*/{z}/{x}/{y}",
    ],
)
def test_an_orthophoto_that_would_loosen_the_policy_is_refused(monkeypatch, address):
    monkeypatch.setenv("GRIDSVC_IMAGERY_URL", address)
    with pytest.raises(ValidationError):
        Settings()
