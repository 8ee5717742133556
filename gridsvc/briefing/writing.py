"""Files of pages, written sheet by sheet; what is not closed leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pypdf import PdfReader, PdfWriter

from gridsvc.briefing import document
from gridsvc.briefing.browser import Chromium, browser_at
from gridsvc.briefing.page import page
from gridsvc.briefing.painting import Painter, Stopped, never
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.plotting import Matplotlib
from gridsvc.briefing.sheet import Sheet
from gridsvc.briefing.slides import Slides
from gridsvc.briefing.typesetting import clean
from gridsvc.briefing.workbook import Book
from gridsvc.errors import BadInput


class Format(StrEnum):
    """What a briefing can be."""

    HTML = "html"
    PNG = "png"
    PDF = "pdf"
    PPTX = "pptx"
    XLSX = "xlsx"


#: Type of each format over HTTP.
MEDIA_TYPES = {
    Format.HTML: "text/html; charset=utf-8",
    Format.PNG: "image/png",
    Format.PDF: "application/pdf",
    Format.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: A PNG is 203 dots per inch on A4 and A3; a slide is 2,540 dots wide.
_DOTS_PER_MM = {Paper.A4: 8.0, Paper.A3: 8.0, Paper.SLIDE: 7.5}


class Writer(Protocol):
    """Takes sheets one after the other, then writes what is left."""

    def add(self, sheet: Sheet) -> None:
        """Draw a sheet."""

    def close(self) -> None:
        """Finish the file."""


def check(kind: Format, *, atlas: bool) -> None:
    """Refuse what a format cannot hold.

    Raises
    ------
    BadInput
        If an atlas is wanted as a picture.
    """
    if atlas and kind is Format.PNG:
        raise BadInput("an atlas has many pages and a PNG one; ask for pdf, pptx, html or xlsx")


def painter_for(browser: str | None, stopped: Stopped = never) -> Painter:
    """Chromium where there is one, else matplotlib.

    Parameters
    ----------
    browser
        The setting `browser` of this installation.

    Raises
    ------
    Unavailable
        If the browser it names, or a Chinese font, is missing.
    """
    path = browser_at(browser)
    return Matplotlib(stopped) if path is None else Chromium(path, stopped)


@contextmanager
def writing(
    path: Path,
    kind: Format,
    paper: Paper,
    *,
    browser: str | None = None,
    stopped: Stopped = never,
    title: str = "",
) -> Iterator[Writer]:
    """A writer whose file gets its name when the block ends well; else there is none.

    Parameters
    ----------
    path
        File to be made; one that is there is replaced.
    title
        Title of the whole, for formats that have one.

    Raises
    ------
    BadInput
        If the file cannot be written: no space, no right.
    Unavailable
        If neither browser nor font to draw with is there.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.stem[:40]}-", dir=path.parent))
    except OSError as failure:
        raise _unwritable(path, failure) from failure
    try:
        draft = folder / f"page.{kind}"
        writer = _writer(draft, kind, paper, browser, stopped, title)
        yield writer
        writer.close()
        _settle(draft)
        draft.replace(path)
    except OSError as failure:
        raise _unwritable(path, failure) from failure
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unwritable(path: Path, failure: OSError) -> BadInput:
    reason = failure.strerror or str(failure)
    return BadInput(f"cannot write {path} ({reason}); free some space or choose another folder")


def _settle(path: Path) -> None:
    """Have the disk hold the whole file before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _writer(
    draft: Path,
    kind: Format,
    paper: Paper,
    browser: str | None,
    stopped: Stopped,
    title: str,
) -> Writer:
    if kind is Format.XLSX:
        return Book(draft)
    if kind is Format.HTML:
        return _Html(draft, paper, title)
    painter = painter_for(browser, stopped)
    if kind is Format.PPTX:
        return Slides(draft, paper, painter)
    return (_Pdf if kind is Format.PDF else _Png)(draft, paper, painter)


class _Html:
    """Each page is appended when it is there, so that none is kept."""

    def __init__(self, path: Path, paper: Paper, title: str) -> None:
        self._path, self._paper, self._pages = path, paper, 0
        before, self._after = document.frame(title, paper)
        self._append(before)

    def add(self, sheet: Sheet) -> None:
        self._append(document.section(sheet, page(sheet, self._paper), self._pages))
        self._pages += 1

    def close(self) -> None:
        self._append(self._after)

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)


class _Png:
    def __init__(self, path: Path, paper: Paper, painter: Painter) -> None:
        self._path, self._paper, self._painter = path, paper, painter

    def add(self, sheet: Sheet) -> None:
        scene = page(sheet, self._paper)
        self._path.write_bytes(self._painter.png(scene, _DOTS_PER_MM[self._paper]))

    def close(self) -> None:
        """The picture is written already."""


class _Pdf:
    """Pages are kept as files until the end: in memory is one at a time."""

    def __init__(self, path: Path, paper: Paper, painter: Painter) -> None:
        self._path, self._paper, self._painter = path, paper, painter
        self._titles: list[str] = []

    def add(self, sheet: Sheet) -> None:
        scene = page(sheet, self._paper)
        self._at(len(self._titles)).write_bytes(self._painter.pdf(scene))
        self._titles.append(clean(sheet.title))

    def _at(self, number: int) -> Path:
        return self._path.with_name(f"{number}.pdf")

    def close(self) -> None:
        """One document of all pages, with their titles as bookmarks."""
        whole = PdfWriter()
        for number, title in enumerate(self._titles):
            whole.append(PdfReader(self._at(number)), outline_item=title, import_outline=False)
        if self._titles:
            whole.add_metadata({"/Title": self._titles[0], "/Producer": "gridsvc"})
        # Every page brings its own copy of the letters it has in common with the others.
        whole.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
        whole.write(self._path)
