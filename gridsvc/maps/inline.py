"""A Folium map as one HTML file that asks nobody for anything.

Every link Folium would leave to a download is filled from the assets bundled with gridsvc, by
name; pictures in style sheets become data URIs; and a content security policy inside the file
allows its own scripts and styles by their hashes and forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import cast

import folium
from branca.element import CssLink, Figure, JavascriptLink

from gridsvc.errors import Unavailable

#: Bundled file for each link Folium may ask for, by the name it gives the link.
_BUNDLED = {"leaflet": "leaflet/leaflet.js", "leaflet_css": "leaflet/leaflet.css"}
_MEDIA = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}


def vendor_folder() -> Traversable:
    """Where ``npm run build`` puts the browser assets.

    Raises
    ------
    Unavailable
        If they have not been built.
    """
    folder = files("gridsvc").joinpath("web", "static", "vendor")
    if not folder.joinpath("leaflet", "leaflet.js").is_file():
        raise Unavailable("the browser assets are missing; run `make setup` to build them")
    return folder


def self_contained(drawing: folium.Map, picture_hosts: str = "") -> str:
    """Render a map as one HTML document without outside links.

    Parameters
    ----------
    drawing
        A map whose links are all among the bundled ones; tiles would be outside links.
    picture_hosts
        From where the page may fetch pictures; nowhere unless told.

    Returns
    -------
    str
        The document. It works from ``file://`` and needs no network.

    Raises
    ------
    Unavailable
        If the bundled assets are missing, or the map asks for one that is not bundled.
    """
    drawing.render()  # type: ignore[no-untyped-call]
    figure = cast(Figure, drawing.get_root())
    for name, element in figure.header._children.items():
        if isinstance(element, JavascriptLink | CssLink):
            # Branca would print bytes, which is what it declares, as b'…'.
            element.code = cast(bytes, _bundled(name))
    page = figure._template.render(this=figure, kwargs={"embedded": True})
    return with_policy(page.replace("\r\n", "\n").replace("\r", "\n"), picture_hosts)


def _bundled(name: str) -> str:
    if name not in _BUNDLED:
        raise Unavailable(
            f"the map asks for {name}, which is not bundled; add it to gridsvc/web/package.json "
            "and to the list in gridsvc/maps/inline.py"
        )
    asset = vendor_folder().joinpath(*_BUNDLED[name].split("/"))
    text = asset.read_text(encoding="utf-8")
    if name.endswith("_css"):
        folder = vendor_folder().joinpath(_BUNDLED[name].split("/")[0])
        return re.sub(r"</(?=style)", r"<\\/", _with_pictures(text, folder), flags=re.IGNORECASE)
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def _with_pictures(css: str, folder: Traversable) -> str:
    def data_uri(link: re.Match[str]) -> str:
        target = link[1].strip("\"' ")
        if target.startswith(("#", "data:")):
            return link[0]
        content = base64.b64encode(folder.joinpath(*target.split("/")).read_bytes()).decode()
        return f"url(data:{_MEDIA[target[target.rindex('.') :]]};base64,{content})"

    return re.sub(r"url\(([^)]*)\)", data_uri, css)


class _Inline(HTMLParser):
    """Collects the text of every script that runs and every style of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a new text; a script with a type is data and does not run."""
        self._open = tag if tag in self.texts and not dict(attrs).get("type") else ""
        if self._open:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """End the text."""
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Extend the text."""
        if self._open:
            self.texts[self._open][-1] += data


def with_policy(page: str, picture_hosts: str = "") -> str:
    """Put the content security policy first in the head of a document, and its language.

    Hashes rather than 'unsafe-inline': were markup to slip through all escaping, its scripts,
    handlers and style attributes still would not run, and nothing could be sent anywhere.
    """
    found = _Inline()
    found.feed(page)
    found.close()
    sources = {tag: " ".join(map(_hash, texts)) for tag, texts in found.texts.items()}
    policy = (
        f"default-src 'none'; script-src {sources['script']}; style-src {sources['style']}; "
        f"img-src {' '.join(['data:', *picture_hosts.split()])}; connect-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )
    # An icon of nothing: without one a browser asks the host for its own, which is not allowed.
    head = (
        f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '\n<link rel="icon" href="data:,">'
    )
    # The language chooses the Chinese forms of characters that Japanese writes differently.
    return page.replace("<html>", '<html lang="zh-CN">', 1).replace("<head>", head, 1)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
