"""A backup is as it was written or it is refused."""

import json
import os
import shutil
import stat
import warnings
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridsvc.backup import archive
from gridsvc.errors import BadInput

FACTS = {
    "gridsvc": "0.1.0",
    "revision": "0001",
    "postgresql": 15,
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    "rows": {"public.event": 3},
}
#: Long enough for several reads.
DUMP = os.urandom(1000) * 2500


def write(path, parts=None, **facts):
    with archive.new_backup(path) as draft:
        for name, content in (parts or {archive.DATABASE: DUMP}).items():
            with draft.part(name) as write_next:
                for start in range(0, len(content), 300_000):
                    write_next(content[start : start + 300_000])
        return draft.seal(**FACTS | facts)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "town.backup"
    write(path)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A backup so small that a damaged byte may be anywhere."""
    path = tmp_path_factory.mktemp("archive") / "small.backup"
    write(path, {archive.DATABASE: b"rows", "more/a.jpg": b"photo"})
    return path


def test_what_was_written_is_read(file):
    manifest = archive.check(file)
    assert manifest.rows == FACTS["rows"]
    assert manifest.created_at == FACTS["created_at"]
    assert b"".join(archive.chunks(file, archive.DATABASE)) == DUMP


def test_every_part_has_its_place(small):
    assert archive.check(small).parts.keys() == {archive.DATABASE, "more/a.jpg"}
    assert b"".join(archive.chunks(small, "more/a.jpg")) == b"photo"


def test_only_its_owner_may_read_it(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_progress_ends_with_all_read(file):
    shares = []
    archive.check(file, lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert shares[-1] == 1.0


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_changed_byte_is_noticed_or_changes_nothing(small, tmp_path, data):
    content = bytearray(small.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    changed = tmp_path / "changed.backup"
    changed.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manifest = archive.check(changed)
        except BadInput:
            return
    # What may differ is the archive's own notes, such as the time of a member.
    assert manifest == archive.check(small)
    for name in manifest.parts:
        assert b"".join(archive.chunks(changed, name)) == b"".join(archive.chunks(small, name))


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_cut_short_is_refused(small, tmp_path, data):
    content = small.read_bytes()
    cut = tmp_path / "cut.backup"
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BadInput, match="no complete gridsvc backup"):
        archive.check(cut)


def packed(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, content in members:
            made.writestr(name, content)


def members_of(path):
    with zipfile.ZipFile(path) as made:
        return [(name, made.read(name)) for name in made.namelist()]


class TestForeign:
    @pytest.fixture
    def refused(self, tmp_path):
        path = tmp_path / "foreign.backup"

        def look():
            with pytest.raises(BadInput, match="no complete gridsvc backup"):
                archive.check(path)

        yield path
        look()

    def test_text(self, refused):
        refused.write_text("PGDMP", encoding="utf-8")

    def test_nothing(self, refused):
        refused.write_bytes(b"")

    def test_an_archive_of_something_else(self, refused):
        packed(refused, [("holiday.jpg", b"x")])

    def test_a_manifest_without_its_parts(self, refused, small):
        packed(refused, members_of(small)[-1:])

    def test_a_part_too_many(self, refused, small):
        packed(refused, [*members_of(small), ("more/b.jpg", b"x")])

    def test_a_part_that_leads_elsewhere(self, refused, small):
        packed(refused, [*members_of(small), ("../x", b"x")])

    def test_parts_that_unpack(self, refused, small):
        packed(refused, members_of(small), zipfile.ZIP_DEFLATED)

    @pytest.mark.parametrize(
        "change",
        [
            {"format": "gridsvc-backup-2"},
            {"rows": {"public.event": -1}},
            {"rows": None},
            {"created_at": "yesterday"},
            {"parts": {}},
        ],
    )
    def test_a_manifest_that_says_otherwise(self, refused, small, change):
        *parts, (name, manifest) = members_of(small)
        packed(refused, [*parts, (name, json.dumps(json.loads(manifest) | change))])

    def test_a_manifest_that_is_none(self, refused, small):
        packed(refused, [*members_of(small)[:-1], (archive.MANIFEST, b"\xff{")])


class TestDraft:
    def test_an_error_leaves_nothing(self, tmp_path):
        with pytest.raises(KeyboardInterrupt), archive.new_backup(tmp_path / "x.backup") as draft:
            interrupted(draft)
        assert list(tmp_path.iterdir()) == []

    def test_the_name_is_given_last(self, tmp_path):
        path = tmp_path / "x.backup"
        with archive.new_backup(path) as draft:
            with draft.part(archive.DATABASE) as write_next:
                write_next(b"rows")
            draft.seal(**FACTS)
            assert not path.exists()
        assert [found.name for found in tmp_path.iterdir()] == ["x.backup"]

    def test_a_draft_is_refused_even_under_a_good_name(self, tmp_path):
        with archive.new_backup(tmp_path / "x.backup") as draft:
            with draft.part(archive.DATABASE) as write_next:
                write_next(DUMP)
            (part,) = tmp_path.iterdir()
            shutil.copy(part, tmp_path / "copy.backup")
            with pytest.raises(BadInput, match="no complete gridsvc backup"):
                archive.check(tmp_path / "copy.backup")
            draft.seal(**FACTS)

    def test_an_old_backup_is_never_replaced(self, small):
        before = small.read_bytes()
        with pytest.raises(BadInput, match="exists already"):
            write(small)
        assert small.read_bytes() == before

    def test_a_folder_that_is_missing(self, tmp_path):
        with pytest.raises(BadInput, match=r"folder .* does not exist"):
            archive.check_new(tmp_path / "none" / "x.backup")

    def test_a_full_disk_is_one_line_and_leaves_nothing(self, tmp_path):
        with pytest.raises(BadInput, match="free some space"):
            on_a_full_disk(tmp_path / "x.backup")
        assert list(tmp_path.iterdir()) == []


def interrupted(draft):
    with draft.part(archive.DATABASE) as write_next:
        write_next(b"half")
        raise KeyboardInterrupt


def on_a_full_disk(path):
    """Write with what the system says when nothing more fits."""
    with archive.new_backup(path) as draft, draft.part(archive.DATABASE) as write_next:
        write_next(b"half")
        raise OSError(28, os.strerror(28))


def test_a_file_that_is_missing(tmp_path):
    for path in (tmp_path / "none.backup", tmp_path):
        with pytest.raises(BadInput, match="no file"):
            archive.check(path)


def test_a_file_that_changes_after_the_check(small, tmp_path):
    changed = tmp_path / "changed.backup"
    content = small.read_bytes()
    changed.write_bytes(content.replace(b"rows", b"cows", 1))
    with pytest.raises(BadInput, match="changed while"):
        list(archive.chunks(changed, archive.DATABASE))
