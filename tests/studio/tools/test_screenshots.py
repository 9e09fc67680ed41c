"""Every view in every language: pictures are written, nothing is clipped, each control has name and focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from studio.i18n import LANGUAGES
from studio.tools import screenshots
from tests.studio.views.watch import clipped, nameless, raw_words, unreachable, without_focus


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("size", [(1040, 680), (1600, 1000)])
def test_every_view_says_everything_in_full(
    tmp_path: Path, tiny_bundle: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshots, "KEPT", 3)
    monkeypatch.setattr(screenshots, "THEMES", ("dark",) if size[0] < 1200 else ("light",))
    seen: dict[str, list[str]] = {}
    looked_at: set[QWidget] = set()
    with screenshots.furnished_window(tiny_bundle, tmp_path / "home") as window:
        window.resize(*size)

        def settle(name: str) -> None:
            screenshots.wait(lambda: not window.look.theme.is_changing)
            screenshots.pause(0.05)
            seen[name] = [*raw_words(window), *clipped(window), *nameless(window), *unreachable(window)]
            if size[0] < 1200 and name.endswith("-en"):
                seen[name] += [f"no focus: {one}" for one in without_focus(window, looked_at)]

        files = screenshots.take_all(window, tmp_path / "shots", settle)
    assert {name: problems for name, problems in seen.items() if problems} == {}
    assert len(files) == len(screenshots.scenes()) * len(LANGUAGES)
    assert all(file.stat().st_size > 2000 for file in files)
    assert QImage(str(files[-1])).size().toTuple() == size
