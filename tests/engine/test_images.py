from __future__ import annotations

import os
import struct
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile

from engine.colour import srgb_profile
from engine.errors import PersonaError, PictureError, RecipeError, TargetError, TargetExistsError
from engine.images import (
    Picture,
    decode_picture,
    encode,
    from_tensor,
    load_picture,
    picture_files,
    picture_size,
    read_recipe,
    read_record,
    resize,
    save_picture,
    to_tensor,
)
from engine.recipe import Recipe, StyleUse

HEIC = Path(__file__).parent / "files" / "gradient.heic"
RECIPE = Recipe.from_seed("m" * 64, 7, styles=(StyleUse("<&娜>", tuple(np.linspace(-1, 1, 64))),))


def gradient(width: int = 40, height: int = 30) -> Picture:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2).astype(np.uint8)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


class TestLoad:
    @pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg", ".avif"])
    def test_formats(self, tmp_path: Path, suffix: str) -> None:
        fine = {"quality": 95, "subsampling": 0}
        options: Any = {".webp": {"lossless": True}, ".jpg": fine, ".avif": {"quality": 95}}.get(suffix, {})
        path = saved(tmp_path / f"ein Bild 图{suffix}", Image.fromarray(gradient()), **options)
        loaded = load_picture(path)
        assert loaded.dtype == np.uint8 and loaded.flags.c_contiguous
        assert np.abs(loaded.astype(int) - gradient()).mean() < (2 if suffix in (".jpg", ".avif") else 0.01)

    def test_photos_of_telephones(self) -> None:
        path = HEIC
        loaded = load_picture(path)
        y, x = np.mgrid[:96, :128]
        wanted = np.stack([x * 2, y * 2.6, 255 - x - y * 0.5], axis=2).clip(0, 255)
        assert np.abs(loaded - wanted).mean() < 3
        assert picture_size(path) == (128, 96)
        assert picture_files([path.parent]) == [path]

    def test_avif_that_begins_like_heic(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.avif", Image.fromarray(gradient()), quality=95)
        path.write_bytes(path.read_bytes().replace(b"ftypavif", b"ftypmif1", 1))
        assert np.abs(load_picture(path).astype(int) - gradient()).mean() < 2

    def test_few_colours(self, tmp_path: Path) -> None:
        blocks = Image.fromarray(gradient()).quantize(8)
        loaded = load_picture(saved(tmp_path / "a.gif", blocks))
        assert (loaded == np.asarray(blocks.convert("RGB"))).all()

    def test_the_content_counts_and_not_the_name(self, tmp_path: Path) -> None:
        saved(tmp_path / "a.png", Image.fromarray(gradient()))
        (tmp_path / "a.png").rename(tmp_path / "a.jpg")
        np.testing.assert_array_equal(load_picture(tmp_path / "a.jpg"), gradient())

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
    def test_orientation_is_applied_once(self, tmp_path: Path, suffix: str) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # turn clockwise to see it upright
        path = saved(tmp_path / f"a{suffix}", Image.fromarray(gradient(64, 32)), exif=exif)
        turned = np.rot90(gradient(64, 32), -1)
        assert load_picture(path).shape == (64, 32, 3)
        assert np.abs(load_picture(path).astype(int) - turned).mean() < 12

    def test_sixteen_bit_grey_is_scaled(self, tmp_path: Path) -> None:
        ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
        for suffix in (".png", ".tiff"):
            loaded = load_picture(saved(tmp_path / f"a{suffix}", Image.fromarray(ramp)))
            np.testing.assert_allclose(loaded[:, :, 0], ramp / 257, atol=1)

    def test_float_grey_is_scaled(self, tmp_path: Path) -> None:
        ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
        ramp[0, 0] = np.nan
        loaded = load_picture(saved(tmp_path / "a.tiff", Image.fromarray(ramp)))
        assert loaded.max() == 255 and loaded[0, 0, 0] == 0

    def test_transparent_parts_are_white(self, tmp_path: Path) -> None:
        image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
        image.putpixel((0, 0), (255, 0, 0, 255))
        image.putpixel((1, 0), (255, 0, 0, 128))
        loaded = load_picture(saved(tmp_path / "a.png", image))
        assert loaded[0, 0].tolist() == [255, 0, 0]
        assert loaded[0, 1].tolist() == [255, 127, 127]
        assert loaded[3, 3].tolist() == [255, 255, 255]

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
    def test_modes(self, tmp_path: Path, mode: str) -> None:
        image = Image.fromarray(gradient()).convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        loaded = load_picture(saved(tmp_path / ("a.tiff" if mode == "CMYK" else "a.png"), image))
        assert loaded.shape == (30, 40, 3) and loaded.std() > 20

    def test_palette_with_transparency(self, tmp_path: Path) -> None:
        image = Image.new("P", (4, 4), 1)
        image.putpalette([0, 0, 0, 200, 10, 10])
        image.putpixel((0, 0), 0)
        loaded = load_picture(saved(tmp_path / "a.png", image, transparency=0))
        assert loaded[0, 0].tolist() == [255] * 3 and loaded[1, 1].tolist() == [200, 10, 10]

    def test_a_profile_is_applied(self, tmp_path: Path) -> None:
        """In a profile with red and green exchanged, red is green."""
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        plain = Image.new("RGB", (8, 8), (200, 30, 30))
        unfit = load_picture(saved(tmp_path / "a.png", plain, icc_profile=lab))
        broken = load_picture(saved(tmp_path / "b.png", plain, icc_profile=b"nonsense"))
        own = load_picture(saved(tmp_path / "c.png", plain, icc_profile=srgb_profile()))
        for loaded in (unfit, broken, own):
            assert loaded[0, 0].tolist() == [200, 30, 30]
        linear = load_picture(saved(tmp_path / "d.png", plain, icc_profile=linear_profile()))
        assert np.abs(linear[0, 0].astype(int) - [229, 97, 97]).max() <= 4

    def test_animations_show_their_first_frame(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
        for suffix in (".webp", ".png", ".tiff", ".gif"):
            path = tmp_path / f"a{suffix}"
            options: Any = {"lossless": True} if suffix == ".webp" else {}
            frames[0].save(path, save_all=True, append_images=frames[1:], **options)
            assert load_picture(path)[0, 0].tolist() == [255, 0, 0]

    def test_large_pictures_are_shrunk(self, tmp_path: Path) -> None:
        for mode, suffix in (("RGB", ".jpg"), ("P", ".png"), ("L", ".png"), ("RGBA", ".png")):
            image = Image.fromarray(gradient(900, 300)).convert(mode)
            assert load_picture(saved(tmp_path / f"a{suffix}", image), max_side=300).shape == (100, 300, 3)
        deep = Image.fromarray(np.full((300, 900), 65535, np.uint16))
        assert (load_picture(saved(tmp_path / "b.png", deep), max_side=300) == 255).all()

    def test_from_many_threads(self, tmp_path: Path) -> None:
        good = saved(tmp_path / "a.png", Image.fromarray(gradient()))
        bomb = tmp_path / "bomb.png"
        bomb.write_bytes(png_header(50_000, 50_000))

        def load(n: int) -> bool:
            try:
                return bool((load_picture(bomb if n % 2 else good) == gradient()).all())
            except PictureError:
                return n % 2 == 1

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(load, range(64)))


def linear_profile() -> bytes:
    """sRGB's profile with its three curves replaced by straight lines (gamma 1)."""
    data = bytearray(srgb_profile())
    count = struct.unpack(">I", data[128:132])[0]
    for n in range(count):
        at = 132 + 12 * n
        if bytes(data[at : at + 4]) in (b"rTRC", b"gTRC", b"bTRC"):
            offset = struct.unpack(">I", data[at + 4 : at + 8])[0]
            # a parametric curve of type 0: y = x ** 1.0
            data[offset : offset + 16] = b"para\0\0\0\0\0\0\0\0" + struct.pack(">i", 1 << 16)
    return bytes(data)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


class TestRefuse:
    def reason(self, path: Path) -> str:
        with pytest.raises(PictureError) as caught:
            load_picture(path)
        text = str(caught.value)
        assert str(path) in text and text.endswith(".") and "\n" not in text
        assert caught.value.code
        return caught.value.reason

    def test_a_bomb_from_its_header(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("it was decoded"))
        path = tmp_path / "bomb.png"
        for side in (9_200, 50_000, 2**31 - 1):
            path.write_bytes(png_header(side, side))
            assert "million" in self.reason(path)

    def test_other_files(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.png"
        path.write_text("These are notes, not a picture.")
        assert self.reason(path) == "it is not a PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture"
        saved(path, Image.fromarray(gradient()), format="PPM")
        assert self.reason(path) == "it is not a PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture"
        path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        assert "not a PNG" in self.reason(path)
        path.write_bytes(b"\x89PNG nonsense")
        assert "starts like PNG" in self.reason(path)
        path.write_bytes(HEIC.read_bytes()[:100])
        assert "starts like HEIC" in self.reason(path)
        path.write_bytes(HEIC.read_bytes()[:-100])
        assert "damaged" in self.reason(path)

    def test_telephone_photos_where_nothing_reads_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("engine.opening.reads_heic", lambda: False)
        assert self.reason(HEIC) == "it is a HEIC picture, and pi-heif, which reads those, is not installed"

    def test_missing_empty_and_folders(self, tmp_path: Path) -> None:
        assert self.reason(tmp_path / "none.png") == "the file does not exist"
        (tmp_path / "empty.png").touch()
        assert self.reason(tmp_path / "empty.png") == "the file is empty"
        assert self.reason(tmp_path) == "it is a folder"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
    def test_what_would_never_end(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.png")
        assert self.reason(tmp_path / "pipe.png") == "it is not a file"

    @pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may read everything")
    def test_unreadable(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.png", Image.fromarray(gradient()))
        path.chmod(0)
        assert self.reason(path) == "permission denied"

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".bmp"])
    def test_truncated(self, tmp_path: Path, suffix: str) -> None:
        rng = np.random.default_rng(0)
        noise = Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8))
        path = saved(tmp_path / f"a{suffix}", noise)
        data = path.read_bytes()
        for share in (0.2, 0.6, 0.9):
            path.write_bytes(data[: int(len(data) * share)])
            assert self.reason(path)

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".bmp"])
    def test_damage_raises_nothing_else(self, tmp_path: Path, suffix: str) -> None:
        path = saved(tmp_path / f"a{suffix}", Image.fromarray(gradient()))
        data = path.read_bytes()
        rng = np.random.default_rng(1)
        for _ in range(60):
            broken = bytearray(data)
            for at in rng.integers(0, len(data), 6):
                broken[at] = rng.integers(256)
            path.write_bytes(broken)
            try:
                load_picture(path)
                read_record(path)
            except PersonaError:
                pass

    def test_bytes_too(self) -> None:
        np.testing.assert_array_equal(decode_picture(encode(gradient(), "PNG"), "a"), gradient())
        with pytest.raises(PictureError, match="a thing"):
            decode_picture(b"hello", "a thing")


class TestTensors:
    def test_there_and_back(self) -> None:
        for span in ((-1.0, 1.0), (0.0, 1.0)):
            tensor = to_tensor(gradient(), span)
            assert tensor.shape == (3, 30, 40) and tensor.dtype == np.float32
            assert tensor.min() >= span[0] and tensor.max() <= span[1]
            np.testing.assert_array_equal(from_tensor(tensor, span), gradient())

    def test_resize(self) -> None:
        assert resize(gradient(), 16).shape == (16, 16, 3)
        assert resize(gradient(), (8, 4)).shape == (4, 8, 3)
        checker = np.indices((64, 64)).sum(axis=0) % 2 * 255
        grey = resize(np.repeat(checker[:, :, None], 3, axis=2).astype(np.uint8), 16)
        assert np.abs(grey.astype(int) - 127).max() < 3


class TestFiles:
    def test_folders_in_natural_order(self, tmp_path: Path) -> None:
        for name in ("10.png", "2.PNG", "1.jpg", "notes.txt", ".hidden.png", "B.webp", "a.webp"):
            (tmp_path / name).touch()
        for name in ("sub", ".cache", "thumbs"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "3.png").touch()
        assert [path.name for path in picture_files(tmp_path)] == [
            "1.jpg",
            "2.PNG",
            "10.png",
            "a.webp",
            "B.webp",
        ]
        deep = [path.relative_to(tmp_path).as_posix() for path in picture_files([tmp_path], recursive=True)]
        assert deep == ["1.jpg", "2.PNG", "10.png", "a.webp", "B.webp", "sub/3.png"]

    def test_named_files_are_kept_once(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").touch()
        text, missing = tmp_path / "a.txt", tmp_path / "none.png"
        text.touch()
        found = picture_files([text, str(tmp_path / "a.png"), missing, tmp_path, tmp_path / "." / "a.png"])
        assert found == [text, tmp_path / "a.png", missing]

    def test_links_do_not_lead_out(self, tmp_path: Path) -> None:
        outside, inside = tmp_path / "out", tmp_path / "in"
        for folder in (outside, inside):
            folder.mkdir()
            (folder / f"{folder.name}.png").touch()
        (inside / "link.png").symlink_to(outside / "out.png")
        (inside / "self.png").symlink_to(inside / "in.png")
        (inside / "folder").symlink_to(outside)
        (inside / "loop").symlink_to(inside)
        assert [path.name for path in picture_files(inside, recursive=True)] == ["in.png"]

    def test_empty(self, tmp_path: Path) -> None:
        assert picture_files(tmp_path) == [] and picture_files([]) == []


class TestSave:
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"])
    def test_a_picture_carries_its_recipe(self, tmp_path: Path, suffix: str) -> None:
        path = save_picture(tmp_path / f"a{suffix}", gradient(), recipe=RECIPE, score=0.75)
        assert read_recipe(path) == RECIPE
        record = read_record(path)
        assert record and record.score == 0.75
        assert np.abs(load_picture(path).astype(int) - gradient()).mean() < 4
        with Image.open(path) as image:
            assert image.info.get("icc_profile") == srgb_profile()
        assert b"trainedAlgorithmicMedia" in path.read_bytes()

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
    def test_the_same_picture_gives_the_same_bytes(self, tmp_path: Path, suffix: str) -> None:
        a, b = (save_picture(tmp_path / f"{name}{suffix}", gradient(), recipe=RECIPE) for name in "ab")
        assert a.read_bytes() == b.read_bytes()
        assert os.fsencode(tmp_path) not in a.read_bytes()

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
    def test_without_a_recipe(self, tmp_path: Path, suffix: str) -> None:
        path = save_picture(tmp_path / f"a{suffix}", gradient())
        assert read_record(path) is None and read_recipe(path) is None
        assert b"trainedAlgorithmicMedia" in path.read_bytes()

    def test_a_photo_makes_it_a_composite(self, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "a.png", gradient(), recipe=Recipe("m", content=(1.0,)))
        assert b"compositeWithTrainedAlgorithmicMedia" in path.read_bytes()

    def test_pngs_are_exact(self, tmp_path: Path) -> None:
        np.testing.assert_array_equal(load_picture(save_picture(tmp_path / "a.png", gradient())), gradient())

    def test_large_recipes(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        styles = tuple(StyleUse(f"s{n}", tuple(rng.standard_normal(64).tolist())) for n in range(30))
        large = Recipe.from_seed("m", 1, styles=styles)
        assert len(large.to_json()) > 35_000
        for suffix in (".png", ".jpg", ".webp", ".tiff"):
            assert read_recipe(save_picture(tmp_path / f"a{suffix}", gradient(), recipe=large)) == large
        huge = Recipe.from_seed(
            "m", 1, styles=tuple(StyleUse(f"{n}", use.vector) for n in range(5) for use in styles)
        )
        assert read_recipe(save_picture(tmp_path / "h.png", gradient(), recipe=huge)) == huge
        with pytest.raises(RecipeError, match="too large for a JPEG"):
            save_picture(tmp_path / "h.jpg", gradient(), recipe=huge)

    def test_other_pictures_have_no_recipe(self, tmp_path: Path) -> None:
        assert read_recipe(saved(tmp_path / "a.png", Image.fromarray(gradient()))) is None
        foreign = b"<x:xmpmeta><persona:recipe>nonsense"
        assert read_recipe(saved(tmp_path / "a.jpg", Image.fromarray(gradient()), xmp=foreign)) is None
        with pytest.raises(PictureError):
            read_recipe(tmp_path / "none.png")

    def test_a_recipe_of_the_future_is_refused(self, tmp_path: Path) -> None:
        packet = b'<persona:recipe>{"format":2}</persona:recipe>'
        with pytest.raises(RecipeError, match="format 2"):
            read_recipe(saved(tmp_path / "a.jpg", Image.fromarray(gradient()), xmp=packet))
        bomb = b"<persona:recipeZ>" + b64encode(zlib.compress(bytes(50_000_000))) + b"</persona:recipeZ>"
        with pytest.raises(RecipeError, match="larger"):
            read_recipe(saved(tmp_path / "b.webp", Image.fromarray(gradient()), xmp=bomb))

    def test_never_replaces_silently(self, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "a.png", gradient())
        with pytest.raises(TargetExistsError):
            save_picture(path, gradient())
        save_picture(path, 255 - gradient(), overwrite=True)
        np.testing.assert_array_equal(load_picture(path), 255 - gradient())

    def test_refuses_targets(self, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match="must end in one of"):
            save_picture(tmp_path / "a.gif", gradient())
        with pytest.raises(TargetError, match="folder does not exist"):
            save_picture(tmp_path / "none" / "a.png", gradient())

    def test_quality(self) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        assert len(encode(noise, "JPEG", quality=30)) < len(encode(noise, "JPEG", quality=95))

    def test_xmp_is_well_formed(self, tmp_path: Path) -> None:
        from xml.etree import ElementTree

        path = save_picture(tmp_path / "a.jpg", gradient(), recipe=RECIPE)
        with Image.open(path) as image:
            packet = image.info["xmp"].decode()
        root = ElementTree.fromstring(packet)
        kinds = [e.text for e in root.iter("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")]
        assert kinds == ["http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"]
        recipes = [e.text for e in root.iter("{urn:persona-studio:1}recipe")]
        assert recipes == [RECIPE.to_json()]


def test_the_profile_is_always_the_same() -> None:
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))).startswith(
        "sRGB"
    )
    srgb_profile.cache_clear()
    first = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == first
