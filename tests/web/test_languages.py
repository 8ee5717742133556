import json
import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from httpx import ASGITransport, AsyncClient

from gridsvc.web.languages import LANGUAGES, SOURCE, catalogue, translations
from tests.web.site import figures, make_site

WEB = Path(str(files("gridsvc").joinpath("web")))
CATALOGUES = sorted((WEB / "locale/en/LC_MESSAGES").glob("*.po"))
HAN = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def said(method: str, path: Path, keyword: str) -> set[str]:
    content = BytesIO(path.read_bytes())
    return {
        str(text if isinstance(text, str) else text[0])
        for _, text, _, _ in extract(method, content, keywords={keyword: None})
    }


def of_templates() -> set[str]:
    return set().union(
        *(said("jinja2", path, "_") for path in (WEB / "templates").glob("*.html")),
        *(said("python", path, "marked") for path in WEB.glob("*.py")),
    )


def of_modules() -> dict[str, set[str]]:
    """Texts of each page's modules, and those of the parts, by the catalogue they belong to."""
    found: dict[str, set[str]] = {}
    for path in (WEB / "src").rglob("*.js"):
        name = path.relative_to(WEB / "src").parts[0].removesuffix(".js")
        found.setdefault(name, set()).update(said("javascript", path, "say"))
    return found


def test_every_text_of_a_template_has_its_english():
    texts = of_templates()
    assert len(texts) > 30
    assert texts - translations("en").keys() == set()


def test_every_text_of_a_module_is_in_the_catalogue_that_its_page_hands_over():
    assert of_modules()["landing"]
    missing = {
        name: texts - catalogue("en", name).keys()
        for name, texts in of_modules().items()
        if texts - catalogue("en", name).keys()
    }
    assert missing == {}


def test_no_translation_outlived_its_text():
    known = of_templates().union(*of_modules().values())
    assert translations("en").keys() - known == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_translations_are_english_and_keep_their_values(path):
    with path.open("rb") as file:
        messages = [one for one in read_po(file, abort_invalid=True) if one.id]
    for one in messages:
        assert not one.fuzzy, one.id
        assert str(one.string).strip(), one.id
        assert not HAN.search(str(one.string)), one.id
        wanted = PLACEHOLDER.findall(str(one.id))
        assert sorted(PLACEHOLDER.findall(str(one.string))) == sorted(wanted), one.id
        assert translations("en")[str(one.id)] == one.string, f"{one.id} is said otherwise too"


def test_templates_write_no_chinese_but_to_be_translated():
    for path in (WEB / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        spoken = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
        spoken = re.sub(r"""_\(\s*(["']).*?\1""", "", spoken, flags=re.DOTALL)
        assert not HAN.search(spoken), path.name


def test_modules_write_no_chinese_but_to_be_translated():
    for path in (WEB / "src").rglob("*.js"):
        text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text(encoding="utf-8"))
        spoken = re.sub(r"""say\(\s*(['"`]).*?\1""", "", text, flags=re.DOTALL)
        assert not HAN.search(spoken), path.name


async def test_the_reader_chooses_the_language_and_the_page_says_which_it_is():
    transport = ASGITransport(make_site(figures()))
    async with AsyncClient(transport=transport, base_url="http://site") as browser:
        page = await browser.get("/")
        assert '<html lang="zh-CN">' in page.text
        assert "登录" in page.text or "退出" in page.text
        chosen = await browser.get("/language/en?next=/docs%3Fa=1")
        assert chosen.headers["location"] == "/docs?a=1"
        page = await browser.get("/")
    assert '<html lang="en">' in page.text
    assert "Coverage map" in page.text
    assert json.loads(re.search(r'id="words">(.*?)</script>', page.text)[1])["普通"] == "ordinary"


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_choosing_a_language_leads_nowhere_else(goal):
    transport = ASGITransport(make_site(None))
    async with AsyncClient(transport=transport, base_url="http://site") as browser:
        chosen = await browser.get("/language/en", params={"next": goal})
    assert chosen.headers["location"] == "/"


async def test_an_unknown_language_is_chinese():
    transport = ASGITransport(make_site(None))
    async with AsyncClient(transport=transport, base_url="http://site") as browser:
        browser.cookies.set("language", "xx")
        page = await browser.get("/")
    assert f'<html lang="{SOURCE}">' in page.text
    assert SOURCE in LANGUAGES
