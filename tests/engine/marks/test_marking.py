"""Every kind of file carries every mark, and independent readers find them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import SigningError
from engine.export import ExportItem, export_set
from engine.images import load_picture, save_picture
from engine.marks import aigc
from engine.marks.certificate import FILE, Credentials, load_credentials, own_credentials
from engine.marks.detection import detect
from engine.marks.films import xmp_of_mp4
from engine.marks.label import CORNERS, SHARE, DrawnLabel, draw
from engine.marks.manifest import read_manifest
from engine.marks.marking import Marking, save_marked
from engine.marks.signing import Claim, sign
from engine.movie import write_movie
from engine.provenance import COMPOSITE, GENERATED, Record, packet_of
from engine.recipe import Recipe
from tests.engine.marks.test_watermark import drawn
from tests.engine.pngs import unsigned


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return own_credentials(tmp_path_factory.mktemp("config"))


@pytest.fixture
def marking(credentials: Credentials, tmp_path: Path) -> Marking:
    return Marking(credentials=credentials, log=tmp_path / "log" / "unmarked.jsonl")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff"])
def test_a_picture_carries_all_marks(marking: Marking, tmp_path: Path, suffix: str) -> None:
    path = save_marked(tmp_path / f"a.{suffix}", drawn(256), marking)
    with Image.open(path) as image:
        packet = packet_of(image)
    assert GENERATED in packet and "TC260:AIGC" in packet
    manifest = read_manifest(path)
    assert manifest is not None and manifest.holds and manifest.self_made and manifest.source == GENERATED
    assert detect(load_picture(path)).found
    assert not marking.log.exists()  # type: ignore[union-attr]


def test_a_png_also_has_the_record_as_text(marking: Marking, tmp_path: Path) -> None:
    path = save_marked(tmp_path / "a.png", drawn(64), marking)
    with Image.open(path) as image:
        record = json.loads(image.info["AIGC"])
    assert record["Label"] == "1" and record["ContentProducer"] == "Persona Studio"
    assert len(record["ProduceID"]) == 32
    assert aigc.read(image.info["AIGC"]) == aigc.AigcRecord("1", "Persona Studio", record["ProduceID"])


@pytest.mark.parametrize("kind", ["mp4", "webp", "gif", "frames"])
def test_a_film_carries_all_marks(marking: Marking, tmp_path: Path, kind: str) -> None:
    frames = [(np.roll(drawn(128), n, 1), None) for n in range(3)]
    path = write_movie(frames, tmp_path / f"a.{kind}", kind=kind, marking=marking)
    file = path / "frame-0001.png" if kind == "frames" else path
    manifest = read_manifest(file)
    assert manifest is not None and manifest.holds and manifest.source == GENERATED
    packet = xmp_of_mp4(path) if kind == "mp4" else file.read_bytes().decode("utf-8", "replace")
    assert GENERATED in packet and "TC260:AIGC" in packet


def test_all_but_the_manifest_is_the_same_each_time(marking: Marking) -> None:
    once, again = (marking.picture(drawn(64), "PNG") for _ in range(2))
    assert once != again and unsigned(once) == unsigned(again) == Marking().picture(drawn(64), "PNG")


def test_a_photo_makes_it_a_composite(marking: Marking, tmp_path: Path) -> None:
    photo = save_picture(tmp_path / "photo.jpg", drawn(64))
    data = marking.picture(drawn(64), "PNG", Record(photo=True), inputs=(photo,))
    (tmp_path / "a.png").write_bytes(data)
    manifest = read_manifest(tmp_path / "a.png")
    assert manifest is not None and manifest.source == COMPOSITE and manifest.ingredients == ("photo",)


def test_what_is_marked_gets_no_second_watermark(marking: Marking, tmp_path: Path) -> None:
    save_marked(tmp_path / "a.png", drawn(128), marking)
    export_set([ExportItem(tmp_path / "a.png")], tmp_path / "out", template="{n}", marking=marking)
    assert np.array_equal(load_picture(tmp_path / "out" / "1.png"), load_picture(tmp_path / "a.png"))


def test_the_manifest_of_others_is_kept(marking: Marking, tmp_path: Path) -> None:
    others = others_credentials(tmp_path)
    data = sign(Marking(on=False).picture(drawn(128), "PNG"), "PNG", Claim(GENERATED), others)
    (tmp_path / "theirs.png").write_bytes(data)
    items = [ExportItem(tmp_path / "theirs.png")]
    export_set(items, tmp_path / "out", template="{n}", marking=marking)
    manifest = read_manifest(tmp_path / "out" / "1.png")
    assert manifest is not None and manifest.holds and manifest.ingredients == ("picture",)


def test_a_changed_file_does_not_hold(marking: Marking, tmp_path: Path) -> None:
    path = save_marked(tmp_path / "a.tiff", drawn(64), marking)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    manifest = read_manifest(path)
    assert manifest is None or not manifest.holds


def test_leaving_marks_out_is_noted(tmp_path: Path) -> None:
    bare = Marking(on=False, log=tmp_path / "unmarked.jsonl")
    items = [ExportItem(drawn(64), Recipe.from_seed("m", 1))]
    export_set(items, tmp_path / "out", template="{n}", sidecar=True, marking=bare)
    assert b"trainedAlgorithmicMedia" not in (tmp_path / "out" / "1.png").read_bytes()
    beside = json.loads((tmp_path / "out" / "1.json").read_text("utf-8"))
    assert beside["marks"] == [] and beside["digital_source_type"] is None
    noted = json.loads((tmp_path / "unmarked.jsonl").read_text("utf-8"))
    assert noted["file"] == "1.png" and len(noted["sha256"]) == 64


class TestCredentials:
    def test_they_are_made_once_and_private(self, tmp_path: Path) -> None:
        assert own_credentials(tmp_path) == own_credentials(tmp_path)
        if os.name == "posix":
            assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
            (tmp_path / FILE).chmod(0o644)
            own_credentials(tmp_path)
            assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
        assert "PRIVATE" not in repr(own_credentials(tmp_path))

    def test_expired_ones_are_made_anew(self, tmp_path: Path) -> None:
        before = own_credentials(tmp_path)
        later = own_credentials(tmp_path, datetime.now(UTC) + timedelta(days=365 * 11))
        assert later.key != before.key

    def test_an_expired_certificate_is_refused(self, tmp_path: Path) -> None:
        own_credentials(tmp_path)
        later = datetime.now(UTC) + timedelta(days=365 * 11)
        with pytest.raises(SigningError, match=r"signing\.pem: it expired on"):
            load_credentials(tmp_path / FILE, tmp_path / FILE, later)

    def test_a_wrong_key_is_refused(self, tmp_path: Path) -> None:
        for folder in "ab":
            own_credentials(tmp_path / folder)
        with pytest.raises(SigningError, match="not the key of the certificate"):
            load_credentials(tmp_path / "a" / FILE, tmp_path / "b" / FILE)

    @pytest.mark.parametrize(("text", "reason"), [(b"", "no certificate"), (b"\0" * 99, "no certificate")])
    def test_what_is_none_is_refused(self, tmp_path: Path, text: bytes, reason: str) -> None:
        (tmp_path / "c.pem").write_bytes(text)
        with pytest.raises(SigningError, match=reason):
            load_credentials(tmp_path / "c.pem", tmp_path / "c.pem")
        with pytest.raises(SigningError, match="No such file"):
            load_credentials(tmp_path / "none.pem", tmp_path / "c.pem")


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_the_label_can_be_read_on_any_ground(corner: str, language: str, ground: int) -> None:
    picture = np.full((300, 400, 3), ground, np.uint8)
    made = draw(picture, DrawnLabel(corner, language)).astype(int)
    rows, columns = np.nonzero((made != picture).any(axis=2))
    assert (rows.min() > 150) == corner.startswith("bottom") and (columns.min() > 150) == corner.endswith(
        "right"
    )
    white = np.argwhere(made.min(axis=2) > 240) if ground < 255 else np.argwhere(made.min(axis=2) > 250)
    if ground < 255:
        assert np.ptp(white[:, 0]) + 1 >= SHARE * 300 - 2 >= 0.05 * 300 - 1
    plate = made[rows.min(), columns.min()]
    assert contrast(255, int(plate[0])) >= 4.5


def contrast(light: int, dark: int) -> float:
    """Of two greys, as WCAG has it."""

    def luminance(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return (luminance(light) + 0.05) / (luminance(dark) + 0.05)


def others_credentials(folder: Path) -> Credentials:
    """As if from another program."""
    from dataclasses import replace
    from unittest import mock

    with mock.patch("engine.marks.certificate.MADE_HERE", "Somebody else"):
        return replace(own_credentials(folder / "others"), made_here=False)
