"""Chinese faces of this machine, found by fontconfig."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

from gridsvc.errors import Unavailable

#: What is asked for; fontconfig gives the nearest there is.
_WANTED = {False: "Noto Sans CJK SC:lang=zh-cn", True: "Noto Sans CJK SC:bold:lang=zh-cn"}
_TOLD = "%{file}\n%{index}\n%{lang}"


@dataclass(frozen=True)
class Face:
    """A face: the file it is in, and which one of a collection it is."""

    path: str
    index: int


@cache
def chinese(*, bold: bool = False) -> Face:
    """The face Chinese is written with.

    Raises
    ------
    Unavailable
        If no font that holds Chinese is installed, or fontconfig is not.
    """
    asker = shutil.which("fc-match")
    if asker is None:
        raise Unavailable("fontconfig is missing, which finds fonts: apt-get install fontconfig")
    told = subprocess.run(  # noqa: S603 - a fixed question
        [asker, "-f", _TOLD, _WANTED[bold]], capture_output=True, text=True, check=False
    )
    path, index, languages = [*told.stdout.split("\n", 2), "", "", ""][:3]
    if "zh-cn" not in languages.split("|"):
        raise Unavailable(
            "no Chinese font is installed, pages would show empty squares: "
            "apt-get install fonts-noto-cjk"
        )
    # The higher half of the number tells a named instance of a variable font.
    return Face(path, int(index) & 0xFFFF)
