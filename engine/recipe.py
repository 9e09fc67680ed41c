"""Everything that determines one picture, frozen and hashable; it travels inside every saved picture.

    z = (sum_i a_i z_i + b c) / l                            seeds z_i, weights a_i; a photo's c, weight b
    s = [strength * normalised(sum_j v_j look_j), likeness * normalised(sum_j v_j persona_j)]      styles
    w = m(s) + t (mapping(z, s) + b / l o - m(s))            truncation t towards the style's own centre m(s)

with l = sqrt(sum_i a_i^2 + b^2) and o what z cannot say of the photo (its offset, found by inversion); then
single layers of w from elsewhere, then directions. `engine.latent` and `engine.renderer` carry it out.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import RecipeError
from engine.formats import jsonio

FORMAT = 1
MAX_JSON = 1_000_000
"""Largest recipe text that is read, in characters."""
MAX_SEED = 2**63 - 1
MAX_WEIGHT = 1000.0
MAX_USES = 256
"""Most seeds, styles, layer mixes or directions in one recipe."""
MAX_VECTOR = 8192
MAX_NAME = 200
MAX_OFFSET = 1 << 18
"""Longest text of an offset, in characters."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class SeedUse:
    """One seed and its share in z."""

    seed: int
    weight: float = 1.0

    def __post_init__(self) -> None:
        weight = _number("a seed's weight", self.weight, -MAX_WEIGHT, MAX_WEIGHT)
        _put(self, seed=_seed(self.seed), weight=weight)


@dataclass(frozen=True)
class StyleUse:
    """One style and its share in s. Its vectors travel along, so the recipe needs no style file.

    The persona is a biometric template: what leaves the machine carries `persona_digest` in its place
    (`without_personas`), by which the machine that has the style finds it again (`with_personas`).
    """

    name: str
    vector: tuple[float, ...]
    """The look: [look size], unit length by convention."""
    weight: float = 1.0
    persona: tuple[float, ...] = ()
    """Who is shown: [persona size], unit length by convention; empty for a look alone."""
    persona_digest: str = ""
    """sha256 hex of the persona; calculated where there is one, kept where it was taken out."""

    def __post_init__(self) -> None:
        persona = _vector("a style's persona", self.persona) if self.persona else ()
        digest = persona_digest(persona) if persona else self.persona_digest
        if not isinstance(digest, str) or (digest and not re.fullmatch(r"[0-9a-f]{64}", digest)):
            raise RecipeError("In the recipe, a style's persona has no proper digest.")
        _put(
            self,
            name=_name("a style's name", self.name),
            vector=_vector("a style's vector", self.vector),
            weight=_number("a style's weight", self.weight, -MAX_WEIGHT, MAX_WEIGHT),
            persona=persona,
            persona_digest=digest,
        )


@dataclass(frozen=True)
class LayerMix:
    """Layers first..last of w, both counted, taken from elsewhere."""

    first: int
    last: int
    seed: int | None = None
    """None: the recipe's own z."""
    style: StyleUse | None = None
    """None: the recipe's own style."""
    amount: float = 1.0
    """0 leaves w as it is, 1 replaces it."""
    seeds: tuple[SeedUse, ...] = ()
    """A whole mix of seeds, and of a photo, in the place of `seed`."""
    content: tuple[float, ...] | None = None
    content_weight: float = 1.0
    offset: str = ""

    def __post_init__(self) -> None:
        first, last = _integer("a layer", self.first, 0, 1023), _integer("a layer", self.last, 0, 1023)
        if first > last:
            raise RecipeError(f"The recipe mixes layers {first} to {last}, which is backwards.")
        if not (self.style is None or isinstance(self.style, StyleUse)):
            raise RecipeError("The recipe's layer mix has a style that is not a StyleUse.")
        if self.seed is not None and self.has_mix:
            raise RecipeError("The recipe's layer mix has both a seed and a mix of seeds.")
        _put(
            self,
            first=first,
            last=last,
            seed=None if self.seed is None else _seed(self.seed),
            amount=_number("a layer mix's amount", self.amount, 0.0, 1.0),
            seeds=_items("layer mix's seeds", self.seeds, SeedUse),
            content=None if self.content is None else _vector("a layer mix's photo", self.content),
            content_weight=_number("a photo's weight", self.content_weight, -MAX_WEIGHT, MAX_WEIGHT),
            offset=_offset(self.offset, self.content),
        )

    @property
    def has_mix(self) -> bool:
        """Whether it brings a z of its own that is more than one seed."""
        return bool(self.seeds) or self.content is not None


@dataclass(frozen=True)
class DirectionUse:
    """A named direction of the model and how far to go along it; 1.0 is one of its own scale."""

    name: str
    amount: float

    def __post_init__(self) -> None:
        _put(
            self,
            name=_name("a direction's name", self.name),
            amount=_number("a direction's amount", self.amount, -100.0, 100.0),
        )


@dataclass(frozen=True)
class Recipe:
    """What determines one picture. Raises RecipeError on values out of range."""

    model: str
    """Model id (`Bundle.id`)."""
    seeds: tuple[SeedUse, ...] = ()
    content: tuple[float, ...] | None = None
    """[Z], a photo's place in the latent space (content encoder)."""
    content_weight: float = 1.0
    styles: tuple[StyleUse, ...] = ()
    style_strength: float = 1.0
    """0 without the styles' look ... 1 the whole look."""
    truncation: float = 0.7
    """0..1.2; smaller is nearer to the style's average picture."""
    layers: tuple[LayerMix, ...] = ()
    directions: tuple[DirectionUse, ...] = ()
    offset: str = ""
    """The photo's offset in the first layers of w (`pack_offset`); empty for what its z alone gives."""
    likeness: float = 1.0
    """0 without the styles' persona ... 1 the whole likeness."""

    def __post_init__(self) -> None:
        if not self.model or not isinstance(self.model, str) or len(self.model) > MAX_NAME:
            raise RecipeError("The recipe does not say which model it is for.")
        _put(
            self,
            seeds=_items("seeds", self.seeds, SeedUse),
            content=None if self.content is None else _vector("the content", self.content),
            content_weight=_number("the content weight", self.content_weight, -MAX_WEIGHT, MAX_WEIGHT),
            styles=_items("styles", self.styles, StyleUse),
            style_strength=_number("the style strength", self.style_strength, 0.0, 1.0),
            likeness=_number("the likeness", self.likeness, 0.0, 1.0),
            truncation=_number("the truncation", self.truncation, 0.0, 1.2),
            layers=_items("layers", self.layers, LayerMix),
            directions=_items("directions", self.directions, DirectionUse),
            offset=_offset(self.offset, self.content),
        )
        if not self.seeds and self.content is None:
            raise RecipeError("The recipe has neither a seed nor a photo to start from.")
        looks = {len(style.vector) for style in self._all_styles()}
        personas = {len(style.persona) for style in self._all_styles() if style.persona}
        if len(looks) > 1 or len(personas) > 1:
            raise RecipeError("The recipe mixes styles of different models.")

    @classmethod
    def from_seed(cls, model: str, seed: int, **fields: Any) -> Recipe:
        """The plainest recipe: one seed; other fields by name."""
        return cls(model=model, seeds=(SeedUse(seed),), **fields)

    @cached_property
    def digest(self) -> str:
        """sha256 hex of the canonical JSON: equal for equal recipes, with their personas or without."""
        return hashlib.sha256(without_personas(self).to_json().encode()).hexdigest()

    @property
    def misses_persona(self) -> bool:
        """Whether a style's persona was taken out: its pictures show somebody else until it is back."""
        return any(use.persona_digest and not use.persona for use in self._all_styles())

    @property
    def seed(self) -> int | None:
        """The seed with the largest weight, the one number to show for a recipe. None for a photo alone."""
        return max(self.seeds, key=lambda use: abs(use.weight)).seed if self.seeds else None

    def to_json(self) -> str:
        """Canonical JSON; `from_json` gives back an equal recipe, bit for bit."""
        return jsonio.canonical(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {"format": FORMAT} | _plain(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Recipe:
        """Reads `to_json` text. RecipeError when it is not a recipe of this format."""
        try:
            value = jsonio.parse(text, MAX_JSON)
        except ValueError as error:
            raise RecipeError(f"The recipe cannot be read: {error}.") from None
        return cls.from_dict(value)

    @classmethod
    def from_dict(cls, value: Any) -> Recipe:
        """Reads `to_dict` values. RecipeError when it is not a recipe of this format."""
        if not isinstance(value, dict) or "format" not in value:
            raise RecipeError("This is not a recipe.")
        if type(value["format"]) is not int or value["format"] != FORMAT:
            found = f"{value['format']!r:.40}"
            raise RecipeError(f"The recipe has format {found}; this version reads format {FORMAT}.")
        given = {key: item for key, item in value.items() if key != "format"}
        for key, kind in (("seeds", SeedUse), ("styles", StyleUse), ("directions", DirectionUse)):
            given[key] = [_build(kind, item) for item in _list(key, given.get(key, []))]
        given["layers"] = [_layer(item) for item in _list("layers", given.get("layers", []))]
        recipe: Recipe = _build(cls, given)
        return recipe

    def _all_styles(self) -> list[StyleUse]:
        return [*self.styles, *(mix.style for mix in self.layers if mix.style is not None)]


def persona_digest(persona: Sequence[float]) -> str:
    """sha256 hex of a persona, by which it is found again: it says nothing of the person."""
    return hashlib.sha256(np.asarray(persona, "<f8").tobytes()).hexdigest()


def without_personas(recipe: Recipe) -> Recipe:
    """The recipe without biometric templates; their digests stay."""
    return _each_style(recipe, lambda use: replace(use, persona=()))


def with_personas(recipe: Recipe, find: Callable[[str], Sequence[float] | None]) -> Recipe:
    """The recipe with the personas that `find` knows by their digest; the others stay out."""

    def restored(use: StyleUse) -> StyleUse:
        found = find(use.persona_digest) if use.persona_digest and not use.persona else None
        return replace(use, persona=tuple(found)) if found else use

    return _each_style(recipe, restored)


def _each_style(recipe: Recipe, change: Callable[[StyleUse], StyleUse]) -> Recipe:
    styles = tuple(change(use) for use in recipe.styles)
    layers = tuple(replace(mix, style=change(mix.style)) if mix.style else mix for mix in recipe.layers)
    if styles == recipe.styles and layers == recipe.layers:
        return recipe
    return replace(recipe, styles=styles, layers=layers)


def pack_offset(rows: ArrayLike) -> str:
    """Numbers to add to the first layers of w, [K, W], as text: half precision, base64."""
    return base64.b64encode(np.asarray(rows, "<f2").tobytes()).decode()


@lru_cache(maxsize=64)
def unpack_offset(text: str) -> NDArray[np.float32]:
    """`pack_offset` text as numbers [K * W], read-only. RecipeError when it is no such text."""
    try:
        raw = base64.b64decode(text, validate=True)
        values = np.frombuffer(raw, "<f2").astype(np.float32)
    except ValueError:
        raise RecipeError("In the recipe, the photo's offset cannot be read.") from None
    if not np.isfinite(values).all():
        raise RecipeError("In the recipe, the photo's offset has numbers that are not finite.")
    values.flags.writeable = False
    return values


def _layer(value: Any) -> LayerMix:
    if isinstance(value, dict) and value.get("style") is not None:
        value = value | {"style": _build(StyleUse, value["style"])}
    if isinstance(value, dict) and value.get("seeds"):
        value = value | {"seeds": [_build(SeedUse, item) for item in _list("seeds", value["seeds"])]}
    layer: LayerMix = _build(LayerMix, value)
    return layer


def _build(kind: Callable[..., Any], value: Any) -> Any:
    """`kind(**value)`, refusing what the dataclass does not know and what it misses."""
    if not isinstance(value, Mapping):
        raise RecipeError("The recipe is malformed.")
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for key in value:
        if key not in known:
            raise RecipeError(f"The recipe has a field {str(key)!r:.60} that this version does not know.")
    try:
        return kind(**value)
    except TypeError:
        raise RecipeError("The recipe misses a field.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        for name, usual in _LATER.items():
            if name in plain and plain[name] == usual:
                del plain[name]
        return plain
    return value


_LATER: dict[str, Any] = {"offset": "", "persona": [], "persona_digest": "", "likeness": 1.0}
"""Fields that came later, with what they are in recipes from before: left out, so that old digests stay."""


def _put(target: object, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(target, name, value)


def _list(what: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or len(value) > MAX_USES:
        raise RecipeError(f"The recipe's {what} must be a list of at most {MAX_USES}.")
    return value


def _items(what: str, value: Any, kind: type[Item]) -> tuple[Item, ...]:
    items = tuple(_list(what, value))
    if not all(isinstance(item, kind) for item in items):
        raise RecipeError(f"The recipe's {what} must be a list of {kind.__name__}.")
    return items


def _number(what: str, value: Any, low: float, high: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, str | bool) or not low <= number <= high:
        raise RecipeError(f"In the recipe, {what} must be a number from {low:g} to {high:g}.")
    return number + 0.0  # -0.0 becomes 0.0, so that equal recipes have equal text


def _integer(what: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value.__index__() <= high:
        raise RecipeError(f"In the recipe, {what} must be a whole number from {low} to {high}.")
    return int(value)


def _seed(value: Any) -> int:
    return _integer("a seed", value, 0, MAX_SEED)


def _name(what: str, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > MAX_NAME:
        raise RecipeError(f"In the recipe, {what} must be a text of 1 to {MAX_NAME} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RecipeError(f"In the recipe, {what} is not valid text.") from None
    return value


def _offset(value: Any, content: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_OFFSET:
        raise RecipeError(
            f"In the recipe, the photo's offset must be a text of at most {MAX_OFFSET} characters."
        )
    if value:
        if content is None:
            raise RecipeError("The recipe has a photo's offset, but no photo.")
        unpack_offset(value)
    return value


def _vector(what: str, value: Any) -> tuple[float, ...]:
    if isinstance(value, str | bytes) or not hasattr(value, "__len__") or not 1 <= len(value) <= MAX_VECTOR:
        raise RecipeError(f"In the recipe, {what} must be a list of 1 to {MAX_VECTOR} numbers.")
    return tuple(_number(what, item, -1e6, 1e6) for item in value)
