"""The training room in each of its states, for the pictures that `persona studio --screenshots` writes.

Nothing is trained for them: the state is put together from the sample pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.formats.consent import Consent
from engine.formats.protocol import Preflight
from engine.formats.reason import Reason
from engine.formats.run_state import Point, RunSnapshot, RunState
from engine.formats.set_report import SetCaution
from engine.images import Picture, load_picture, resize, save_picture
from studio.library.datasets import PreparedFolder, SetItem
from studio.library.text import Text
from studio.library.training_queue import TrainingRequest
from studio.state.preparation import Preparation, Setup, Stage, TrainingTrouble, TrialSteps
from studio.state.training import Training

if TYPE_CHECKING:
    from studio.views.window import Window

DIGEST = "0" * 64
REASONS = ("blurred", "near-duplicate", "no-face", "turned", "dark")
CONSENT = Consent(
    "synthetic",
    "Portraits of invented people",
    "Studio Ada",
    "2026-03-03",
    adult=True,
    files=96,
    digest=DIGEST,
)
NEEDED = Preflight(True, 2100.0, 900.0, 210.0, 8, 1, "")
COLUMNS, ROWS, CELL = 8, 5, 96
TOTAL = 20.0
NOW = 1_770_000_000.0
"""A day that is the same in every picture."""


def scenes(samples: Iterable[Path]) -> list[tuple[str, Callable[[Window], object]]]:
    """Names of the states, and how each is brought about. samples: folders of pictures."""
    pictures = sorted(path for folder in samples for path in folder.glob("*.jpg"))
    setup = _setup(pictures)
    assert setup.report is not None
    permitted = replace(setup, consent=CONSENT)
    steps: list[tuple[str, Setup, str]] = [
        (
            "reading",
            replace(setup, stage=Stage.READING, report=None, done=41, total=120, seconds_left=32),
            "",
        ),
        ("pictures", setup, "pictures"),
        ("left-out", setup, "out"),
        ("permission", setup, "permission"),
        ("record", permitted, "permission"),
        ("measuring", replace(permitted, measured=TrialSteps("measuring")), "time"),
        ("time", replace(permitted, measured=TrialSteps("known", NEEDED)), "time"),
        ("failed", replace(setup, stage=Stage.FAILED, report=None, trouble=_trouble()), ""),
    ]
    return [
        ("intro", _show_intro),
        *((name, _set_up(found, step)) for name, found, step in steps),
        ("run", lambda window: _show_run(window, pictures, "running")),
        ("paused", lambda window: _show_run(window, pictures, "paused")),
        ("broken", lambda window: _show_run(window, pictures, "broken")),
        ("done", lambda window: _show_run(window, pictures, "done")),
    ]


def leave(window: Window) -> None:
    """Everything as if nothing had ever been trained."""
    window.context.preparation.set(Setup())
    training = window.context.training
    training.set_waiting(())
    training.set_current(None)
    training.set_runs(())
    window.training.show_home()
    window.show_page("explore")


def _show_intro(window: Window) -> None:
    window.show_page("training")
    window.training.show_home()


def _set_up(setup: Setup, step: str) -> Callable[[Window], object]:
    def show(window: Window) -> None:
        preparation: Preparation = window.context.preparation
        window.show_page("training")
        page = window.training.setup
        preparation.set(Setup())
        preparation.set(setup)
        window.training.show_setup()
        if step == "out":
            page.pictures.pills.choose("out")
            page.pictures.show_setup(setup)
        elif step:
            page.show_step(step)
            preparation.set(setup)

    return show


def _setup(pictures: list[Path]) -> Setup:
    kept = [SetItem(f"{n:03}.jpg", True, path) for n, path in enumerate(pictures * 2)]
    dropped = [
        SetItem(
            f"{100 + n}.jpg",
            False,
            pictures[n % len(pictures)],
            code,
            like="004.jpg" if "dupl" in code else "",
        )
        for n, code in enumerate(REASONS * 2)
    ]
    cautions = (SetCaution("few", "", len(kept)), SetCaution("one-background", "", 0.72))
    report = PreparedFolder(
        Path("set"),
        "Anna",
        Path("Anna"),
        DIGEST,
        aligned=True,
        labelled=False,
        items=(*kept, *dropped),
        problems=(("holiday/broken.jpg", Reason("damaged", "it is damaged")),),
        cautions=cautions,
        effective=0.86 * len(kept),
        sources=len(kept),
    )
    return Setup(Stage.READY, source=Path("Anna"), folder=Path("set"), report=report)


def _trouble() -> TrainingTrouble:
    return TrainingTrouble(
        Text("said.training.no_pictures"),
        Text("said.training.no_pictures.advice"),
    )


def _show_run(window: Window, pictures: list[Path], state: str) -> None:
    training: Training = window.context.training
    run = _run(window.context.places.runs / "Anna", pictures, state)
    earlier = _run(window.context.places.runs / "Mascot", pictures, "done")
    broken = _run(window.context.places.runs / "Ink", pictures, "broken")
    under_way = state in ("running", "paused")
    training.set_waiting(
        (TrainingRequest("Winter", Path("set"), window.context.places.runs / "Winter"),) if under_way else ()
    )
    training.set_current(run if under_way else None)
    training.set_runs(
        [
            *(() if under_way else (run,)),
            replace(earlier, name="Mascot"),
            replace(broken, name="Ink portraits"),
        ]
    )
    window.show_page("training")
    window.training.show_run(run.folder)


def _run(folder: Path, pictures: list[Path], state: str) -> RunState:
    """A run with curves that look like real ones, and grids of the sample pictures."""
    way = {"running": 0.62, "paused": 0.62, "broken": 0.35, "done": 1.0}[state]
    total, rng = TOTAL, np.random.default_rng(5)
    kimgs = [total * way * n / 240 for n in range(1, 241)]
    shots = [total * n / 8 for n in range(1, 9) if n / 8 <= way]
    status = "running" if state == "broken" else state
    return RunState(
        folder,
        "Anna",
        status=status,
        device="NVIDIA H100",
        kimg=total * way,
        total_kimg=total,
        seconds_left=790.0 if state == "running" else None,
        pictures=96,
        losses=tuple(Point(kimg, _losses(kimg / total, rng)) for kimg in kimgs),
        metrics=tuple(Point(kimg, _figures(kimg / total)) for kimg in shots),
        snapshots=tuple(_snapshot(folder, pictures, n, kimg, len(shots)) for n, kimg in enumerate(shots)),
        preflight=NEEDED,
        data=Path("set"),
        start_from="portraits",
        consent=CONSENT.to_json(),
        bytes=212_000_000,
        last_time=NOW,
        bundle=folder / "model" if state == "done" else None,
    )


def _losses(share: float, rng: Any) -> dict[str, float]:
    wobble = 0.03 * rng.standard_normal()
    return {
        "reconstruction": 0.2 + 0.5 * math.exp(-5 * share) + wobble,
        "style_consistency": 0.1 + 0.4 * math.exp(-3 * share) + wobble,
    }


def _figures(share: float) -> dict[str, float]:
    close = math.exp(-3.2 * share)
    return {
        "kid": 0.012 + 0.09 * close,
        "real_kid": 0.011,
        "diversity": 0.94 - 0.3 * close,
        "style_agreement": 0.91 - 0.35 * close,
        "copying": 1.04,
    }


def _snapshot(folder: Path, pictures: list[Path], number: int, kimg: float, count: int) -> RunSnapshot:
    file = folder / "samples" / f"{number}.webp"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        save_picture(file, _grid(pictures, number))
    return RunSnapshot(number, kimg, file, folder / "snapshots", _figures(kimg / TOTAL), number == count - 1)


def _grid(pictures: list[Path], number: int) -> Picture:
    tiles = _tiles(tuple(pictures))
    rows = []
    for line in range(ROWS):
        cells = [tiles[(line * 3 + column + number) % len(tiles)] for column in range(COLUMNS)]
        rows.append(np.concatenate(cells, axis=1))
    return np.concatenate(rows, axis=0)


@lru_cache(maxsize=1)
def _tiles(pictures: tuple[Path, ...]) -> list[Picture]:
    return [resize(load_picture(path, max_side=256), CELL) for path in pictures]
