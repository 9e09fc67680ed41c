from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from engine.errors import Cancelled, TargetError
from engine.faces import Face, FaceFinder
from engine.formats import preparation
from engine.formats.events import Event
from engine.images import Picture
from tests.trainer.data.scenes import FakeFinder, face_at, middle_face, scene, write_scenes
from trainer.data import DataError, PreparedSet
from trainer.data.crops import Cut
from trainer.data.overrides import Overrides
from trainer.data.prepare import PreparationSettings, prepare

SIZE = 64
ROOT = Path(__file__).parents[3]


class Bench:
    """A folder of pictures, a target, and what was told while preparing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder / "pictures ü", folder / "the set"
        self.told: list[Event] = []
        self.looked_at = 0

    def prepare(
        self,
        settings: PreparationSettings | None = None,
        rule: Callable[[Picture], list[Face]] = middle_face,
        **more: Any,
    ) -> PreparedSet:
        def counted(image: Picture) -> list[Face]:
            self.looked_at += 1
            return rule(image)

        self.told.clear()
        self.looked_at = 0
        settings = settings or PreparationSettings(Cut(SIZE))
        more.setdefault("new_finder", lambda: FakeFinder(counted))
        return prepare(self.folder, self.out, settings, tell=self.told.append, **more)

    def report(self) -> dict[str, Any]:
        card: dict[str, Any] = json.loads((self.out / "report.json").read_text("utf-8"))
        return card

    def dropped(self) -> dict[str, str]:
        return {entry["id"]: entry["code"] for entry in self.report()["dropped"]}

    def of_kind(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    found = Bench(tmp_path)
    write_scenes(found.folder, 12)
    return found


def test_prepares_a_folder(bench: Bench) -> None:
    made = bench.prepare()
    assert len(made.pictures) == 12
    assert [len(made.of("train")), len(made.of("val"))] == [11, 1]
    assert made.verify() == []
    assert made.load(None, SIZE).images.shape == (12, 3, SIZE, SIZE)
    (done,) = bench.of_kind(preparation.SetReady)
    assert (done.pictures, done.train, done.val, done.read) == (12, 11, 1, 12)
    assert done.digest == made.digest
    assert bench.of_kind(preparation.PicturesRead)[-1].done == 12


def test_crops_are_stored_without_loss(bench: Bench) -> None:
    made = bench.prepare(PreparationSettings(Cut(160, align=False)))
    images, _, names = made.load(None, 160)
    stored = {picture.file: picture.source for picture in made.pictures}
    for image, name in zip(images, names, strict=True):
        with Image.open(bench.folder / stored[name]) as source:
            assert (image.transpose(1, 2, 0) == source).all()


def test_drops_what_spoils_a_model_and_says_why(bench: Bench) -> None:
    scene(50).filter(ImageFilter.GaussianBlur(15)).save(bench.folder / "blurred.png")
    scene(51).point(lambda value: value // 30).save(bench.folder / "dark.png")
    scene(52, 30, 30).save(bench.folder / "tiny.png")
    ImageOps.mirror(scene(0)).save(bench.folder / "mirrored.png")
    scene(1).resize((110, 110)).save(bench.folder / "smaller.png")
    shutil.copy(bench.folder / "scene 2.png", bench.folder / "copy.png")
    made = bench.prepare()
    assert bench.dropped() == {
        "blurred.png": "blurred",
        "dark.png": "dark",
        "tiny.png": "face-small",
        "scene 0.png": "near-duplicate",
        "smaller.png": "near-duplicate",
        "scene 2.png": "duplicate",
    }
    assert len(made.pictures) == 12
    like = {entry["id"]: entry["like"] for entry in bench.report()["dropped"]}
    assert like["smaller.png"] == "scene 1.png"
    assert like["scene 2.png"] == "copy.png"


def test_unusable_files_are_named_and_the_rest_goes_on(bench: Bench) -> None:
    (bench.folder / "text.png").write_text("hello")
    whole = (bench.folder / "scene 3.png").read_bytes()
    (bench.folder / "cut short.png").write_bytes(whole[: len(whole) // 2])
    assert len(bench.prepare().pictures) == 12
    told = {event.file: event.reason.code for event in bench.of_kind(preparation.PictureRefused)}
    assert told == {"text.png": "not-a-picture", "cut short.png": "damaged"}
    assert {one["file"]: one["code"] for one in bench.report()["problems"]} == told


def test_several_faces_are_kept_on_one_side(bench: Bench) -> None:
    for seed in range(60, 78):
        wide = Image.new("RGB", (320, 160))
        wide.paste(scene(seed), (0, 0))
        wide.paste(scene(seed + 100), (160, 0))
        wide.save(bench.folder / f"two {seed}.png")

    def rule(image: Picture) -> list[Face]:
        height, width = image.shape[:2]
        return [face_at(height * (0.5 + n), height / 2, height * 0.98) for n in range(round(width / height))]

    made = bench.prepare(rule=rule)
    assert len(made.pictures) == 12 + 36
    sides: dict[str, set[str]] = {}
    for picture in made.pictures:
        sides.setdefault(picture.source, set()).add(picture.split)
    assert all(len(found) == 1 for found in sides.values())
    assert len(made.of("val")) >= 3


def test_near_duplicates_never_straddle_the_split(bench: Bench) -> None:
    for seed in range(12):
        red, green, blue = scene(seed).split()
        Image.merge("RGB", (blue, green, red)).save(bench.folder / f"other colours {seed}.png")
    made = bench.prepare()
    sides: dict[int, set[str]] = {}
    for picture in made.pictures:
        sides.setdefault(picture.cluster, set()).add(picture.split)
    assert len(made.pictures) > 20
    assert all(len(found) == 1 for found in sides.values())
    assert len(made.of("val")) == 2


def test_subfolders_name_the_styles(bench: Bench) -> None:
    write_scenes(bench.folder / "noir", 6, first=20)
    write_scenes(bench.folder / "pastel é" / "deep", 6, first=30)
    made = bench.prepare(PreparationSettings(Cut(SIZE), subfolder_labels=True))
    assert made.classes == ("noir", "pastel é", "unsorted")
    assert len(made.of(classes=["pastel é"])) == 6


def test_pictures_without_a_face_are_left_out_unless_put_back(bench: Bench) -> None:
    scene(40, 200, 160).save(bench.folder / "landscape.png")

    def rule(image: Picture) -> list[Face]:
        return middle_face(image) if image.shape[0] == image.shape[1] else []

    assert len(bench.prepare(rule=rule).pictures) == 12
    assert bench.dropped() == {"landscape.png": "no-face"}
    Overrides().changed(put_back=["landscape.png"], leave_out=["scene 5.png"]).save(bench.out)
    made = bench.prepare(rule=rule)
    sources = {picture.source for picture in made.pictures}
    assert "landscape.png" in sources
    assert "scene 5.png" not in sources
    assert made.verify() == []
    assert bench.looked_at == 1  # only the one whose crop was not on disk


def test_unknown_decisions_are_reported(bench: Bench) -> None:
    bench.prepare()
    Overrides().changed(put_back=["nobody.png"]).save(bench.out)
    bench.prepare()
    assert bench.report()["unknown_decisions"] == ["nobody.png"]


def test_a_second_run_touches_only_what_changed(bench: Bench) -> None:
    first = bench.prepare()
    crops = {path: path.stat().st_mtime_ns for path in (bench.out / "pictures").iterdir()}
    index = (bench.out / "set.json").stat().st_mtime_ns
    assert bench.prepare().digest == first.digest
    assert bench.looked_at == 0
    assert (bench.out / "set.json").stat().st_mtime_ns == index

    scene(70).save(bench.folder / "new.png")
    scene(71).save(bench.folder / "scene 3.png")
    (bench.folder / "scene 4.png").unlink()
    (bench.folder / "scene 5.png").rename(bench.folder / "renamed.png")
    os.utime(bench.folder / "scene 6.png")
    second = bench.prepare()
    assert bench.looked_at == 2
    assert len(second.pictures) == 12
    assert second.digest != first.digest
    assert second.card["earlier_digests"] == [first.digest]
    now = {path: path.stat().st_mtime_ns for path in (bench.out / "pictures").iterdir()}
    assert len(now) == 12
    assert len(now.items() & crops.items()) == 10


def test_pictures_stay_on_their_side_when_the_folder_grows(bench: Bench) -> None:
    before = {picture.source: picture.split for picture in bench.prepare().pictures}
    write_scenes(bench.folder, 28, first=100)
    after = {picture.source: picture.split for picture in bench.prepare().pictures}
    assert {name: after[name] for name in before} == before
    assert list(after.values()).count("val") == 4


def test_a_damaged_crop_is_made_again(bench: Bench) -> None:
    made = bench.prepare()
    path = made.path(made.pictures[0])
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    made.path(made.pictures[1]).unlink()
    assert bench.prepare().verify() == []
    assert path.read_bytes() == whole


def test_another_size_replaces_the_set(bench: Bench) -> None:
    first = bench.prepare()
    second = bench.prepare(PreparationSettings(Cut(96)))
    assert second.digest == first.digest
    assert second.size == 96
    assert len(list((bench.out / "pictures").iterdir())) == 12


def test_a_target_inside_the_folder_is_not_read(bench: Bench) -> None:
    bench.out = bench.folder / "inside"
    assert len(bench.prepare().pictures) == 12
    assert len(bench.prepare().pictures) == 12


@pytest.mark.parametrize(
    ("out", "error", "reason"),
    [
        ("pictures ü", DataError, "folder of its own"),
        (".", DataError, "lie inside it"),
        ("other", TargetError, "other files"),
        ("file", TargetError, "a file, not a folder"),
    ],
)
def test_refuses_a_target(bench: Bench, out: str, error: type[Exception], reason: str) -> None:
    (bench.folder.parent / "other").mkdir()
    (bench.folder.parent / "other" / "thesis.txt").write_text("x")
    (bench.folder.parent / "file").write_text("x")
    bench.out = bench.folder.parent / out
    with pytest.raises(error, match=reason):
        bench.prepare()
    assert len(list(bench.folder.iterdir())) == 12


def test_refuses_a_folder_without_pictures(bench: Bench) -> None:
    shutil.rmtree(bench.folder)
    with pytest.raises(DataError, match="no such folder"):
        bench.prepare()
    bench.folder.mkdir()
    with pytest.raises(DataError, match="no pictures in it"):
        bench.prepare()


def test_refuses_a_prepared_set_as_source(bench: Bench) -> None:
    bench.prepare()
    bench.folder, bench.out = bench.out, bench.folder.parent / "another"
    with pytest.raises(DataError, match="prepared set already"):
        bench.prepare()


def test_when_nothing_is_fit_the_report_still_says_why(bench: Bench) -> None:
    with pytest.raises(DataError, match="none of its 12 pictures"):
        bench.prepare(rule=lambda image: [])
    assert bench.report()["counts"]["dropped"] == {"no-face": 12}
    assert "No face found" in (bench.out / "report.html").read_text("utf-8")


def test_can_be_cancelled_and_gone_on_with(bench: Bench) -> None:
    write_scenes(bench.folder, 20, first=100)
    calls = iter(range(1000))
    with pytest.raises(Cancelled):
        bench.prepare(PreparationSettings(Cut(SIZE), threads=1), cancelled=lambda: next(calls) > 8)
    assert not (bench.out / "set.json").exists()
    done = bench.looked_at
    assert 0 < done < 32
    assert len(bench.prepare().pictures) == 32
    assert bench.looked_at <= 32 - done + 2  # what was read but not yet noted is read again


def test_a_full_disk_ends_it_with_one_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.prepare()
    write_scenes(bench.folder, 6, first=100)

    def full(name: str, *_: object) -> None:
        raise TargetError(bench.out / name, "there is no space left on the disk", "no-space")

    monkeypatch.setattr("trainer.data.store.Store.write_crop", lambda self, name, image: full(name))
    with pytest.raises(TargetError, match="no space left"):
        bench.prepare()
    monkeypatch.undo()
    assert len(PreparedSet.open(bench.out).pictures) == 12
    assert len(bench.prepare().pictures) == 18


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only there is a disk that is always full")
def test_a_journal_that_cannot_grow_ends_it_with_one_sentence(bench: Bench) -> None:
    bench.out.mkdir()
    (bench.out / "sources.jsonl").symlink_to("/dev/full")
    with pytest.raises(TargetError, match="no space left"):
        bench.prepare()


def test_a_torn_journal_line_is_skipped(bench: Bench) -> None:
    bench.prepare()
    journal = bench.out / "sources.jsonl"
    text = journal.read_text("utf-8")
    journal.write_text(text[: len(text) - 200], "utf-8")
    assert len(bench.prepare().pictures) == 12
    assert bench.looked_at == 1
    journal.write_text("nonsense\n{}\n[1]\n" + text, "utf-8")
    bench.prepare()
    assert bench.looked_at == 0


def test_files_that_vanish_meanwhile_are_left_out(bench: Bench) -> None:
    bench.prepare()
    Overrides().changed(leave_out=["scene 7.png"]).save(bench.out)
    bench.prepare()

    def vanish(event: Event) -> None:
        if isinstance(event, preparation.StageBegun) and event.stage == "compare":
            (bench.folder / "scene 7.png").unlink()

    Overrides().save(bench.out)
    made = prepare(
        bench.folder,
        bench.out,
        PreparationSettings(Cut(SIZE)),
        tell=vanish,
        new_finder=lambda: FakeFinder(middle_face),
    )
    assert len(made.pictures) == 11
    assert bench.dropped() == {"scene 7.png": "gone"}


def test_the_page_is_whole_and_needs_nothing_else(bench: Bench) -> None:
    (bench.folder / "<b>&.png").write_bytes((bench.folder / "scene 0.png").read_bytes())
    (bench.folder / "text <i>.png").write_text("x")
    bench.prepare()
    page = (bench.out / "report.html").read_text("utf-8")
    assert page.count("data:image/webp;base64,") == 13
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<b>&.png" not in page
    assert "&lt;b&gt;&amp;.png" in page
    assert "text &lt;i&gt;.png" in page


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_at_any_moment_it_goes_on_and_leaves_nothing_half_written(bench: Bench) -> None:
    write_scenes(bench.folder, 18, first=100)
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from tests.trainer.data.scenes import FakeFinder
        from trainer.data.crops import Cut
        from trainer.data.prepare import PreparationSettings, prepare
        settings, tell = PreparationSettings(Cut(64)), lambda event: print(event.to_line(), flush=True)
        prepare(Path(sys.argv[1]), Path(sys.argv[2]), settings, tell=tell, new_finder=FakeFinder)
        """
    )
    for delay in (0.0, 0.1):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(bench.folder), str(bench.out)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for path in [*bench.out.glob("pictures/*.webp"), *bench.out.glob("thumbnails/*.webp")]:
            with Image.open(path) as image:
                image.load()
    made = bench.prepare()
    assert len(made.pictures) == 30
    assert made.verify() == []
    assert not list(bench.out.rglob(".persona-tmp-*"))


def test_real_faces_are_found_aligned_and_kept(tmp_path: Path) -> None:
    samples = resources.files("resources") / "samples"
    for style in ("amber", "daylight"):
        (tmp_path / "pictures" / style).mkdir(parents=True)
        for number in (1, 2, 3):
            name = f"{style}-{number}.jpg"
            (tmp_path / "pictures" / style / name).write_bytes((samples / style / name).read_bytes())
    settings = PreparationSettings(Cut(128), subfolder_labels=True)
    made = prepare(tmp_path / "pictures", tmp_path / "set", settings)
    assert made.classes == ("amber", "daylight")
    assert len(made.pictures) == 6
    card = json.loads((tmp_path / "set" / "report.json").read_text("utf-8"))
    assert all(abs(one["measures"]["yaw"]) < 34 for one in card["kept"])
    finder = FaceFinder()
    for picture in made.pictures:
        with Image.open(made.path(picture)) as image:
            (face,) = finder.find(np.asarray(image))
        assert face.side == pytest.approx(128, rel=0.06)
        assert abs(face.angle) < 4
