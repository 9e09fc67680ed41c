"""Where a person's own things are kept: the system's usual folders, or all of them below PERSONA_HOME.

`platformdirs` knows the usual ones. Where an earlier version of the program used another folder, and it is
there, it stays in use: nobody's work moves.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

NAME = "Persona Studio"
UNIX_NAME = "persona-studio"


@dataclass(frozen=True)
class UserFolders:
    """The folders of one person. None of them need exist."""

    data: Path
    """What people made: never deleted by the program."""
    config: Path
    """Settings."""
    cache: Path
    """What can be made again; may be deleted at any time."""

    @classmethod
    def under(cls, home: Path) -> UserFolders:
        """All below one folder."""
        return cls(home, home / "config", home / "cache")


def user_folders(platform: str = sys.platform) -> UserFolders:
    """The folders of the person who runs the program. platform: as in `sys.platform`."""
    if own := os.environ.get("PERSONA_HOME"):
        return UserFolders.under(Path(own).expanduser().absolute())
    if platform == "darwin":
        return _macos()
    if platform == "win32":
        return _windows()
    dirs = Unix(UNIX_NAME)
    return UserFolders(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path)


def helpers_folder() -> Path:
    """Where networks are kept that package archives brought; PERSONA_HELPERS names another folder."""
    if chosen := os.environ.get("PERSONA_HELPERS"):
        return Path(chosen)
    return user_folders().data / "helpers"


def _macos() -> UserFolders:
    dirs, library = MacOS(NAME), Path.home() / "Library"
    data = _former(library / "Application Support" / NAME) or dirs.user_data_path
    cache = _former(library / "Caches" / NAME) or dirs.user_cache_path
    return UserFolders(data, data / "config", cache)  # apart from what people made, which has the same place


def _windows() -> UserFolders:
    home = Path.home() / "AppData"
    local = _former(Path(os.environ.get("LOCALAPPDATA") or home / "Local") / NAME)
    roaming = _former(Path(os.environ.get("APPDATA") or home / "Roaming") / NAME)
    data = local or Windows(NAME, appauthor=False).user_data_path
    config = roaming or Windows(NAME, appauthor=False, roaming=True).user_config_path
    return UserFolders(data, config, data / "cache")


def _former(folder: Path) -> Path | None:
    """The folder of an earlier version, where there is one."""
    return folder if folder.exists() else None
