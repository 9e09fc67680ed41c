"""What the import contracts of pyproject.toml cannot say.

The formats need the standard library only, and no name of a class means two things.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORMATS = sorted((ROOT / "engine" / "formats").rglob("*.py"))


@pytest.mark.parametrize("path", [ROOT / "engine" / "__init__.py", *FORMATS], ids=lambda path: path.stem)
def test_formats_need_the_standard_library_only(path: Path) -> None:
    outside = {
        module
        for module in _imported(path)
        if not f"{module}.".startswith("engine.formats.")
        and module.partition(".")[0] not in sys.stdlib_module_names
    }
    assert not outside


def test_no_class_name_means_two_things() -> None:
    places = defaultdict(list)
    for package in ("engine", "studio", "trainer"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for name in re.findall(r"^\s*class (_?[A-Z]\w*)[(:\[]", path.read_text(encoding="utf-8"), re.M):
                places[name].append(path.relative_to(ROOT).as_posix())
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield node.module or ""
