from __future__ import annotations

from pathlib import Path

import pytest

from studio.library.movies import MAX_FRAMES, MovieOptions, free_target


def test_frames_follow_from_the_seconds() -> None:
    assert MovieOptions(fps=25).frames(4.5) == 112
    assert MovieOptions(fps=60).frames(1e6) == MAX_FRAMES
    assert MovieOptions().frames(0.0) == 2


def test_the_target_has_a_name_that_can_be_written(tmp_path: Path) -> None:
    options = MovieOptions(kind="gif", folder=str(tmp_path), name="../a/b:c")
    assert options.target().parent == tmp_path
    assert options.target().suffix == ".gif"
    assert MovieOptions(kind="frames", folder=str(tmp_path), name="walk").target() == tmp_path / "walk"


def test_a_free_name_is_found(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    assert free_target(path) == path
    path.touch()
    (tmp_path / "walk (2).mp4").touch()
    assert free_target(path) == tmp_path / "walk (3).mp4"


@pytest.mark.parametrize("wrong", [{"kind": "avi"}, {"fps": 0}])
def test_choices_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no such movie"):
        MovieOptions(**wrong)  # type: ignore[arg-type]


def test_shapes_and_loops_are_remembered_and_checked() -> None:
    options = MovieOptions(shape="1080x1920", loop=True)
    assert (options.shape, options.loop) == ("1080x1920", True)
    assert not MovieOptions().loop and not MovieOptions().shape
    with pytest.raises(ValueError, match="shape"):
        MovieOptions(shape="1x1")
