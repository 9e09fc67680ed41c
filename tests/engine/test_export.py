from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import Cancelled, PictureError, TargetError, TargetExistsError
from engine.export import ExportItem, export_set, file_names
from engine.images import Picture, load_picture, read_record, save_picture
from engine.marks.marking import Marking
from engine.provenance import COMPOSITE
from engine.recipe import LayerMix, Recipe, StyleUse
from engine.sheet import contact_sheet, sheet_bytes

STYLE = StyleUse("娜娜/夏", (1.0, 0.0))


def picture(value: int, side: int = 16) -> Picture:
    return np.full((side, side, 3), value, np.uint8)


def item(n: int, **fields: Any) -> ExportItem:
    return ExportItem(picture(n), Recipe.from_seed("m", n, styles=(STYLE,)), **fields)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestNames:
    @pytest.mark.parametrize(
        ("template", "name"),
        [
            ("{name}-{n:03}", "娜娜-夏-001"),
            ("{style} {seed}", "娜娜-夏 7"),
            ("{date}", "2026-01-31"),
            ("{{{n}}}", "{1}"),
            ("../../{n}", "-.-1"),
            ("CON", "_CON"),
            ("{n:>4}", "1"),
            ("", "picture"),
        ],
    )
    def test_templates(self, template: str, name: str) -> None:
        assert file_names([item(7)], template, today=date(2026, 1, 31)) == [name]

    @pytest.mark.parametrize(
        "template",
        ["{", "{x}", "{n.real}", "{name[0]}", "{name!r}", "{n:{n}}", "{n:0999}", "{}", "{0}", "a" * 201],
    )
    def test_refuses_templates(self, template: str, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match="may only use"):
            export_set([item(1)], tmp_path / "out", template=template)
        assert not (tmp_path / "out").exists()

    def test_no_two_are_the_same(self) -> None:
        items = [item(1, name="A"), item(2, name="a"), item(3, name="A")]
        assert file_names(items, "{name}") == ["A", "a (2)", "A (3)"]

    def test_without_a_recipe(self) -> None:
        assert file_names([ExportItem(picture(1))], "{name} {seed} {style}") == ["persona 0 no style"]


class TestSet:
    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
    def test_formats(self, tmp_path: Path, kind: str) -> None:
        done: list[tuple[int, int]] = []
        result = export_set(
            [item(n, score=0.5) for n in (10, 20)],
            tmp_path / "neu" / "Ordner 图",
            format=kind,
            progress=lambda n, of: done.append((n, of)),
        )
        assert done == [(1, 2), (2, 2)]
        assert [path.parent for path in result.files] == [tmp_path / "neu" / "Ordner 图"] * 2
        record = read_record(result.files[1])
        assert record and record.recipe == item(20).recipe and record.score == 0.5
        assert np.abs(load_picture(result.files[1]).astype(int) - 20).max() <= 3

    def test_the_same_set_gives_the_same_bytes(self, tmp_path: Path) -> None:
        a, b = (
            export_set([item(1), item(2)], tmp_path / x, template="{n}", contact_sheet="both", sidecar=True)
            for x in "ab"
        )
        for left, right in zip(
            (*a.files, *a.sheets, *a.records), (*b.files, *b.sheets, *b.records), strict=True
        ):
            assert left.read_bytes() == right.read_bytes()
        assert names(tmp_path / "a") == [
            "1.json",
            "1.png",
            "2.json",
            "2.png",
            "contact sheet.pdf",
            "contact sheet.png",
        ]

    def test_pictures_from_functions_and_files(self, tmp_path: Path) -> None:
        kept = save_picture(tmp_path / "kept.png", picture(5), recipe=item(5).recipe, score=0.25)
        items = [ExportItem(lambda: picture(4)), ExportItem(kept, name="kept")]
        result = export_set(items, tmp_path / "out", sidecar=True)
        assert load_picture(result.files[0])[0, 0, 0] == 4
        record = read_record(result.files[1])
        assert record and (record.recipe, record.score) == (item(5).recipe, 0.25)
        told = json.loads(result.records[1].read_text(encoding="utf-8"))
        assert (
            told["file"] == "kept-002.png"
            and told["score"] == 0.25
            and told["recipe"]["seeds"][0]["seed"] == 5
        )

    def test_the_seed_of_a_file_is_in_its_name(self, tmp_path: Path) -> None:
        kept = save_picture(tmp_path / "kept.png", picture(5), recipe=item(5).recipe)
        result = export_set([ExportItem(kept)], tmp_path / "out", template="{style}-{seed}")
        assert result.files[0].name == "娜娜-夏-5.png"

    def test_sizes(self, tmp_path: Path) -> None:
        wide = ExportItem(np.zeros((10, 40, 3), np.uint8))
        result = export_set([wide], tmp_path, size=20)
        assert load_picture(result.files[0]).shape == (5, 20, 3)

    def test_recipes_can_be_left_out(self, tmp_path: Path) -> None:
        result = export_set([item(1)], tmp_path, recipes="none", sidecar=True)
        assert read_record(result.files[0]) is None
        assert b"trainedAlgorithmicMedia" in result.files[0].read_bytes()
        assert json.loads(result.records[0].read_bytes())["recipe"] is None

    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
    def test_names_of_styles_can_be_left_out(self, tmp_path: Path, kind: str) -> None:
        mix = LayerMix(0, 1, style=StyleUse("Secret Anna", (0.0, 1.0)))
        recipe = Recipe.from_seed("m", 5, styles=(StyleUse("Secret Bo", (1.0, 0.0)),), layers=(mix,))
        made = ExportItem(picture(5), recipe, "plain")
        result = export_set(
            [made], tmp_path, format=kind, recipes="nameless", sidecar=True, contact_sheet="both"
        )
        for path in tmp_path.iterdir():
            assert b"Secret" not in path.read_bytes(), path.name
        record = read_record(result.files[0])
        assert record and record.recipe and record.recipe.seed == 5
        assert record.recipe.styles[0].vector == (1.0, 0.0)

    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
    def test_nothing_tells_who_or_where(self, tmp_path: Path, kind: str) -> None:
        home = tmp_path / "private person"
        home.mkdir()
        kept = save_picture(home / "kept by me.png", picture(5), recipe=item(5).recipe)
        export_set(
            [ExportItem(kept, name="a")], tmp_path / "out", format=kind, sidecar=True, contact_sheet="both"
        )
        for path in (tmp_path / "out").iterdir():
            content = path.read_bytes()
            assert b"private person" not in content and b"kept by me" not in content, path.name

    def test_a_photo_is_told_without_the_recipe(self, tmp_path: Path) -> None:
        recipe = Recipe.from_seed("m", 5, content=(0.5, 0.5))
        result = export_set([ExportItem(picture(5), recipe)], tmp_path, recipes="none", sidecar=True)
        assert COMPOSITE.encode() in result.files[0].read_bytes()
        assert COMPOSITE.encode() in result.records[0].read_bytes()

    def test_contact_sheets(self, tmp_path: Path) -> None:
        result = export_set([item(n) for n in range(23)], tmp_path, contact_sheet="both")
        png, pdf = result.sheets
        assert b"trainedAlgorithmicMedia" in png.read_bytes()
        assert load_picture(png).shape[1] == 5 * (256 + 16) + 16
        assert pdf.read_bytes().startswith(b"%PDF") and pdf.read_bytes().count(b"/Type /Page\n") >= 2

    def test_bad_choices(self, tmp_path: Path) -> None:
        for wrong in (
            {"format": "gif"},
            {"conflict": "?"},
            {"recipes": "?"},
            {"contact_sheet": "svg"},
            {"size": 0},
        ):
            with pytest.raises(ValueError, match=r"unknown|size"):
                export_set([item(1)], tmp_path / "out", **wrong)  # type: ignore[arg-type]
        assert not (tmp_path / "out").exists()

    def test_an_empty_set(self, tmp_path: Path) -> None:
        assert export_set([], tmp_path / "out").files == ()


class TestConflicts:
    def test_ask_comes_before_anything_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "persona-002.png").write_bytes(b"old")
        items = [ExportItem(picture(n)) for n in (1, 2)]
        with pytest.raises(TargetExistsError, match=r"persona-002\.png"):
            export_set(items, tmp_path)
        assert names(tmp_path) == ["persona-002.png"]
        (tmp_path / "persona-002.png").rename(tmp_path / "persona-001.json")
        export_set(items, tmp_path)
        export_set(items, tmp_path, template="new-{n}", contact_sheet=True)
        with pytest.raises(TargetExistsError, match="contact sheet"):
            export_set(items, tmp_path, template="other-{n}", contact_sheet=True)

    def test_all_that_is_in_the_way_is_named(self, tmp_path: Path) -> None:
        items = [ExportItem(picture(n)) for n in (1, 2, 3)]
        for name in ("persona-003.png", "persona-001.json", "contact sheet.png"):
            (tmp_path / name).write_bytes(b"old")
        with pytest.raises(TargetExistsError) as told:
            export_set(items, tmp_path, sidecar=True, contact_sheet=True)
        found = [Path(path).name for path in told.value.paths]
        assert found == ["persona-003.png", "persona-001.json", "contact sheet.png"]

    def test_rename(self, tmp_path: Path) -> None:
        items = [ExportItem(picture(n)) for n in (1, 2)]
        (tmp_path / "persona-001.png").write_bytes(b"old")
        (tmp_path / "persona-002.json").write_bytes(b"old")
        result = export_set(items, tmp_path, conflict="rename", sidecar=True, contact_sheet=True)
        assert [path.name for path in result.files] == ["persona-001 (2).png", "persona-002 (2).png"]
        assert (tmp_path / "persona-001.png").read_bytes() == b"old"
        again = export_set(items, tmp_path, conflict="rename", contact_sheet=True)
        assert again.sheets[0].name == "contact sheet (2).png"

    def test_overwrite(self, tmp_path: Path) -> None:
        for value in (1, 2):
            result = export_set([ExportItem(picture(value))], tmp_path, conflict="overwrite")
        assert load_picture(result.files[0])[0, 0, 0] == 2 and len(names(tmp_path)) == 1


class TestGoingOn:
    def items(self, made: list[int], count: int = 6) -> list[ExportItem]:
        def make(n: int) -> Picture:
            made.append(n)
            return picture(n)

        return [ExportItem(lambda n=n: make(n), item(n).recipe) for n in range(count)]  # type: ignore[misc]

    def test_what_is_there_is_not_made_again(self, tmp_path: Path) -> None:
        made: list[int] = []
        with pytest.raises(Cancelled):
            export_set(self.items(made), tmp_path, template="{n}", cancelled=lambda: len(made) == 2)
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        assert sorted(before) == ["1.png", "2.png"]
        made.clear()
        steps: list[tuple[int, int]] = []
        result = export_set(
            self.items(made),
            tmp_path,
            template="{n}",
            conflict="continue",
            contact_sheet=True,
            marking=Marking(on=False),
            progress=lambda done, total: steps.append((done, total)),
        )
        assert made == [2, 3, 4, 5]
        assert result.kept == 2 and len(result.files) == 6
        assert steps[0] == (3, 7) and steps[-1] == (7, 7)
        assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before
        whole = contact_sheet([picture(n) for n in range(6)], [str(n) for n in range(1, 7)])
        assert np.abs(load_picture(result.sheets[0]).astype(int) - whole).max() <= 1

    def test_under_the_names_of_the_first_plan(self, tmp_path: Path) -> None:
        (tmp_path / "1.png").write_bytes(b"somebody else's")
        names: list[str] = []
        made: list[int] = []

        def stop() -> bool:
            return len(made) == 3

        with pytest.raises(Cancelled):
            export_set(
                self.items(made),
                tmp_path,
                template="{n}",
                conflict="rename",
                planned=lambda plan: names.extend(plan.names),
                cancelled=stop,
            )
        assert names[:2] == ["1 (2)", "2"]
        export_set(self.items(made), tmp_path, names=names, conflict="continue")
        assert made == [0, 1, 2, 3, 4, 5]
        assert (tmp_path / "1.png").read_bytes() == b"somebody else's"

    def test_a_picture_without_its_sidecar_is_not_finished(self, tmp_path: Path) -> None:
        made: list[int] = []
        export_set(self.items(made), tmp_path, template="{n}", sidecar=True)
        (tmp_path / "4.json").unlink()
        made.clear()
        export_set(self.items(made), tmp_path, template="{n}", sidecar=True, conflict="continue")
        assert made == [3]

    def test_nothing_is_left_to_do(self, tmp_path: Path) -> None:
        made: list[int] = []
        export_set(self.items(made), tmp_path, contact_sheet="both")
        made.clear()
        result = export_set(self.items(made), tmp_path, contact_sheet="both", conflict="continue")
        assert made == [] and result.kept == 6


class TestTrouble:
    def test_a_bad_picture_is_told_and_the_others_go_on(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.png"
        bad.write_text("no picture")
        items = [
            ExportItem(picture(1)),
            ExportItem(bad),
            ExportItem(tmp_path / "gone.png"),
            ExportItem(picture(2)),
        ]
        problems: list[str] = []
        result = export_set(
            items,
            tmp_path / "out",
            template="{n}",
            contact_sheet=True,
            problem=lambda item, error: problems.append(str(error)),
        )
        assert [path.name for path in result.files] == ["1.png", "4.png"]
        assert len(problems) == 2 and "bad.png" in problems[0] and "gone.png" in problems[1]

    def test_stopping_keeps_what_is_finished(self, tmp_path: Path) -> None:
        stops = iter([False, False, False, True])
        with pytest.raises(Cancelled):
            export_set([item(n) for n in range(9)], tmp_path, cancelled=lambda: next(stops))
        assert len(names(tmp_path)) == 3
        assert all(load_picture(path).shape == (16, 16, 3) for path in tmp_path.iterdir())

    def test_a_target_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(TargetError, match="not a folder"):
            export_set([item(1)], tmp_path / "file")
        with pytest.raises(TargetError, match="not a folder"):
            export_set([item(1)], tmp_path / "file" / "below")

    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from engine import files

        def full(path: Path, data: object) -> None:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files, "_write_synced", full)
        with pytest.raises(TargetError, match="no space left"):
            export_set([item(1)], tmp_path)
        assert names(tmp_path) == []

    def test_a_kept_picture_that_vanished(self, tmp_path: Path) -> None:
        with pytest.raises(PictureError, match="does not exist"):
            export_set([ExportItem(tmp_path / "none.png")], tmp_path)

    @pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
    def test_a_kill_leaves_whole_files_only(self, tmp_path: Path) -> None:
        code = (
            "import sys, numpy as np\n"
            "from engine.export import ExportItem, export_set\n"
            "noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)\n"
            "export_set([ExportItem(noise)] * 500, sys.argv[1])\n"
        )
        child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2])
        deadline = time.monotonic() + 30
        while len(list(tmp_path.glob("*.png"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        kept = [path for path in tmp_path.iterdir() if path.suffix == ".png"]
        assert kept and all(load_picture(path).shape == (600, 600, 3) for path in kept)
        export_set([item(1)], tmp_path, template="after")
        assert not [name for name in names(tmp_path) if name.startswith(".")]


class TestSheet:
    def test_one_picture_of_all(self) -> None:
        sheet = contact_sheet([picture(200)] * 3, ["eins", "娜娜", "x" * 200])
        assert sheet.shape == (2 * (256 + 28 + 16) + 16, 2 * (256 + 16) + 16, 3)
        assert (sheet[16 + 128, 16 + 128] == 200).all()
        bare = contact_sheet([picture(200)] * 3, columns=3)
        assert bare.shape == (256 + 32, 3 * (256 + 16) + 16, 3)
        assert contact_sheet([]).ndim == 3

    def test_chinese_captions_are_drawn(self) -> None:
        one, other = (contact_sheet([picture(200)], [text]) for text in ("娜", "夏"))
        assert (one != other).any()

    def test_pdf(self) -> None:
        assert sheet_bytes([], [], "pdf", Marking()).startswith(b"%PDF")
        once, again = (sheet_bytes([picture(1)], ["a"], "pdf", Marking()) for _ in range(2))
        assert once == again and b"/Keywords" in once
        assert b"/Keywords" not in sheet_bytes([picture(1)], ["a"], "pdf", Marking(on=False))


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "persona-001.png").symlink_to(outside)
    with pytest.raises(TargetError):
        export_set([ExportItem(picture(1))], folder, conflict="overwrite")
    assert not outside.exists()
