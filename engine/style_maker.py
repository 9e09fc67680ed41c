"""Makes styles of pictures with a model's style encoder, and says how well pictures match them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import Bundle
from engine.errors import Cancelled, PathText, PersonaError, PictureError, StyleError
from engine.formats.reason import Reason
from engine.formats.regular import open_regular
from engine.formats.style import THUMBNAIL, Reference
from engine.images import Picture, encode, load_picture, picture_files, read_record, resize, to_tensor
from engine.latent import blend_personas, blend_styles, unit
from engine.network import Network
from engine.persona import Agreement, agree
from engine.providers import Provider
from engine.recipe import StyleUse
from engine.style import Scores, Style, picture_of

if TYPE_CHECKING:  # OpenCV is loaded when a face is looked for: many uses of styles do without
    from engine.faces import Aligned, FaceFinder

MAX_PICTURES = 50

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class StyleResult:
    """A new style and what was left out on the way."""

    style: Style
    problems: tuple[PersonaError, ...] = ()
    """Pictures that were skipped: NoFaceError, PictureError."""
    notes: tuple[Reason, ...] = ()
    """What is worth telling: duplicates, several faces in one picture, odd ones out."""


@dataclass(frozen=True, eq=False)
class _Look:
    """A reference before it is known how it fits the others."""

    reference: Reference
    vector: Vector
    persona: Vector
    """[P]; empty without a face, or where the model knows of no persons."""


class StyleMaker:
    """Makes styles with one bundle's style encoder on one provider. Thread-safe."""

    def __init__(
        self,
        bundle: Bundle,
        provider: Provider | None = None,
        *,
        network: Network | None = None,
        finder: FaceFinder | None = None,
    ) -> None:
        """network, finder: ones to share, instead of new ones."""
        self.bundle = bundle
        self.network = network or Network(bundle, provider)
        self._finder = finder

    def from_pictures(
        self,
        name: str,
        paths: Sequence[PathText],
        *,
        weights: Sequence[float] | None = None,
        whole: bool = False,
        strength: float = 1.0,
        tags: Iterable[str] = (),
        consent: dict[str, Any] | None = None,
        persona: bool = True,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> StyleResult:
        """A style from 1-50 pictures, given as files or folders.

        weights: one for each picture. whole: pictures without a face are used whole instead of being skipped.
        persona: whether the person may be read from them, which needs to be agreed to. progress(done, total).
        StyleError when no picture can be used; Cancelled.
        """
        files, problems = _files(paths)
        if weights is not None and len(weights) != len(files):
            raise StyleError(f"There are {len(files)} pictures, but {len(weights)} weights.", "weights")
        looks: dict[str, _Look] = {}
        notes: list[Reason] = []
        for done, (file, weight) in enumerate(zip(files, weights or [1.0] * len(files), strict=True)):
            if cancelled and cancelled():
                raise Cancelled
            try:
                self._look_at(file, float(weight), whole, looks, notes)
            except PictureError as error:
                problems.append(error)
            if progress:
                progress(done + 1, len(files))
        if not looks:
            raise _nothing_usable(name, problems)
        blank = Style(name, (1.0,), self.bundle.id, (), strength, consent, "", tuple(tags))
        style = self._style(blank, list(looks.values()), persona)
        notes += self._said_of_people(style, list(looks.values()), persona)
        odd = [
            Reason(
                "odd",
                f"{reference.name} does not look like the other pictures of this style.",
                {"name": reference.name},
            )
            for reference in style.outliers
        ]
        return StyleResult(style, tuple(problems), (*notes, *odd))

    def codes(self, image: Picture) -> tuple[Vector, Vector]:
        """Look [L] and persona [P] of an aligned picture of any size, each of unit length.

        The persona is empty where the model knows of no persons.
        """
        card = self.bundle.card
        tensor = to_tensor(resize(image, card.resolution), card.color_range)
        found = self.network.style(tensor[None])[0]
        return found[: card.look_size], found[card.look_size :]

    def vector(self, image: Picture) -> Vector:
        """The look [L], unit length, of an aligned picture of any size."""
        return self.codes(image)[0]

    def score(self, style: Style | Sequence[float], image: Picture) -> float:
        """0..1: how well light and colour of an aligned or generated picture match the style's.

        The cosine of the two looks, between the two that the model's card calls no match and full match.
        """
        vector = np.asarray(style.vector if isinstance(style, Style) else style, np.float64)
        if isinstance(style, Style):
            style.check_model(self.bundle)
        if vector.shape != (self.bundle.card.look_size,):
            raise StyleError("The style was made with another model.", "other-model")
        return _between(float(unit(vector) @ unit(self.vector(image))), *self.bundle.card.style_score)

    def likeness(self, style: Style, image: Picture) -> float | None:
        """0..1: how much an aligned or generated picture shows the style's person; None without a person.

        The cosine of the two personas, between the two that the model's card calls a stranger and the person.
        """
        style.check_model(self.bundle)
        card = self.bundle.card.persona
        if card is None or not style.persona:
            return None
        return _between(float(unit(style.persona) @ unit(self.codes(image)[1])), *card.score)

    def scores(self, styles: Sequence[StyleUse], image: Picture) -> Scores:
        """Look and likeness of a generated picture against a recipe's styles."""
        if not styles:
            return Scores()
        card = self.bundle.card
        found = self.codes(image)
        asked = blend_styles(styles, card.look_size), blend_personas(styles, card.persona_size)
        spans = card.style_score, card.persona.score if card.persona else (0.0, 1.0)
        look, likeness = (
            _between(float(unit(a) @ unit(b)), *span) if a.any() else None
            for a, b, span in zip(asked, found, spans, strict=True)
        )
        return Scores(look, likeness)

    def aligned(self, path: PathText, *, whole: bool = False) -> Aligned:
        """A picture file made ready for the model; a picture that this program generated already is."""
        try:
            generated = read_record(path) is not None
        except PersonaError:
            generated = False
        from engine.faces import Aligned, align_file

        size = self.bundle.card.resolution
        if generated:
            image = load_picture(path)
            if image.shape[0] == image.shape[1]:
                return Aligned(resize(image, size), 1)
        return align_file(self.finder, path, size, whole=whole)

    @property
    def finder(self) -> FaceFinder:
        """The face finder, made when first needed."""
        from engine.faces import FaceFinder

        if self._finder is None:
            self._finder = FaceFinder()
        return self._finder

    def re_encode(
        self, style: Style, paths: Sequence[PathText] = (), *, persona: bool | None = None
    ) -> StyleResult:
        """`style` made anew with this model, from its reference files or else its stored thumbnails.

        persona: whether the person may be read; None: where somebody said who it is.
        StyleError when it has no references that can be read.
        """
        persona = style.may_show_person if persona is None else persona
        files, problems = _files(paths)
        originals = {_digest(file): file for file in files}
        looks: list[_Look] = []
        for reference in style.references:
            try:
                file = originals.get(reference.digest)
                picture = self.aligned(file, whole=reference.whole).image if file else picture_of(reference)
                looks.append(self._look(reference, picture))
            except (PictureError, StyleError) as error:
                problems.append(error)
        if not looks:
            raise _nothing_usable(style.name, problems)
        made = self._style(style, looks, persona)
        return StyleResult(made, tuple(problems), tuple(self._said_of_people(made, looks, persona)))

    def _look_at(
        self, file: Path, weight: float, whole: bool, looks: dict[str, _Look], notes: list[Reason]
    ) -> None:
        """Adds a picture's look to `looks`, unless it is there already."""
        aligned = self.aligned(file, whole=whole)
        digest = _digest(file)
        if digest in looks:
            other = looks[digest].reference.name
            message = f"{file.name} is the same picture as {other}; it counts once."
            notes.append(Reason("same", message, {"name": file.name, "other": other}))
            return
        if aligned.faces > 1:
            message = f"{file.name} shows {aligned.faces} faces; the foremost one was used."
            notes.append(Reason("faces", message, {"name": file.name, "n": aligned.faces}))
        if aligned.whole:
            message = f"{file.name} shows no face; the whole picture was used."
            notes.append(Reason("whole", message, {"name": file.name}))
        thumbnail = encode(resize(aligned.image, THUMBNAIL), "JPEG", quality=85)
        text = base64.b64encode(thumbnail).decode()
        name = file.name.encode(errors="replace").decode()  # names on disk may be no text at all
        reference = Reference(name, digest, weight, 1.0, text, whole=aligned.whole)
        looks[digest] = self._look(reference, aligned.image)

    def _look(self, reference: Reference, picture: Picture) -> _Look:
        look, persona = self.codes(picture)
        return _Look(reference, look, persona[:0] if reference.whole else persona)

    def _style(self, kept: Style, looks: list[_Look], with_persona: bool) -> Style:
        """A style of these references, with all else as in `kept`."""
        weights = np.array([look.reference.weight for look in looks])
        vectors = np.stack([unit(look.vector) for look in looks])  # [n, L]
        mean = unit(weights @ vectors)
        if not mean.any():
            raise StyleError(
                f"The pictures of {kept.name!r} have no weight, or cancel each other out.", "weights"
            )
        fits = _fits(vectors, weights)
        low, high = self.bundle.card.style_score
        odd = _odd_ones_out(fits, 0.25 * (high - low))
        agreement, others = self._agreement(looks) if with_persona else (None, set())
        references = tuple(
            replace(look.reference, fit=fit, outlier=outlier, other_person=look.reference.digest in others)
            for look, fit, outlier in zip(looks, fits, odd, strict=True)
        )
        return replace(
            kept,
            vector=tuple(mean.tolist()),
            model=self.bundle.id,
            references=references,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            persona=agreement.persona if agreement else (),
            people=agreement.people if agreement else 0,
        )

    def _agreement(self, looks: list[_Look]) -> tuple[Agreement | None, set[str]]:
        """What the references with a face say of who is shown, and the digests of those that show others."""
        card = self.bundle.card.persona
        shown = [look for look in looks if len(look.persona)]
        if card is None or not shown:
            return None, set()
        weights = [look.reference.weight for look in shown]
        found = agree(np.stack([look.persona for look in shown]), weights, card.same)
        pairs = zip(shown, found.belongs, strict=True)
        others = {look.reference.digest for look, own in pairs if not own} if found.persona else set()
        return found, others

    def _said_of_people(self, style: Style, looks: list[_Look], with_persona: bool) -> list[Reason]:
        """Why a style is of its look alone, or which pictures show somebody else."""
        if self.bundle.card.persona is None or not with_persona:
            return []
        if style.people == 0:
            return [Reason("no-person", "The pictures show no face: the style is of their look alone.")]
        if not style.persona:
            message = f"The pictures show {style.people} people: the style is of their look alone."
            return [Reason("people", message, {"n": style.people})]
        others = [reference.name for reference in style.references if reference.other_person]
        return [
            Reason(
                "somebody-else", f"{name} shows somebody else; it counts for the look alone.", {"name": name}
            )
            for name in others
        ]


def _between(cosine: float, low: float, high: float) -> float:
    """Where a cosine lies between two: 0..1."""
    return min(1.0, max(0.0, (cosine - low) / (high - low)))


def _fits(vectors: NDArray[np.float64], weights: NDArray[np.float64]) -> list[float]:
    """Cosine of each vector with the weighted mean of the others."""
    if len(vectors) == 1:
        return [1.0]
    weighted = weights[:, None] * vectors
    others = weighted.sum(axis=0) - weighted
    return [float(vector @ unit(other)) for vector, other in zip(vectors, others, strict=True)]


def _odd_ones_out(fits: Sequence[float], margin: float) -> list[bool]:
    """Fits far below the median: by `margin`, and by three deviations. Of two, neither is the odd one."""
    if len(fits) < 3:
        return [False] * len(fits)
    middle = float(np.median(fits))
    deviation = 1.4826 * float(np.median(np.abs(np.asarray(fits) - middle)))
    return [fit < middle - max(margin, 3 * deviation) for fit in fits]


def _files(paths: Sequence[PathText]) -> tuple[list[Path], list[PersonaError]]:
    """The picture files meant by `paths`, and the folders without any."""
    files: dict[Path, None] = {}
    problems: list[PersonaError] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        try:
            found = picture_files([path])
        except PictureError as error:
            problems.append(error)
            continue
        if not found:
            problems.append(PictureError(path, "the folder holds no pictures", "no-pictures"))
        files |= dict.fromkeys(found)
    if len(files) > MAX_PICTURES:
        message = f"A style is made from 1 to {MAX_PICTURES} pictures, not {len(files)}."
        raise StyleError(message, "too-many", most=MAX_PICTURES, n=len(files))
    return list(files), problems


def _nothing_usable(name: str, problems: Sequence[PersonaError]) -> StyleError:
    if not problems:
        return StyleError(f"The style {name!r} needs at least one picture.", "nothing-given", name=repr(name))
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    reasons = "; ".join(str(problem).rstrip(".") for problem in problems[:3])
    return StyleError(f"No picture can be used for the style {name!r}: {reasons}{more}.", "no-pictures")


def _digest(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PictureError(path, "the file cannot be read", "unreadable") from error
