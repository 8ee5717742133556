"""How our own pages are drawn: templates that escape, and a policy without inline code."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from gridsvc.maps.moments import moment
from gridsvc.web import languages

HERE = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=HERE / "templates")
_TEMPLATES.env.filters["moment"] = moment
languages.install(_TEMPLATES.env)

#: Only this service's own files, no inline script or style: were markup to slip through the
#: templates' escaping, it still would not run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{images}; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def page(
    request: Request, template: str, *, status_code: int = 200, images_of: str = "", **context: Any
) -> HTMLResponse:
    """One of our pages, in its reader's language.

    Parameters
    ----------
    images_of
        Origin that the page may have pictures from, beside this service; none = nowhere else.
    """
    policy = _POLICY.format(images=f" {images_of}" if images_of else "")
    context |= {"language": languages.language_of(request), "languages": languages.LANGUAGES}
    return _TEMPLATES.TemplateResponse(
        request,
        template,
        context,
        status_code=status_code,
        headers={"Content-Security-Policy": policy},
    )


def own_path(goal: str) -> str:
    """A path of our own: anything else would lead people to somebody else's page."""
    parts = urlsplit(goal)
    own = goal.startswith("/") and not goal.startswith(("//", "/\\")) and not parts.netloc
    return goal if own and goal.isprintable() else "/"
