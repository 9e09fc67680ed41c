from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.library import settings as module
from studio.library.movies import MovieOptions, Pace
from studio.library.settings import ExportOptions, Settings, SettingsFile, upgraded

OLD_FILES: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
"""Format -> (a real file of that format, what must be in it after the upgrade): one for each upgrade."""


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "config" / "settings.json")


def test_the_defaults_without_a_file(file: SettingsFile) -> None:
    loaded = file.load()
    assert loaded.settings == Settings()
    assert loaded.note is None


def test_what_was_saved_is_loaded(file: SettingsFile) -> None:
    settings = Settings(theme="dark", language="zh_CN", export=ExportOptions(format="jpeg", quality=80))
    file.save(settings)
    assert file.load().settings.theme == "dark"
    assert file.load().settings.export == settings.export


def test_a_movie_and_its_pace_are_kept(file: SettingsFile) -> None:
    movie = MovieOptions(kind="webp", fps=60, size=512, quality=70, folder="/films", name="walk")
    settings = Settings(movie=movie, pace=Pace(3.0, "linear", closed=True))
    file.save(settings)
    assert file.load().settings == settings


@pytest.mark.parametrize(
    "values",
    [
        {
            "movie": {"kind": "vhs", "fps": 1000, "size": -3, "name": 7},
            "pace": {"easing": "wild", "leg_s": 0.0},
        },
        {"movie": "long", "pace": []},
    ],
)
def test_a_movie_that_makes_no_sense_is_the_usual_one(file: SettingsFile, values: dict[str, Any]) -> None:
    file.path.parent.mkdir()
    file.path.write_text(json.dumps({"format": 1, **values}))
    loaded = file.load().settings
    assert (loaded.movie, loaded.pace) == (MovieOptions(), Pace())


def test_what_another_version_wrote_is_kept(file: SettingsFile) -> None:
    file.save(Settings())
    values = json.loads(file.path.read_text())
    values |= {"format": 99, "hologram": {"depth": 3}}
    values["export"]["hologram"] = True
    file.path.write_text(json.dumps(values))
    loaded = file.load().settings
    file.save(replace(loaded, theme="light"))
    again = json.loads(file.path.read_text())
    assert again["hologram"] == {"depth": 3}
    assert again["export"]["hologram"] is True
    assert again["format"] == 99, "the newer version must not upgrade its own file again"
    assert again["theme"] == "light"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"theme": "dark"}', b'{"format": "x"}'])
def test_a_damaged_file_is_set_aside(file: SettingsFile, content: bytes) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    loaded = file.load()
    assert loaded.settings == Settings()
    assert str(file.path) in str(loaded.note)
    assert not file.path.exists()
    assert file.path.with_name("settings.json.damaged").read_bytes() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "pink"), ("theme", 3), ("thumbnail_size", 1), ("thumbnail_size", True), ("welcome_done", 1)],
)
def test_nonsense_is_replaced_by_the_default(file: SettingsFile, name: str, value: Any) -> None:
    file.path.parent.mkdir()
    file.path.write_text(json.dumps({"format": 1, name: value, "export": {"quality": 1000}}))
    assert file.load().settings == Settings()


def test_upgrades_are_carried_out_in_order() -> None:
    upgrades = {1: lambda old: old | {"b": old.pop("a")}, 2: lambda old: old | {"c": old["b"] + 1}}
    assert upgraded({"format": 1, "a": 1}, upgrades, 3) == {"format": 3, "b": 1, "c": 2}
    assert upgraded({"format": 3, "z": 1}, upgrades, 3) == {"format": 3, "z": 1}


def test_every_upgrade_has_an_old_file_here() -> None:
    assert set(module.UPGRADES) == set(range(1, module.FORMAT)) == set(OLD_FILES)
    for old, wanted in OLD_FILES.values():
        assert upgraded(old).items() >= wanted.items()
