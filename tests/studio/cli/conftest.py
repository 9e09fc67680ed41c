"""The command line as tests use it: in this process, or in a child where the process itself matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.bundle import Bundle
from engine.images import Picture, save_picture
from engine.recipe import Recipe
from engine.style_maker import StyleMaker
from studio.cli import main

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """stdout, which must be one JSON object and nothing else."""
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value


Persona = Callable[..., Answer]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library of a person who has none yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PERSONA_HOME", str(folder))
    monkeypatch.delenv("PERSONA_DEBUG", raising=False)
    return folder


@pytest.fixture
def persona(capsys: pytest.CaptureFixture[str]) -> Persona:
    """Runs `persona ARGS` in this process."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Answer(code, said.out, said.err)

    return run


def child(*words: object, code: str = "from studio.cli import main; sys.exit(main())") -> list[str]:
    """The command line of a process that runs `code` with `words` as its arguments."""
    return [sys.executable, "-c", f"import sys\n{code}", *map(str, words)]


def child_environment(**more: str) -> dict[str, str]:
    """The environment of such a process."""
    return dict(os.environ) | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | more


def run_child(*words: object, code: str = "", **settings: Any) -> Answer:
    """Runs `persona ARGS` (or `code`) in a child process."""
    done = subprocess.run(
        child(*words, code=code) if code else child(*words),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env=child_environment(),
        check=False,
        **settings,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def picture(seed: int = 0, size: tuple[int, int] = (40, 40)) -> Picture:
    """Some colours: no face in it."""
    rng = np.random.Generator(np.random.PCG64(seed))
    small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.array(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


def write_picture(path: Path, seed: int = 0, size: tuple[int, int] = (40, 40)) -> Path:
    """A picture file from elsewhere, without a face. Looking for one takes a while; see `pictures`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed, size)).save(path)
    return path


def made_here(folder: Path) -> list[Path]:
    """Three pictures that say that they were made by a model."""
    return [
        save_picture(folder / f"{i}.png", picture(i), recipe=Recipe.from_seed("some model", i))
        for i in range(3)
    ]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Three pictures that were made here, so that nobody looks for a face in them."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return made_here(folder)


@pytest.fixture(scope="session")
def style_text(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a style called Mila, of three pictures."""
    folder = tmp_path_factory.mktemp("style")
    made = StyleMaker(Bundle.load(tiny_bundle)).from_pictures("Mila", made_here(folder)).style
    return made.save(folder / "mila.json").read_bytes()


@pytest.fixture
def style(style_text: bytes, tmp_path: Path) -> Path:
    """A style file."""
    path = tmp_path / "mila.json"
    path.write_bytes(style_text)
    return path
