"""Where consent records and the register of what was made are kept: the user's data folder.

The same folder as the studio's: PERSONA_HOME when it is set, otherwise the system's place for such data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def data_home(
    environment: Mapping[str, str] | None = None, platform: str = sys.platform, home: Path | None = None
) -> Path:
    """The user's data folder. It need not exist."""
    environment = os.environ if environment is None else environment
    if own := environment.get("PERSONA_HOME"):
        return Path(own).expanduser().absolute()
    home = Path.home() if home is None else home
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Persona Studio"
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Persona Studio"
    given = Path(environment.get("XDG_DATA_HOME", ""))
    return (given if given.is_absolute() else home / ".local" / "share") / "persona-studio"
