"""What to call what is made from files: after the folder they lie in, where that folder says something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

LONGEST = 100
SAY_NOTHING = {
    *("desktop", "downloads", "documents", "pictures", "photos", "images", "my pictures", "screenshots"),
    *("dcim", "camera", "camera roll", "tmp", "temp", "home", "users", "files", "new folder", "100apple"),
    *("桌面", "下载", "文档", "图片", "照片", "相机", "新建文件夹"),
}
"""Folders in which anything may lie."""
NO_WORD = re.compile(r"[\W\d_]*")


def name_of_folder(paths: Sequence[Path]) -> str:
    """The name of the one folder that these are, or lie in; empty where there is none, or it says nothing.

    Looks at the disk to tell folders from files.
    """
    folders = {path if path.is_dir() else path.parent for path in map(Path.absolute, paths)}
    if len(folders) > 1:
        folders = {folder.parent for folder in folders}
    if len(folders) != 1:
        return ""
    folder = folders.pop()
    name = " ".join(folder.name.split())[:LONGEST]
    says_nothing = name.casefold() in SAY_NOTHING or NO_WORD.fullmatch(name) or folder == Path.home()
    return "" if says_nothing else name
