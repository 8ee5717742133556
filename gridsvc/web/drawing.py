"""How our own pages are drawn: templates that escape, and a policy without inline code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from gridsvc.maps.sheet import moment

HERE = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=HERE / "templates")
_TEMPLATES.env.filters["moment"] = moment

#: Only this service's own files, no inline script or style: were markup to slip through the
#: templates' escaping, it still would not run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY}


def page(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """One of our pages."""
    return _TEMPLATES.TemplateResponse(
        request, template, context, status_code=status_code, headers=_HEADERS
    )
