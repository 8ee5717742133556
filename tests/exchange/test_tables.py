"""CSV and XLSX: every bad row by its line and reason, files of other kinds with advice."""

import csv
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from gridsvc.errors import BadInput
from gridsvc.exchange import tables
from gridsvc.geo import Datum

PERSON = {
    "code": "GW1", "name": "王小明", "role": "grid_worker", "division_code": "990101001001",
    "on_duty": "true", "capacity": "5", "powers": "A;B", "lon": "118.7", "lat": "32",
    "datum": "gcj02",
}  # fmt: skip


def write_csv(path, rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_xlsx(path, lines):
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


@pytest.fixture
def people(tmp_path):
    def write(*changes, encoding="utf-8"):
        rows = [PERSON | {"code": f"P{n}"} | change for n, change in enumerate(changes)]
        return write_csv(tmp_path / "people.csv", rows, encoding)

    return write


def read_people(path):
    return tables.read_table(path, tables.PersonRow)


class TestGoodTables:
    def test_every_column_has_its_type(self, people):
        (row,) = read_people(people({}))
        assert row.on_duty is True
        assert (row.capacity, row.powers, row.datum) == (5, ["A", "B"], Datum.GCJ02)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_with_and_without_a_byte_order_mark(self, people, encoding):
        path = people({}, encoding=encoding)
        assert tables.kind_of(path) == "people"
        assert read_people(path)[0].name == "王小明"

    def test_empty_cells_are_missing_and_other_columns_ignored(self, people):
        (row,) = read_people(people({"lon": "", "lat": " ", "datum": "", "powers": "", "x": "y"}))
        assert (row.lon, row.lat, row.datum, row.powers) == (None, None, None, [])

    def test_a_workbook_says_the_same_as_a_csv(self, people, tmp_path):
        typed = PERSON | {"on_duty": True, "capacity": 5.0, "lon": 118.7, "lat": 32, "code": "P0",
                          "division_code": 990101001001}  # fmt: skip
        path = write_xlsx(tmp_path / "people.xlsx", [list(typed), list(typed.values())])
        assert tables.kind_of(path) == "people"
        assert read_people(path) == read_people(people({}))

    def test_dates_of_a_workbook_are_dates(self, tmp_path):
        lines = [
            ["code", "name", "legal_basis", "valid_from", "valid_to"],
            ["P1", "处罚", "条例", datetime(2024, 5, 1), None],
            ["P2", "处罚", "条例", "2024-05-01", date(2025, 1, 1)],
        ]
        path = write_xlsx(tmp_path / "powers.xlsx", lines)
        first, second = tables.read_table(path, tables.PowerRow)
        assert first.valid_from == second.valid_from == date(2024, 5, 1)
        assert (first.valid_to, second.valid_to) == (None, date(2025, 1, 1))

    @pytest.mark.parametrize(
        ("code", "padded"), [("32", "320000000000"), ("320106001", "320106001000")]
    )
    def test_short_division_codes_get_their_zeros(self, people, code, padded):
        assert read_people(people({"division_code": code}))[0].division_code == padded

    def test_a_cell_may_hold_commas_quotes_and_line_breaks(self, people):
        name = '王,"小"\n明'
        rows = tables.read_lines(people({"name": name}, {}), tables.PersonRow)
        assert rows[2].name == name
        assert list(rows) == [2, 4]  # the second row begins on line 4

    @given(
        cells=st.lists(
            st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
            min_size=1,
        )
    )
    def test_whatever_text_is_written_is_read_back(self, cells, tmp_path_factory):
        path = tmp_path_factory.mktemp("csv") / "matters.csv"
        rows = [
            {"code": f"M{n}", "name": f"n{cell}".strip(), "kind": "grid", "power_code": ""}
            for n, cell in enumerate(cells)
        ]
        write_csv(path, rows)
        read = tables.read_table(path, tables.MatterRow)
        assert [row.name for row in read] == [row["name"] for row in rows]


class TestBadRows:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"role": "boss"}, "role"),
            ({"division_code": "12"}, None),
            ({"division_code": "123"}, "division_code"),
            ({"division_code": "99010100100x"}, "division_code"),
            ({"division_code": "９９０１０１００１００１"}, "division_code"),
            ({"on_duty": "maybe"}, "on_duty"),
            ({"capacity": "-1"}, "capacity"),
            ({"capacity": "2.5"}, "capacity"),
            ({"capacity": "1001"}, "capacity"),
            ({"capacity": "9" * 400}, "capacity"),
            ({"lon": "nan"}, "lon"),
            ({"lon": "1e400"}, "lon"),
            ({"lon": "181"}, "lon"),
            ({"lat": "inf"}, "lat"),
            ({"lat": "32,0"}, "lat"),
            ({"datum": "wgs-84"}, "datum"),
            ({"name": ""}, "name"),
            ({"name": "长" * 101}, "name"),
            ({"code": "c" * 65}, "code"),
            ({"name": "a\x00b"}, "NUL"),
        ],
    )
    def test_a_bad_cell_is_named_by_line_and_column(self, people, change, says):
        path = people({}, change, {})
        if says is None:
            assert len(read_people(path)) == 3
            return
        with pytest.raises(
            BadInput, match=rf"people\.csv: nothing was loaded, mend line 3: .*{says}"
        ):
            read_people(path)

    def test_lines_are_those_an_editor_shows(self, people):
        path = people({}, {"capacity": "x"}, {}, {"capacity": "x"})
        lines = path.read_text(encoding="utf-8").split("\n")
        # A blank line, and a cell that spans two.
        lines[1] = "\n" + lines[1].replace("王小明", '"王\n小明"')
        path.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(BadInput) as refused:
            read_people(path)
        told = [reason.split(":")[0] for reason in refused.value.members["rows"]]
        assert told == ["line 5", "line 7"]
        shown = path.read_text(encoding="utf-8").split("\n")
        assert all(",x," in shown[int(line.split()[1]) - 1] for line in told)

    def test_many_bad_rows_are_all_told_but_few_shown(self, people):
        with pytest.raises(BadInput, match=r"and 15 more") as refused:
            read_people(people(*({"capacity": "x"} for _ in range(20))))
        assert len(refused.value.members["rows"]) == 20

    def test_the_values_themselves_stay_out_of_the_message(self, people):
        with pytest.raises(BadInput) as refused:
            read_people(people({"name": "", "capacity": "GEHEIM"}))
        assert "GEHEIM" not in str(refused.value)

    def test_more_cells_than_columns_are_not_cut_off(self, people):
        path = people({}, {})
        path.write_text(
            path.read_text(encoding="utf-8").replace("P1,王小明", "P1,王,小明"), encoding="utf-8"
        )
        with pytest.raises(BadInput, match=r"line 3: 11 cells under 10 columns.*quotes"):
            read_people(path)


class TestBadFiles:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "is empty"),
            (b"\n\n", "is empty"),
            (b"code,name\n", "no rows"),
            ("编号,姓名\n1,王\n".encode("gbk"), "not UTF-8.*save it as CSV UTF-8"),
            ("code,name\n1,王\n".encode("utf-16"), "not UTF-8"),
            (b'code,name\n"1,x\n', "not a readable CSV"),
            (b"code,name,code\n1,x,2\n", "column code twice"),
            (b"code\n1\n", "lacks the column name"),
            (b"code;name\n1;x\n", "lacks the column code, name"),
            (b"code,name\n1," + b"x" * 200_000 + b"\n", "not a readable CSV"),
        ],
    )
    def test_a_file_that_is_no_table_is_refused_with_advice(self, tmp_path, content, says):
        path = tmp_path / "divisions.csv"
        path.write_bytes(content)
        with pytest.raises(BadInput, match=says):
            tables.read_table(path, tables.DivisionRow)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(BadInput, match="there is no file"):
            read_people(tmp_path / "none.csv")
        with pytest.raises(BadInput, match="there is no file"):
            read_people(tmp_path)

    def test_columns_of_no_kind(self, tmp_path):
        path = write_csv(tmp_path / "x.csv", [{"colour": "red"}])
        with pytest.raises(BadInput, match=r"no table gridsvc knows.*people: division_code, role"):
            tables.kind_of(path)

    @pytest.mark.parametrize("damage", ["text", "no sheet", "torn xml", "torn archive", "empty"])
    def test_a_damaged_workbook(self, tmp_path, damage):
        path = write_xlsx(tmp_path / "people.xlsx", [list(PERSON), list(PERSON.values())])
        if damage == "text":
            path.write_text("code,name\n", encoding="utf-8")
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "torn archive":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            rewrite(path, "xl/worksheets/sheet1.xml", damage)
        with pytest.raises(BadInput, match=r"not a readable XLSX|damaged archive|is empty"):
            read_people(path)

    @pytest.mark.parametrize("kind", sorted(tables.KINDS))
    def test_each_kind_is_told_by_its_own_columns(self, tmp_path, kind):
        row_type, _ = tables.KINDS[kind]
        path = write_csv(tmp_path / "x.csv", [dict.fromkeys(row_type.model_fields, "1")])
        assert tables.kind_of(path) == kind


def rewrite(path, member, damage):
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if damage == "no sheet":
        del content[member]
    else:
        content[member] = content[member][: len(content[member]) // 2]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
