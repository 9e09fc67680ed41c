from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import NoFaceError, PictureError
from engine.faces import Face, FaceFinder, align, align_file, align_whole
from engine.images import Picture, load_picture, resize, save_picture

SAMPLES = Path(str(resources.files("resources"))) / "samples"
POINTS = ((90.0, 110.0), (150.0, 110.0), (120.0, 140.0), (95.0, 172.0), (145.0, 172.0))


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return load_picture(SAMPLES / "daylight" / "daylight-1.jpg")


def noise(height: int, width: int) -> Picture:
    coarse = np.random.default_rng(0).integers(60, 200, (height // 20 + 1, width // 20 + 1, 3), np.uint8)
    return resize(coarse, (width, height))


def scene(portrait: Picture, side: int, left: int, top: int, size: tuple[int, int] = (480, 640)) -> Picture:
    """The portrait at `side` px, somewhere in a picture of nothing."""
    image = noise(*size)
    image[top : top + side, left : left + side] = resize(portrait, side)
    return image


def difference(a: Picture, b: Picture) -> float:
    return float(np.abs(resize(a, 32).astype(float) - resize(b, 32)).mean())


class TestFind:
    def test_an_aligned_portrait_stays_as_it_is(self, finder: FaceFinder) -> None:
        for path in sorted(SAMPLES.glob("*/*1.jpg")):
            image = load_picture(path)
            face = finder.best(image)
            assert face and abs(face.angle) < 8 and 225 < face.side < 290
            assert difference(align(image, face, 256), image) < 22

    @pytest.mark.parametrize(("side", "left", "top"), [(64, 400, 300), (200, 20, 40), (440, 100, 20)])
    def test_sizes_and_places(
        self, finder: FaceFinder, portrait: Picture, side: int, left: int, top: int
    ) -> None:
        faces = finder.find(scene(portrait, side, left, top))
        assert len(faces) == 1
        x, y, width, height = faces[0].box
        assert left < x + width / 2 < left + side and top < y + height / 2 < top + side
        assert faces[0].side == pytest.approx(side, rel=0.15)

    @pytest.mark.parametrize("degrees", [25, -40, 90, 180])
    def test_tilted_and_overturned_heads(self, finder: FaceFinder, portrait: Picture, degrees: int) -> None:
        turn = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 0.7)
        image = cv2.warpAffine(portrait, turn, (256, 256), borderMode=cv2.BORDER_REPLICATE)
        face = finder.best(np.asarray(image, np.uint8))
        assert face
        off = (face.angle + degrees + 180) % 360 - 180
        assert abs(off) < 10
        assert difference(align(np.asarray(image, np.uint8), face, 128), portrait) < 25

    def test_the_foremost_of_several_comes_first(self, finder: FaceFinder, portrait: Picture) -> None:
        image = scene(portrait, 120, 10, 10)
        image[150:400, 200:450] = resize(portrait, 250)
        image[300:420, 500:620] = resize(portrait, 120)
        faces = finder.find(image)
        assert len(faces) == 3 and faces[0].side > 200
        equal = scene(portrait, 150, 0, 0)
        equal[150:300, 250:400] = resize(portrait, 150)
        assert finder.find(equal)[0].box[0] > 200

    def test_nobody(self, finder: FaceFinder) -> None:
        assert finder.find(noise(300, 400)) == []
        assert finder.best(np.zeros((5, 9, 3), np.uint8)) is None


class TestAlign:
    def face(self) -> Face:
        return Face((60.0, 60.0, 120.0, 150.0), POINTS, 0.9)

    def test_the_square(self) -> None:
        """Eyes 60 apart, eyes to mouth 62: side max(4 * 60, 3.6 * 62), centre a tenth of the way down."""
        face = self.face()
        assert face.side == pytest.approx(240) and face.angle == pytest.approx(0)
        image = np.zeros((400, 400, 3), np.uint8)
        image[116:118, 119:121] = 255  # around (120, 116.2), the centre
        cut = align(image, face, 240)
        y, x = (float(np.average(index, weights=cut[:, :, 0])) for index in np.indices((240, 240)))
        assert abs(x - 119.5) < 1 and abs(y - 119.5) < 1

    def test_a_turned_head_comes_out_upright(self, portrait: Picture) -> None:
        turn = cv2.getRotationMatrix2D((127.5, 127.5), 30, 1.0)
        image = np.asarray(cv2.warpAffine(portrait, turn, (256, 256)), np.uint8)
        moved = np.array(POINTS) @ turn[:, :2].T + turn[:, 2]
        face = replace(self.face(), points=tuple(map(tuple, moved.tolist())))
        assert face.angle == pytest.approx(-30)
        inner = slice(60, 180)
        a = align(portrait, self.face(), 240)[inner, inner].astype(float)
        b = align(image, face, 240)[inner, inner]
        assert np.abs(a - b).mean() < 4

    def test_shrinking_is_antialiased(self) -> None:
        stripes = (np.arange(2000) % 4 < 2).astype(np.uint8) * 255
        image = np.repeat(np.repeat(stripes[None, :, None], 2000, axis=0), 3, axis=2)
        points = tuple((x * 8, y * 8) for x, y in POINTS)
        cut = align(image, replace(self.face(), points=points), 100)
        assert np.abs(cut.astype(int) - 127).max() < 12

    def test_shrinking_does_not_shift(self, portrait: Picture) -> None:
        for factor in (3, 7):
            large = resize(portrait, 256 * factor)
            points = tuple(((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5) for x, y in POINTS)
            a = align(portrait, self.face(), 120).astype(float)
            b = align(large, replace(self.face(), points=points), 120)
            assert np.abs(a - b).mean() < 2

    def test_beyond_the_edge_it_is_reflected(self) -> None:
        image = np.full((240, 240, 3), 90, np.uint8)
        corner = tuple((x - 100, y - 100) for x, y in POINTS)
        assert (align(image, replace(self.face(), points=corner), 64) == 90).all()

    def test_the_whole_picture(self) -> None:
        image = np.zeros((100, 150, 3), np.uint8)
        image[:, 75:] = 200
        whole = align_whole(image, 60)
        assert whole.shape == (60, 60, 3) and whole[30, 5, 0] == 0 and whole[30, 55, 0] == 200
        assert whole[0, 55, 0] == 200  # reflected, not black
        assert align_whole(np.zeros((10, 1000, 3), np.uint8), 64).shape == (64, 64, 3)


class TestFile:
    def test_reports_a_picture_without_a_face(self, finder: FaceFinder, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "no one.png", noise(200, 300))
        with pytest.raises(NoFaceError, match=r"no one\.png: no face was found"):
            align_file(finder, path, 64)
        aligned = align_file(finder, path, 64, whole=True)
        assert aligned.whole and aligned.image.shape == (64, 64, 3)
        with pytest.raises(PictureError, match="does not exist"):
            align_file(finder, tmp_path / "none.png", 64)

    def test_aligns(self, finder: FaceFinder) -> None:
        aligned = align_file(finder, SAMPLES / "amber" / "amber-1.jpg", 64)
        assert (aligned.faces, aligned.whole, aligned.image.shape) == (1, False, (64, 64, 3))


def test_opencv_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    FaceFinder().find(np.zeros((64, 64, 3), np.uint8))
    assert capfd.readouterr() == ("", "")


def test_the_detector_is_the_one_that_was_checked() -> None:
    import hashlib

    data = (resources.files("resources") / "faces" / "face_detection_yunet_2023mar.onnx").read_bytes()
    assert (
        hashlib.sha256(data).hexdigest() in (resources.files("resources") / "faces" / "README.md").read_text()
    )
