from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import PictureError
from engine.faces import align
from engine.images import Picture
from tests.trainer.data.scenes import FakeFinder, face_at, middle_face, scene
from trainer.data import DataError
from trainer.data.crops import Cut, cut_crops, outside


def save(tmp_path: Path, image: Image.Image, name: str = "a.png") -> Path:
    path = tmp_path / name
    image.save(path, quality=95) if path.suffix == ".jpg" else image.save(path)
    return path


def test_a_face_is_cut_as_the_engine_aligns_it(tmp_path: Path) -> None:
    image = scene(1, 200, 160)
    face = face_at(100, 80, 120)
    (crop,) = cut_crops(save(tmp_path, image), Cut(64), FakeFinder(lambda picture: [face]))
    assert (crop.image == align(np.asarray(image), face, 64)).all()
    assert crop.face == 0
    assert crop.measures.side == pytest.approx(120, rel=0.01)
    assert crop.measures.enlarged == pytest.approx(64 / 120, rel=0.01)
    assert crop.measures.outside == 0
    assert crop.tiny.shape == (17, 17, 3)


def test_every_face_gives_a_crop(tmp_path: Path) -> None:
    faces = [face_at(60, 80, 100), face_at(200, 80, 90), face_at(260, 30, 40)]
    crops = cut_crops(save(tmp_path, scene(2, 300, 160)), Cut(64), FakeFinder(lambda picture: faces))
    assert [crop.face for crop in crops] == [0, 1, 2]
    assert [round(crop.measures.side) for crop in crops] == [100, 90, 40]


def test_without_a_face_the_picture_itself_is_proposed(tmp_path: Path) -> None:
    (crop,) = cut_crops(save(tmp_path, scene(3, 200, 160)), Cut(64), FakeFinder(lambda picture: []))
    assert crop.face == -1
    assert crop.image.shape == (64, 64, 3)
    assert crop.measures.yaw is None


def test_whole_pictures_are_cropped_to_their_middle(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste(scene(4, 100, 100), (100, 0))
    (crop,) = cut_crops(save(tmp_path, image), Cut(100, align=False), None)
    assert (crop.image == np.asarray(scene(4, 100, 100))).all()
    assert crop.measures.aspect == 3.0
    assert len(crop.trims) == 3


def test_whole_pictures_can_be_padded_with_the_colour_of_their_edge(tmp_path: Path) -> None:
    image = Image.new("RGB", (128, 64), (10, 200, 30))
    image.paste(scene(5, 40, 40), (44, 12))
    (crop,) = cut_crops(save(tmp_path, image), Cut(64, align=False, fit="pad"), None)
    assert crop.image[0, 0].tolist() == [10, 200, 30]
    assert crop.image[-1, -1].tolist() == [10, 200, 30]
    assert crop.measures.side == 128
    assert crop.measures.aspect == 1.0


def test_large_pictures_are_read_only_as_finely_as_needed(tmp_path: Path) -> None:
    seen: list[tuple[int, ...]] = []

    def find(picture: Picture) -> list[object]:
        seen.append(picture.shape)
        return middle_face(picture)  # type: ignore[return-value]

    path = save(tmp_path, scene(6, 2400, 1800), "large.jpg")
    (crop,) = cut_crops(path, Cut(64), FakeFinder(find))  # type: ignore[arg-type]
    assert seen == [(720, 960, 3)]
    assert crop.measures.side == pytest.approx(0.98 * 1800, rel=0.01)


def test_small_faces_of_large_pictures_are_cut_from_a_finer_reading(tmp_path: Path) -> None:
    image = scene(7, 2400, 1800).resize((2400, 1800))
    image.paste(scene(8, 160, 160), (300, 400))

    def find(picture: Picture) -> list[object]:
        shrink = picture.shape[0] / 1800
        return [face_at(380 * shrink, 480 * shrink, 150 * shrink)]

    (crop,) = cut_crops(save(tmp_path, image), Cut(128), FakeFinder(find))  # type: ignore[arg-type]
    assert crop.measures.side == pytest.approx(150, rel=0.01)
    exact = align(np.asarray(image), face_at(380, 480, 150), 128)
    coarse = np.asarray(Image.fromarray(exact).resize((60, 60)).resize((128, 128)))
    error = np.abs(crop.image.astype(int) - exact).mean()
    assert error < np.abs(coarse.astype(int) - exact).mean() / 2


def test_outside_is_the_share_beyond_the_edge() -> None:
    assert outside(face_at(100, 100, 80), 200, 200) == 0
    assert outside(face_at(0, 100, 80), 200, 200) == pytest.approx(0.5, abs=0.05)
    assert outside(face_at(100, 100, 400), 200, 200) == pytest.approx(0.75, abs=0.06)


def test_settings_that_give_equal_crops_have_equal_keys() -> None:
    assert Cut(64).key == Cut(64, fit="pad").key
    assert len({Cut(64).key, Cut(96).key, Cut(64, False).key, Cut(64, False, "pad").key}) == 4


def test_refuses_settings() -> None:
    with pytest.raises(DataError, match="between 32 and 1024"):
        Cut(8)
    with pytest.raises(DataError, match="crop, pad"):
        Cut(64, fit="stretch")


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("hello")
    with pytest.raises(PictureError, match="not a PNG"):
        cut_crops(path, Cut(64), FakeFinder())
