"""Templates filled in."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: Any) -> str:
    """A page by the name of its template. Raises jinja2's UndefinedError for what the template lacks."""
    return _environment().get_template(template).render(values)


def webp(data: bytes) -> str:
    """The address of a picture that lies in the page itself."""
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


@cache
def _environment() -> Environment:
    loader = PackageLoader("trainer", "pages")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["percent"] = lambda share: f"{share:.0%}"
    return made
