from __future__ import annotations

import sys
from pathlib import Path

import pytest
from platformdirs import windows

from engine.places import NAME, UserFolders, user_folders

VARIABLES = ("PERSONA_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_one_variable_moves_everything(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONA_HOME", "~/elsewhere")
    for platform in ("linux", "darwin", "win32"):
        assert user_folders(platform) == UserFolders.under(home / "elsewhere")


def test_linux_follows_xdg(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = user_folders("linux")
    assert plain.data == home / ".local/share/persona-studio"
    assert plain.config == home / ".config/persona-studio"
    assert plain.cache == home / ".cache/persona-studio"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    moved = user_folders("linux")
    assert moved.data == Path("/data/persona-studio")
    assert moved.cache == plain.cache, "relative paths are to be ignored"


def test_macos_has_its_library(home: Path) -> None:
    support = home / "Library" / "Application Support" / NAME
    assert user_folders("darwin") == UserFolders(
        support, support / "config", home / "Library" / "Caches" / NAME
    )


def test_windows_has_local_and_roaming_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local, roaming = home / "AppData" / "Local", home / "AppData" / "Roaming"
    monkeypatch.setenv("LOCALAPPDATA", str(local))
    monkeypatch.setenv("APPDATA", str(roaming))
    if sys.platform != "win32":  # which alone has known folders to ask for
        monkeypatch.setattr(windows, "get_win_folder", windows.get_win_folder_from_env_vars)
    assert user_folders("win32") == UserFolders(local / NAME, roaming / NAME, local / NAME / "cache")


def test_what_earlier_versions_made_on_macos_stays_in_use(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "xdg"))  # which those versions did not read there
    assert user_folders("darwin").data == home / "xdg" / NAME
    support = home / "Library" / "Application Support" / NAME
    support.mkdir(parents=True)
    assert user_folders("darwin").data == support
    assert user_folders("darwin").config == support / "config"


def test_what_earlier_versions_made_on_windows_stays_in_use(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local, roaming = home / "AppData" / "Local" / NAME, home / "AppData" / "Roaming" / NAME
    local.mkdir(parents=True)
    roaming.mkdir(parents=True)  # without variables, as in a service
    assert user_folders("win32") == UserFolders(local, roaming, local / "cache")
