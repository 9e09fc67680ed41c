"""Who made what: the program, the model, the pictures it learned from, the parts it is built with."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from studio.library.starters import load_credits
from studio.state.model import ModelState
from studio.views.kit.empty import Sign
from studio.views.kit.layout import column, row
from studio.views.kit.text import Label, heading, title
from studio.views.look import Look
from studio.views.settings.parts import SettingSection, SmallPrint

PARTS = (
    ("Qt and PySide6", "LGPL-3.0"),
    ("ONNX Runtime", "MIT"),
    ("NumPy", "BSD-3-Clause"),
    ("OpenCV", "Apache-2.0"),
    ("FFmpeg, inside OpenCV", "LGPL-2.1-or-later"),
    ("libvpx, which writes movies, inside OpenCV", "BSD-3-Clause"),
    ("Pillow", "MIT-CMU"),
    ("pi-heif, which reads HEIC", "BSD-3-Clause"),
    ("libheif and libde265, inside pi-heif", "LGPL-3.0-or-later"),
    ("PyTorch", "BSD-3-Clause"),
    ("ONNX and ONNX Script", "Apache-2.0 and MIT"),
    ("safetensors", "Apache-2.0"),
    ("YuNet face detector", "MIT"),
    ("Inter, as Studio Inter", "OFL-1.1"),
    ("Noto Sans CJK SC, as Studio Han", "OFL-1.1"),
)


class About(SettingSection):
    """Names and licences."""

    def __init__(self, look: Look, model: ModelState) -> None:
        super().__init__(look, "settings.about")
        self._model = model
        self.version = Label(look, role="muted")
        self.credits = SmallPrint(look)
        self.pictures = SmallPrint(look)
        self.pictures.setText("\n".join(load_credits(Path(str(files("resources"))) / "styles")))
        self.parts = SmallPrint(look)
        self.parts.setText("\n".join(f"{name} — {licence}" for name, licence in PARTS))
        name = heading(look)
        name.setText("Persona Studio")
        mark = Sign(look, "persona", 56)
        self.body.addSpacing(12)
        self.body.addLayout(row(mark, column(None, name, self.version, None, gap=2), None, gap=16))
        self.body.addSpacing(16)
        for part in (
            SmallPrint(look, "about.what"),
            title(look, "about.model"),
            self.credits,
            title(look, "about.pictures"),
            self.pictures,
            title(look, "about.parts"),
            self.parts,
            SmallPrint(look, "about.lgpl"),
            SmallPrint(look, "about.licence"),
        ):
            self.add(part)
            self.body.addSpacing(8)
        model.bundle_changed.connect(self._say)
        look.words.bind_text(self.version, "setText", lambda: look.words("about.version", version=version()))
        look.words.language_changed.connect(self._say)
        self._say()

    def _say(self, *_: object) -> None:
        bundle, words = self._model.bundle, self._look.words
        if bundle is None:
            self.credits.setText(words("about.model.none"))
            return
        card = bundle.card
        lines = [words("about.model.name", name=card.name, licence=card.licence), *card.attribution]
        self.credits.setText("\n".join(lines))


@lru_cache(maxsize=1)
def version() -> str:
    """Of the program."""
    try:
        return metadata.version("persona-studio")
    except metadata.PackageNotFoundError:
        return "0"
