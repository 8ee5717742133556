"""Pages painted by headless Chromium: the best Chinese typography there is.

Every page is a process of its own that ends with it, so that an atlas takes no more memory than
its largest page. The page is ours, has no script and a policy that forbids every request.
"""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from gridsvc.briefing import fonts
from gridsvc.briefing.document import printed
from gridsvc.briefing.painting import GivenUp, Stopped, never
from gridsvc.briefing.scene import Scene
from gridsvc.errors import Unavailable

#: Setting that says: never a browser.
NONE = "-"
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
#: CSS's pixels in a millimetre.
_PIXELS_PER_MM = 96 / 25.4
_MOST_S, _LOOK_S = 120.0, 0.05
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--proxy-server=0.0.0.0:1",
    "--hide-scrollbars",
    "--renderer-process-limit=1",
    "--force-color-profile=srgb",
    "--no-pdf-header-footer",
)


def browser_at(setting: str | None) -> str | None:
    """Path of the browser to paint with; none where there is none, or shall be none.

    Raises
    ------
    Unavailable
        If the setting names a browser that is not there.
    """
    if setting == NONE:
        return None
    if setting:
        path = shutil.which(setting)
        if path is None:
            raise Unavailable(f"the browser {setting} is not there; mend GRIDSVC_BROWSER")
        return path
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Chromium:
    """Paints with a browser of the Chromium family.

    Parameters
    ----------
    path
        Its executable.
    stopped
        Asked while it paints.
    most_s
        Seconds a page may take.
    """

    name = "chromium"

    def __init__(self, path: str, stopped: Stopped = never, *, most_s: float = _MOST_S) -> None:
        self._path, self._stopped, self._most_s = path, stopped, most_s
        fonts.chinese()

    def pdf(self, scene: Scene) -> bytes:
        """A document of one page in the size of the scene.

        Raises
        ------
        Unavailable
            If the browser fails.
        GivenUp
            If it was stopped.
        """
        return self._painted(scene, "page.pdf", "--print-to-pdf")

    def png(self, scene: Scene, dots_per_mm: float) -> bytes:
        """A picture of the scene.

        Raises
        ------
        Unavailable
            If the browser fails.
        GivenUp
            If it was stopped.
        """
        wide, high = (math.ceil(side * _PIXELS_PER_MM) for side in (scene.width, scene.height))
        return self._painted(
            scene,
            "page.png",
            "--screenshot",
            f"--window-size={wide},{high}",
            f"--force-device-scale-factor={dots_per_mm / _PIXELS_PER_MM:.4f}",
        )

    def _painted(self, scene: Scene, name: str, task: str, *options: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="gridsvc-page-", ignore_cleanup_errors=True) as at:
            folder = Path(at)
            page, out = folder / "page.html", folder / name
            page.write_text(printed([scene]), encoding="utf-8")
            # Its own sandbox refuses to work for root; then the page's policy has to do.
            alone = ["--no-sandbox"] if os.geteuid() == 0 else []
            self._run(
                [
                    self._path,
                    *(*_OPTIONS, *alone, *options),
                    f"--user-data-dir={folder / 'profile'}",
                    f"{task}={out}",
                    page.as_uri(),
                ],
                folder,
            )
            if not out.is_file() or not out.stat().st_size:
                raise Unavailable(self._failed("it wrote no page"))
            return out.read_bytes()

    def _run(self, command: list[str], folder: Path) -> None:
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - the browser of this machine, our page
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=os.environ | {"HOME": str(folder)},
                start_new_session=True,
            )
            try:
                self._wait(process)
            finally:
                _end(process)
        if process.returncode != 0:
            raise Unavailable(self._failed(f"it ended with {process.returncode}"))

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + self._most_s
        while process.poll() is None:
            if self._stopped():
                raise GivenUp
            if time.monotonic() > until:
                raise Unavailable(self._failed(f"it took more than {self._most_s:.0f} s"))
            time.sleep(_LOOK_S)

    def _failed(self, how: str) -> str:
        return (
            f"the browser {self._path} could not paint a page: {how}; set GRIDSVC_BROWSER to "
            f"another one, or to {NONE} to do without"
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser with all the processes it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
