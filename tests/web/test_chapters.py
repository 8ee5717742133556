"""The handbook says what the pages say, shows pictures that exist, and tells every task whole."""

import re
import tomllib
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from gridsvc.web.chapters import CHAPTERS, FIRST, FOLDER, chapter
from tests.web.test_languages import WEB, of_modules, of_templates

FILES = {name: (FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in CHAPTERS}
PICTURE = re.compile(r"!\[([^\]]+)\]\(pictures/([\w-]+\.png)\)")
MOST_BYTES = 150_000
#: Tasks without a picture, and why.
WITHOUT_PICTURE = {
    ("planner", "换底图"): "the demonstration has no imagery",
    ("field", "安装到手机"): "it is the phone's browser that is shown, which is not ours",
}
#: What stands for a value in a text of the pages.
VALUE = re.compile(r"%\(\w+\)s")


def tasks():
    """Every section of every chapter: chapter, heading, text."""
    for name, text in FILES.items():
        parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
        for heading, body in zip(parts[::2], parts[1::2], strict=True):
            yield name, heading, body


@pytest.mark.parametrize(("name", "heading", "body"), list(tasks()))
def test_every_task_says_what_for_has_steps_and_what_can_go_wrong(name, heading, body):
    assert re.fullmatch(r"\w+", heading), "an anchor of code hosts has no punctuation"
    assert re.match(r"\n\n\*\*用途\*\*：.+", body)
    steps, _, trouble = body.partition("**可能遇到**")
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", steps, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
    assert re.search(r"^- .+", trouble, flags=re.MULTILINE)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapters_contents_are_its_tasks(name):
    told = chapter(name)
    assert told.tasks == tuple(heading for one, heading, _ in tasks() if one == name)
    assert len(set(told.tasks)) == len(told.tasks) > 2
    for task in told.tasks:
        assert f'<h2 id="{task}">{task}</h2>' in told.html


def test_every_task_has_a_picture_but_for_those_named():
    bare = {(name, heading) for name, heading, body in tasks() if not PICTURE.search(body)}
    assert bare <= WITHOUT_PICTURE.keys()
    assert WITHOUT_PICTURE.keys() <= {(name, heading) for name, heading, _ in tasks()}


def test_every_picture_is_used_exists_and_is_small():
    used = [picture for text in FILES.values() for _, picture in PICTURE.findall(text)]
    assert len(used) > 20
    assert sorted(used) == sorted(path.name for path in (FOLDER / "pictures").iterdir())
    for picture in used:
        path = FOLDER / "pictures" / picture
        assert path.stat().st_size <= MOST_BYTES, picture
        with Image.open(path) as image:
            assert min(image.size) > 100
            # Somebody who looks at an empty page sees one colour.
            assert len(image.convert("RGB").getcolors(2**20)) > 8


def test_the_handbook_is_part_of_the_package():
    project = tomllib.loads((WEB.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["gridsvc"]
    for path in FOLDER.rglob("*.*"):
        told = path.relative_to(WEB.parent).as_posix()
        assert any(fnmatch(told, one) for one in patterns), told


def patterns_of_the_pages() -> list[re.Pattern]:
    texts = of_templates().union(*of_modules().values())
    return [
        re.compile(".+?".join(re.escape(part) for part in VALUE.split(text.replace("%%", "%"))))
        for text in texts
    ]


@pytest.mark.parametrize("name", [FIRST, *CHAPTERS])
def test_what_is_quoted_from_a_page_is_written_there(name):
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert text.count("「") == text.count("」")
    patterns = patterns_of_the_pages()
    quoted = set(re.findall(r"「([^」]+)」", text))
    assert [one for one in sorted(quoted) if not any(p.fullmatch(one) for p in patterns)] == []


def test_links_lead_to_chapters_and_tasks_that_exist():
    for name in (FIRST, *CHAPTERS):
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        for file, task in re.findall(r"(?<!!)\[[^\]]+\]\(([\w-]+)\.md#?([^)]*)\)", text):
            assert file in CHAPTERS
            assert not task or task in chapter(file).tasks


def test_links_and_pictures_are_led_to_the_help_pages():
    assert 'href="/help/planner"' in chapter(FIRST).html
    assert 'src="/help/pictures/plan-desk.png"' in chapter("planner").html
    assert re.search(r'<a href="/help/sign-in#[^"]+">', chapter("field").html)


def test_every_chapter_is_listed_on_the_first_page():
    listed = re.findall(r"\(([\w-]+)\.md\)", (FOLDER / f"{FIRST}.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(CHAPTERS)


def test_headings_go_down_by_one():
    for text in FILES.values():
        depths = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
        assert all(after <= before + 1 for before, after in pairwise(depths))


def test_markup_in_a_file_stays_text(tmp_path, monkeypatch):
    (tmp_path / "odd.md").write_text("# 标题\n\n<script>alert(1)</script>\n", encoding="utf-8")
    monkeypatch.setattr("gridsvc.web.chapters.FOLDER", Path(tmp_path))
    assert "<script" not in chapter.__wrapped__("odd").html
