"""The command ``gridsvc brief`` as a user calls it."""

import json

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from tests.test_cli import failing, gridsvc, on_town  # noqa: F401 - fixtures
from tests.towns import COMMUNITY, COUNTY

pytestmark = pytest.mark.usefixtures("on_town")


@pytest.mark.parametrize("form", ["html", "png", "pdf", "pptx", "xlsx"])
def test_every_format(gridsvc, tmp_path, monkeypatch, form):  # noqa: F811
    monkeypatch.setenv("GRIDSVC_BROWSER", "-")
    monkeypatch.setenv("GRIDSVC_MAP_APPROVAL", "苏S（2026）001号")
    asked = ("brief", "--division", COMMUNITY, "--kind", "households", "--format", form, "--json")
    code, out, err = gridsvc(*asked)
    assert (code, err) == (0, "")
    told = json.loads(out)
    path = tmp_path / told["out"]
    assert told == {"out": f"briefing.{form}", "pages": 1, "bytes": path.stat().st_size}
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    if form == "pdf":
        (only,) = PdfReader(path).pages
        assert "纸上社区网格覆盖图" in only.extract_text()
        assert "苏S（2026）001号" in only.extract_text()
    elif form == "pptx":
        assert len(Presentation(path).slides) == 1
    elif form == "xlsx":
        assert openpyxl.load_workbook(path)["微网格"].max_row > 1
    elif form == "html":
        assert "纸上社区" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["staffing", "open", "overdue", "pace", "hotspots"])
def test_every_kind_on_a_slide(gridsvc, tmp_path, kind):  # noqa: F811
    asked = ("--division", COUNTY, "--kind", kind, "--format", "html", "--page", "16:9")
    code, _, err = gridsvc("brief", *asked, "--out", "page.html")
    assert (code, err) == (0, "")
    assert "图例" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_an_atlas(gridsvc, tmp_path):  # noqa: F811
    asked = ("--division", COUNTY, "--format", "xlsx", "--atlas", "community", "--json")
    code, out, _ = gridsvc("brief", *asked)
    assert code == 0
    assert json.loads(out)["pages"] == 2
    assert "2 微网格" in openpyxl.load_workbook(tmp_path / "briefing.xlsx").sheetnames


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--division", "1"], "not a division code"),
        (["--division", "990101001002"], "no division 990101001002"),
        (["--division", COMMUNITY, "--kind", "moods"], "no layer 'moods'"),
        (["--division", COMMUNITY, "--kind", "open,pace"], "one kind"),
        (["--division", COMMUNITY, "--format", "png", "--atlas", "street"], "many pages"),
        (["--division", COMMUNITY, "--out", "page.txt"], "must end in .pdf"),
        (["--division", COMMUNITY, "--out", "nowhere/page.pdf"], "does not exist"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(failing, tmp_path, arguments, why):  # noqa: F811
    assert why in failing("brief", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_is_not_there(failing, monkeypatch, tmp_path):  # noqa: F811
    monkeypatch.setenv("GRIDSVC_BROWSER", "netscape")
    assert "GRIDSVC_BROWSER" in failing("brief", "--division", COMMUNITY)
    assert list(tmp_path.iterdir()) == []
