"""Photos brought closer by a child of the trainer; here by one that only pretends."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.errors import Cancelled, PersonaError
from studio.library import processes
from studio.library.inversion import can_invert, invert

FACES = [np.full((8, 8, 3), value, np.uint8) for value in (10, 20)]
GOOD = """
from pathlib import Path
assert all(Path(name).is_file() for name in sys.argv[3:])
print("no event")
print('{"event": "inverting", "part": 0.5}')
for number in (0, 1):
    print('{"event": "inverted", "picture": %d, "offset": "o%d", "before": 2, "after": 1}' % (number, number))
"""
BAD = """
print('{"event": "failed", "reason": {"code": "weights", "message": "some reason.", "values": {}}}')
sys.exit(2)
"""


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def take(code: str) -> None:
        folder = tmp_path / "elsewhere" / "trainer"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "__main__.py").write_text("import sys" + code)
        settings = dict(os.environ) | {"PYTHONPATH": str(folder.parent)}
        monkeypatch.setattr(processes, "environment", lambda given, package: settings)
        monkeypatch.chdir(tmp_path)

    return take


@pytest.fixture
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.load(tiny_bundle)


def test_offsets_come_as_they_are_found(pretend: Callable[[str], None], bundle: Bundle) -> None:
    pretend(GOOD)
    told: list[tuple[int, int]] = []
    assert list(invert(bundle, FACES, lambda *far: told.append(far), lambda: False)) == ["o0", "o1"]
    assert told == [(50, 100)]


def test_a_reason_is_passed_on(pretend: Callable[[str], None], bundle: Bundle) -> None:
    pretend(BAD)
    with pytest.raises(PersonaError, match=r"more closely: some reason\.$") as refused:
        list(invert(bundle, FACES, lambda *_: None, lambda: False))
    assert refused.value.code == "weights"


def test_it_can_be_stopped_while_nothing_is_told(pretend: Callable[[str], None], bundle: Bundle) -> None:
    pretend("\nimport time\ntime.sleep(60)")
    with pytest.raises(Cancelled):
        list(invert(bundle, FACES, lambda *_: None, lambda: True))


def test_models_from_elsewhere_cannot_be_inverted(bundle: Bundle) -> None:
    assert not can_invert(bundle)
    known = replace(bundle, card=replace(bundle.card, raw=bundle.card.raw | {"network": {"resolution": 32}}))
    assert can_invert(known)
    files = {name: entry for name, entry in known.card.files.items() if name != "generator.safetensors"}
    assert not can_invert(replace(known, card=replace(known.card, files=files)))
