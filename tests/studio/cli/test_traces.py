"""What a run leaves on the disk: nothing outside the program's own folders and what was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import engine

ROOT = Path(engine.__file__).parents[1]


def test_a_run_creates_no_file_elsewhere(tiny_bundle: Path, tmp_path: Path) -> None:
    """ONNX Runtime used to leave a device id and a database, although its telemetry is off."""
    home, temporary, own, out = (tmp_path / name for name in ("home", "tmp", "own", "out"))
    for folder in (home, temporary):
        folder.mkdir()
    places = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME"), str(home))
    scratch = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "ORT_"))}
    env = kept | places | scratch | {"PERSONA_HOME": str(own), "PYTHONPATH": str(ROOT)}
    command = ["generate", "--count", "1", "--seed", "1", "--model", str(tiny_bundle), "--out", str(out)]
    subprocess.run([sys.executable, "-m", "studio", *command], env=env, cwd=home, check=True, timeout=100)
    assert any(out.iterdir())
    assert [*home.rglob("*"), *temporary.rglob("*")] == []


def test_onnxruntime_is_imported_in_one_place() -> None:
    """Where its telemetry is switched off before."""
    sources = [path for part in ("engine", "studio", "trainer") for path in (ROOT / part).rglob("*.py")]
    found = [path for path in sources if "import onnxruntime" in path.read_text("utf-8")]
    assert found == [ROOT / "engine" / "providers.py"]
