"""The Chinese face of this machine is that of the mainland."""

from pathlib import Path

import pytest
from matplotlib.font_manager import FontPath, get_font

from gridsvc.briefing import fonts
from gridsvc.errors import Unavailable


def test_regular_and_bold_are_faces_of_simplified_chinese():
    for bold in (False, True):
        face = fonts.chinese(bold=bold)
        assert Path(face.path).is_file()
        found = get_font(FontPath(face.path, face.index))
        assert "SC" in found.family_name
        assert ("Bold" in found.style_name) == bold


def test_without_fontconfig_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    fonts.chinese.cache_clear()
    try:
        with pytest.raises(Unavailable, match="fontconfig is missing"):
            fonts.chinese()
    finally:
        fonts.chinese.cache_clear()
