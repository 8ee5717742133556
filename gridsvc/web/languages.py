"""The pages' languages: their words are written in Chinese, ``locale`` holds the English.

Templates write ``{{ _("中文") }}``, modules in ``src`` write ``say('中文')`` (``parts/words.js``),
Python writes `marked` and lets the template translate. Each page has a catalogue of its own, named
after it (``locale/en/LC_MESSAGES/field.po`` for ``src/field.js`` and what lies in ``src/field/``),
``gridsvc.po`` has what the layout and the sign-in say, ``parts.po`` what the modules in
``src/parts`` do; they are read as they are, so nothing is compiled. A page whose module speaks
hands its catalogue and that of the parts over in its head::

    {% block words %}{{ words("field") }}{% endblock %}

which writes a data block (``<script type="application/json">``), empty in Chinese. ``%(name)s``
stands for a value in all three; a bare per cent sign in a template is written twice. A macro that
speaks and is imported is imported ``with context``. Which language it is, the reader's cookie says.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from fastapi import Request
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

#: Tag of each language, as ``lang`` wants it, and its own name for itself; the first is of the
#: source texts and of whoever did not choose.
LANGUAGES = {"zh-CN": "中文", "en": "English"}
SOURCE = "zh-CN"
COOKIE = "language"

_LOCALE = Path(__file__).parent / "locale"


def language_of(request: Request) -> str:
    """Tag of the language a reader chose; Chinese if they did not."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else SOURCE


def marked(text: str) -> str:
    """A Chinese text that a template will translate: given back as it is, found by the tests."""
    return text


@cache
def catalogue(language: str, name: str) -> dict[str, str]:
    """Translations of one page into a language, by their Chinese; those of Chinese are empty."""
    path = _LOCALE / language / "LC_MESSAGES" / f"{name}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        messages = read_po(file, locale=language, abort_invalid=True)
    return {str(one.id): str(one.string) for one in messages if one.id}


@cache
def translations(language: str) -> dict[str, str]:
    """Translations of all pages; what is said twice is said alike, which a test checks."""
    found: dict[str, str] = {}
    for path in sorted((_LOCALE / language / "LC_MESSAGES").glob("*.po")):
        found |= catalogue(language, path.stem)
    return found


def install(environment: Environment) -> None:
    """Teach templates ``_`` and ``words``; the context's ``language`` decides."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )
    environment.globals["words"] = _words


@pass_context
def _gettext(context: Context, text: str) -> str:
    return translations(context.get("language", SOURCE)).get(text, text)


@pass_context
def _ngettext(context: Context, one: str, _many: str, _count: int) -> str:
    """Chinese has one form, so the English is worded to fit any number."""
    return _gettext(context, one)


@pass_context
def _words(context: Context, *names: str) -> Markup:
    """Data block with the words of a page's module; see the module's text."""
    told: dict[str, str] = {}
    for name in ("parts", *names):
        told |= catalogue(context.get("language", SOURCE), name)
    return Markup('<script type="application/json" id="words">{}</script>').format(
        htmlsafe_json_dumps(told, ensure_ascii=False)
    )
