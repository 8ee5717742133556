"""What the service is made of: listed, and on terms under which it may be given on."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "docs" / "licences.md"
#: Words of licences that allow what we do; LGPL libraries are used as they are.
ALLOWED = {
    *("MIT", "BSD", "APACHE", "ISC", "PSF", "MPL", "MOZILLA", "LGPL", "0BSD", "ZLIB", "CC0"),
    *("UNLICENSE", "HPND", "PYTHON"),
}
ROW = re.compile(r"^\| (?!package|---)(.+?) \|(?: [\d.]+ \|)? (.+) \|$", re.MULTILINE)


def test_the_list_is_that_of_what_is_installed():
    script = runpy.run_path(str(ROOT / ".ci" / "licences"))
    assert script["document"]() == LIST.read_text("utf-8"), "run make licences"


def test_every_licence_is_one_we_may_use():
    rows = ROW.findall(LIST.read_text("utf-8"))
    assert len(rows) > 100
    for package, licence in rows:
        words = set(re.split(r"[^A-Z0-9]+", licence.upper()))
        assert words & ALLOWED, f"{package}: {licence}"
        assert not words & {"GPL", "AGPL", "SSPL", "GPLV3", "GPLV2"}, f"{package}: {licence}"
