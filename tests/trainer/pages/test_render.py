from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from trainer.pages.render import render, webp


def test_what_is_put_in_is_escaped() -> None:
    html = render("base.html", title="<script>alert('&')</script>")
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;") == 2


def test_what_a_template_lacks_is_told() -> None:
    with pytest.raises(UndefinedError, match="title"):
        render("base.html")


def test_pictures_lie_in_the_page_itself() -> None:
    assert webp(b"RIFF") == "data:image/webp;base64,UklGRg=="
