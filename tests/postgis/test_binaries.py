"""Which PostgreSQL is taken, and what is said when none will do."""

import pytest

from gridsvc.errors import Unavailable
from gridsvc.postgis.binaries import MINIMUM_POSTGIS, MINIMUM_POSTGRESQL, find_binaries


def installed(folder, postgresql, postgis=None):
    """Lay out an installation that answers as the real one does."""
    bin_folder, share = folder / "bin", folder / "share"
    bin_folder.mkdir(parents=True)
    (share / "extension").mkdir(parents=True)
    answers = {
        "postgres": f"postgres (PostgreSQL) {postgresql} (Debian {postgresql}-0+deb12u1)",
        "pg_config": share,
        "initdb": "",
        "pg_ctl": "",
    }
    for name, answer in answers.items():
        (bin_folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (bin_folder / name).chmod(0o755)
    if postgis:
        control = share / "extension" / "postgis.control"
        control.write_text(f"comment = 'PostGIS'\ndefault_version = '{postgis}'\n")
    return bin_folder


def test_this_machine_has_what_is_needed():
    found = find_binaries()
    assert found.postgresql >= MINIMUM_POSTGRESQL
    assert found.postgis >= MINIMUM_POSTGIS
    assert (found.folder / "initdb").is_file()


def test_the_newest_with_postgis_is_taken(tmp_path):
    folders = [
        installed(tmp_path / "15", "15.18", "3.3.2"),
        installed(tmp_path / "17", "17.2"),
        installed(tmp_path / "16", "16.1", "3.4.0"),
    ]
    assert find_binaries(folders=folders).postgresql == 16
    assert find_binaries(15, folders).folder == folders[0]


@pytest.mark.parametrize(
    ("present", "major", "said"),
    [
        ([], None, "PostgreSQL 15 or newer with PostGIS is not installed.*postgresql-15-postgis-3"),
        ([("14.9", "3.3.2")], None, "PostgreSQL 14 is too old.*postgresql-15-postgis-3"),
        ([("16.3", None)], None, "PostgreSQL 16 has no PostGIS.*postgresql-16-postgis-3"),
        ([("15.1", "3.2.9")], None, "PostGIS 3.2 is too old, 3.3 or newer"),
        ([("15.1", "3.3.2")], 16, "PostgreSQL 16 with PostGIS is not installed"),
        ([("15.1", "nonsense")], None, "has no PostGIS"),
    ],
)
def test_what_is_lacking_is_one_line_that_names_the_package(tmp_path, present, major, said):
    folders = [installed(tmp_path / str(n), *each) for n, each in enumerate(present)]
    with pytest.raises(Unavailable, match=said) as refused:
        find_binaries(major, folders)
    assert "\n" not in refused.value.detail
    assert "apt-get install" in refused.value.detail
    assert refused.value.exit_code == 2


def test_an_incomplete_installation_does_not_count(tmp_path):
    folder = installed(tmp_path, "16.3", "3.4.0")
    (folder / "initdb").unlink()
    with pytest.raises(Unavailable, match="not installed"):
        find_binaries(folders=[folder, tmp_path / "absent"])


def test_a_three_part_or_two_digit_version_is_read_whole(tmp_path):
    assert find_binaries(folders=[installed(tmp_path, "15.18", "3.10.0")]).postgis == (3, 10)
