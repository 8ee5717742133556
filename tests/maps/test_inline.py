import base64
import hashlib
import re

import folium
import pytest

from gridsvc.errors import Unavailable
from gridsvc.maps import inline
from gridsvc.maps.coverage import to_html
from gridsvc.maps.inline import self_contained
from tests.maps.frames import make_frames


def bare_map() -> folium.Map:
    drawing = folium.Map(tiles=None)
    drawing.default_js = [("leaflet", "https://cdn.invalid/leaflet.js")]
    drawing.default_css = [("leaflet_css", "https://cdn.invalid/leaflet.css")]
    return drawing


def test_nothing_in_the_document_is_loaded_from_elsewhere():
    page = to_html(make_frames(10))
    assert not re.search(r"<(?:link|script|img|iframe)[^>]*\b(?:href|src)=(?!\"data:)", page)
    targets = re.findall(r"url\((?!#)([^)]*)\)", page)
    assert targets
    assert all(target.startswith("data:image/") for target in targets)


def test_policy_names_the_hash_of_every_script_and_style_and_nothing_more():
    page = to_html(make_frames(10))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    texts = re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)
    hashes = {
        f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        for _, text in texts
    }
    assert set(re.findall(r"sha256-[^']*", policy)) == hashes
    assert "unsafe" not in policy
    assert "connect-src 'none'" in policy
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_a_link_that_is_not_bundled_is_refused_by_name():
    drawing = bare_map()
    drawing.default_js.append(("jquery", "https://cdn.invalid/jquery.js"))
    with pytest.raises(Unavailable, match="jquery"):
        self_contained(drawing)


def test_missing_assets_tell_how_to_build_them(tmp_path, monkeypatch):
    monkeypatch.setattr(inline, "files", lambda _: tmp_path)
    with pytest.raises(Unavailable, match="make setup"):
        self_contained(bare_map())


def test_asset_text_cannot_end_its_element(tmp_path, monkeypatch):
    vendor = tmp_path / "web" / "static" / "vendor" / "leaflet"
    vendor.mkdir(parents=True)
    (vendor / "leaflet.js").write_text("x = '</SCRIPT><!--';\r\n//# sourceMappingURL=a.map\n")
    (vendor / "leaflet.css").write_text(".a { content: '</style>' }")
    monkeypatch.setattr(inline, "files", lambda _: tmp_path)
    page = self_contained(bare_map())
    assert "</SCRIPT>" not in page
    assert "<!--" not in page
    assert page.count("</style>") == page.count("<style>")
    assert "sourceMappingURL" not in page
    assert "\r" not in page
