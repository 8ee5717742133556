"""The handbook: Chinese Markdown files in ``handbook``, drawn as HTML for the help pages.

They lie in the package, since an installed service has to show them; hosts of code show the same
files with the same pictures, so their links are relative and headings have no punctuation: the
heading is its own anchor in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

FOLDER = Path(__file__).parent / "handbook"
#: File of the first page; the others' names are their paths below ``/help``.
FIRST = "README"
#: The chapters, in the order they are listed.
Name = Literal[
    "planner",
    "dispatcher",
    "field",
    "report",
    "overview",
    "outreach",
    "registers",
    "appraisal",
    "sign-in",
]
CHAPTERS: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True)
class Chapter:
    """One file of the handbook.

    Attributes
    ----------
    title
        Its first heading.
    tasks
        Its headings of the second level, each the ``id`` of its own.
    html
        The whole text; markup in the file itself stays text.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    html: str


@cache
def chapter(name: str) -> Chapter:
    """A chapter by the name of its file."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    headings: dict[str, list[str]] = {"h1": [], "h2": []}
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open":
            headings[opening.tag].append(inside.content)
            opening.attrSet("id", inside.content)
        for token in inside.children or ():
            _aim(token)
    html = str(reader.renderer.render(tokens, reader.options, {}))
    (title,) = headings["h1"]
    return Chapter(name, title, tuple(headings["h2"]), html)


def _aim(token: Token) -> None:
    """Lead a link to another file to its help page, and a picture to where it is served."""
    if token.type == "image":
        path = str(token.attrGet("src"))
        with Image.open(FOLDER / path) as picture:
            # Told before it is loaded, so that a task that was jumped to stays where it is.
            token.attrs |= {"width": picture.width, "height": picture.height, "loading": "lazy"}
        token.attrSet("src", f"/help/{path}")
    elif token.type == "link_open":
        file, hash_, task = str(token.attrGet("href")).partition("#")
        if file.endswith(".md"):
            name = file.removesuffix(".md")
            page = "/help" if name == FIRST else f"/help/{name}"
            token.attrSet("href", page + hash_ + task)
