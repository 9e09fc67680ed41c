"""Where consent records and the register of what was made are kept: the user's data folder."""

from __future__ import annotations

from pathlib import Path

from engine.places import user_folders


def data_home() -> Path:
    """The user's data folder. It need not exist."""
    return user_folders().data
