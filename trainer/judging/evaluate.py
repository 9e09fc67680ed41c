"""The whole evaluation of a bundle, step by step: figures for the report, pictures and curves for the page.

Samples for the comparison of distributions are made in the styles of training pictures and compared with
held-out ones, so that nothing of what they are compared with reaches the generator. Style agreement is the
other way round: styles of held-out pictures, which no network has seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import Bundle
from engine.images import Picture
from engine.latent import interpolate
from engine.providers import Provider
from engine.recipe import Recipe
from engine.style import Style
from trainer.data.prepared import PreparedSet
from trainer.judging import agreement as styles_agreement
from trainer.judging import classes, faithful, figures, probe, spread
from trainer.judging.agreement import Matched
from trainer.judging.cache import Cache
from trainer.judging.errors import JudgingError
from trainer.judging.features import FeatureNet, Floats, Layout, Looks, in_chunks, look
from trainer.judging.gallery import Gallery, Pair, StyleRow, plane
from trainer.judging.grades import KNOWN
from trainer.judging.neighbours import Copying
from trainer.judging.probe import Probe
from trainer.judging.real import FEWEST_HELD_OUT, RealPictures, Tell, silent
from trainer.judging.samples import Sampler
from trainer.judging.spread import Diversity
from trainer.judging.userstyles import judge_style

FORMAT = 1
KIND = "evaluation"

STYLED, PLAIN, IN_STYLE, SHUFFLED, GRADED, PATHS, SHOWN, SHOWN_STYLES, OWN_STYLES = range(9)
"""Pools of samples that share no z."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """How much is measured. The defaults suit a base model; small sets and models need no others."""

    count: int = 2000
    """Samples in the styles of training pictures; a fourth as many without a style."""
    seed: int = 0
    per_style: int = 8
    """Samples in each held-out style."""
    copies: int = 1000
    """Samples that are searched for copies."""
    contents: int = 256
    """Samples that the content encoder is asked about."""
    previews: int = 64
    neighbours: int = 16
    """Real pictures in the neighbourhood of a style."""
    probe_pictures: int = 1200
    """Training pictures that the probe learns from, each under two random grades besides its own."""
    probe_steps: int = probe.STEPS
    paths: int = 4
    path_steps: int = 16
    truncation: float = 0.7
    """Of the pictures that are shown; figures are measured without truncation."""
    shown: int = 64
    shown_styles: int = 8

    def __post_init__(self) -> None:
        if self.count < 2:
            raise JudgingError(
                f"At least 2 pictures are needed to judge a model by, not {self.count}.", "few"
            )
        if self.seed < 0:
            raise JudgingError("The seed is a whole number from 0.", "seed")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found: plain values for JSON, and what the page shows besides."""

    report: dict[str, Any]
    gallery: Gallery


def evaluate(
    bundle: Bundle,
    data: PreparedSet,
    net: FeatureNet,
    *,
    styles: Sequence[Style] = (),
    settings: Settings | None = None,
    cache: Cache | None = None,
    provider: Provider | None = None,
    tell: Tell = silent,
) -> Evaluation:
    """Everything that is measured. The same arguments give the same figures.

    JudgingError, StyleError (a style of another model), BundleError, PictureError, DeviceError.
    """
    for style in styles:
        style.check_model(bundle)
    settings = settings or Settings()
    cache = cache or Cache(None, data.digest)
    real = RealPictures(data, bundle.card.resolution, net, cache, seed=settings.seed, tell=tell)
    sampler = Sampler(bundle, provider, seed=settings.seed)
    return _Examination(sampler, real, net, cache, settings, tell).run(styles)


@dataclass(frozen=True, eq=False)
class _Styled:
    """Samples in the styles of training pictures."""

    recipes: list[Recipe]
    labels: Indices
    """Class of the picture whose style each is in."""
    looks: Looks
    contents: Floats
    """C of the first ones."""


@dataclass(frozen=True, eq=False)
class _InStyle:
    """Samples in held-out styles: the n-th in style n modulo the number of styles."""

    looks: Looks
    matched: Matched


@dataclass(eq=False)
class _Examination:
    """One evaluation under way."""

    sampler: Sampler
    real: RealPictures
    net: FeatureNet
    cache: Cache
    settings: Settings
    tell: Tell
    notes: list[str] = field(default_factory=list)

    def run(self, styles: Sequence[Style]) -> Evaluation:
        """All steps, in order."""
        gallery = Gallery()
        self._train_probe()
        found: dict[str, Any] = {"probe": self._probe_figures()}
        styled = self._styled()
        found |= self._distributions(styled, gallery)
        found |= self._styles(gallery)
        found["grades"] = self._grades()
        found["class_shares"] = self._class_shares(styled)
        found["content"] = faithful.content_agreement(
            styled.contents, np.stack([self.sampler.z(one) for one in styled.recipes[: len(styled.contents)]])
        )
        found["preview"] = self._preview(styled)
        found["interpolation"] = self._paths(gallery)
        found["own_styles"] = self._own_styles(styles, gallery)
        self._show(styled, gallery)
        return Evaluation(self._report(found), gallery)

    # --- The probe ---

    def _train_probe(self) -> None:
        real, settings = self.real, self.settings

        def make() -> dict[str, NDArray[Any]]:
            rng = np.random.default_rng([settings.seed, 9])
            rows = rng.permutation(len(real.train))[: settings.probe_pictures].tolist()
            graded = real.graded_cells(real.train, rows, 2, settings.seed)
            self.tell("training the probe", 0, 1)
            return dict(probe.train_probe(graded, seed=settings.seed, steps=settings.probe_steps).weights)

        key = {
            "what": probe.RECIPE,
            "net": self.net.digest,
            "pictures": real.digest(real.train),
            "settings": (settings.seed, settings.probe_pictures, settings.probe_steps),
        }
        self.probe = Probe(self.cache.get(key, make))
        self.train_seen = self.probe(real.cells(real.train))
        self.held_cells = real.cells(real.held_out)
        self.held_seen = self.probe(self.held_cells)

    def _probe_figures(self) -> dict[str, float] | None:
        count = len(self.real.held_out)
        if count < 2:
            return None
        likeness = probe.likeness_of_halves(self.probe, self.held_cells, seed=self.settings.seed)
        return {"other_half": likeness, "chance": 1 / count, "pictures": count}

    # --- Distributions ---

    def _styled(self) -> _Styled:
        train, settings = self.real.train, self.settings
        rng = np.random.default_rng([settings.seed, 10])
        rows = rng.permutation(len(train))[: settings.count]
        pictures = self._told(self.real.load_each(train, rows), "styles of training pictures", len(rows))
        vectors = self.sampler.styles(pictures)
        recipes = self.sampler.recipes(STYLED, settings.count, vectors)
        labels = train.labels[rows[np.arange(settings.count) % len(rows)]]
        contents: list[Floats] = []

        def also(chunk: list[Picture]) -> None:
            if sum(map(len, contents)) < settings.contents:
                contents.append(self.sampler.contents(chunk))

        looks = self._look(recipes, "samples", also=also)
        mirrored = self._look(recipes[: settings.copies], "mirrored samples", flip=True)
        self.mirrored_samples = mirrored.layout
        return _Styled(recipes, labels, looks, np.concatenate(contents)[: settings.contents])

    def _distributions(self, styled: _Styled, gallery: Gallery) -> dict[str, Any]:
        train, held_out, seed = self.real.train, self.real.held_out, self.settings.seed
        if len(held_out) < FEWEST_HELD_OUT:
            self.notes.append(
                f"Only {len(held_out)} pictures are held out; samples are compared with half of all "
                "pictures, and the other half shows how near one can come."
            )
        target, other = figures.compared(train.looks, held_out.looks, fewest=FEWEST_HELD_OUT, seed=seed)
        plain_recipes = self.sampler.recipes(PLAIN, max(2, self.settings.count // 4))
        plain = self._look(plain_recipes, "samples without a style")
        copied = self._copying(styled)
        self._pairs(styled, copied, gallery)
        gallery.distances = (copied.samples, copied.held_out)
        gallery.planes = plane(target.pooled, styled.looks.pooled, seed=seed)
        self.plain_looks = plain
        return {
            "together": asdict(figures.distribution(styled.looks, target, other, seed=seed))
            | {"copying": _copying_figures(copied)},
            "classes": self._by_class(styled, copied),
            "no_style": asdict(figures.distribution(plain, target, other, seed=seed)),
        }

    def _by_class(self, styled: _Styled, copied: Copying) -> dict[str, Any]:
        data, train, held_out = self.real.data, self.real.train, self.real.held_out
        found: dict[str, Any] = {}
        for label, name in enumerate(data.classes if data.labelled else ()):
            rows, target, other = styled.labels == label, held_out.of(label), train.of(label)
            if min(rows.sum(), len(other)) < 2 or len(target) < FEWEST_HELD_OUT:
                continue
            one = figures.distribution(
                styled.looks[rows], held_out.looks[target], train.looks[other], seed=self.settings.seed
            )
            found[name] = asdict(one) | {"copying": _class_copying(copied, rows, held_out.labels == label)}
        return found

    def _copying(self, styled: _Styled) -> Copying:
        some = styled.looks[: self.settings.copies]
        made = replace(some, mirrored=self.mirrored_samples)
        if len(self.real.held_out) < 2:
            self.notes.append(
                "No pictures are held out; copying is measured against training pictures alone."
            )
        return figures.copies(made, self.real.train.looks, self.real.held_out.looks)

    def _pairs(self, styled: _Styled, copied: Copying, gallery: Gallery) -> None:
        """The samples nearest to a training picture, and the same of held-out pictures, for the eye."""
        middle = float(np.median(copied.held_out))
        train, held_out = self.real.train, self.real.held_out
        for row in np.argsort(copied.samples, kind="stable")[:8].tolist():
            sample = next(self.sampler.render([styled.recipes[row]]))
            nearest = self.real.picture(train.pictures[copied.nearest[row]])
            gallery.pairs.append(Pair(sample, nearest, float(copied.samples[row]) / middle))
        side = held_out if len(held_out) >= 2 else train
        for row in np.argsort(copied.held_out, kind="stable")[:4].tolist():
            own = self.real.picture(side.pictures[row])
            nearest = self.real.picture(train.pictures[copied.held_out_nearest[row]])
            gallery.real_pairs.append(Pair(own, nearest, float(copied.held_out[row]) / middle))

    # --- Styles ---

    def _styles(self, gallery: Gallery) -> dict[str, Any]:
        """Agreement with held-out styles, and diversity in each."""
        held_out = self.real.held_out
        self.groups = styles_agreement.find_groups(self.held_seen, held_out.labels, seed=self.settings.seed)
        if not self.groups:
            self.notes.append(
                "Too few pictures are held out to make styles of; style agreement was not measured."
            )
            self.prototypes = np.zeros((0, probe.SIZE), np.float32)
            return {"agreement": None, "diversity": None}
        vectors = np.stack(
            [self.sampler.style_of(self.real.load(held_out, group.references)) for group in self.groups]
        )
        self.prototypes = styles_agreement.prototypes(self.held_seen, self.groups)
        made = self._in_styles(IN_STYLE, vectors, self.settings.per_style, "samples in held-out styles")
        control = self._control(vectors)
        others = np.concatenate([group.others for group in self.groups])
        wanted = np.concatenate([np.full(len(group.others), n) for n, group in enumerate(self.groups)])
        real = styles_agreement.match(self.held_seen[others], wanted, self.prototypes)
        gallery.cosines = (made.matched.own, made.matched.others.ravel(), real.own)
        self._style_rows(vectors, gallery)
        count = len(self.groups[0].references)
        return {
            "agreement": styles_agreement.agreement(made.matched, real, control.matched, count),
            "diversity": self._diversity(made),
        }

    def _in_styles(self, pool: int, vectors: Floats, each: int, what: str) -> _InStyle:
        recipes = self.sampler.recipes(pool, each * len(vectors), vectors)
        return self._matched(recipes, np.arange(len(recipes)) % len(vectors), what, self.prototypes)

    def _control(self, vectors: Floats) -> _InStyle:
        """Samples whose styles were handed out at random, matched as if they had been made as wanted."""
        count = len(vectors) * max(2, self.settings.per_style // 2)
        given = styles_agreement.random_styles(count, len(vectors), seed=self.settings.seed)
        recipes = self.sampler.recipes(SHUFFLED, count, vectors[given])
        return self._matched(recipes, np.arange(count) % len(vectors), "shuffled control", self.prototypes)

    def _matched(self, recipes: list[Recipe], wanted: Indices, what: str, prototypes: Floats) -> _InStyle:
        seen: list[Floats] = []
        looks = self._look(recipes, what, also=lambda chunk: seen.append(self.probe(self.net.cells(chunk))))
        return _InStyle(looks, styles_agreement.match(np.concatenate(seen), wanted, prototypes))

    def _diversity(self, made: _InStyle) -> Diversity | None:
        near = min(self.settings.neighbours, len(self.real.train))
        if near < 4:
            return None
        count = len(self.groups)
        samples = [made.looks.layout[made.matched.wanted == n] for n in range(count)]
        neighbourhoods = [self._neighbourhood(prototype, near) for prototype in self.prototypes]
        rng = np.random.default_rng([self.settings.seed, 11])
        some = rng.permutation(len(self.real.train))[:256]
        return spread.diversity(samples, neighbourhoods, self.real.train.looks.layout[some])

    def _neighbourhood(self, prototype: Floats, count: int) -> Layout:
        """Layouts of the training pictures nearest to a style, nearest first."""
        order = np.argsort(-(self.train_seen @ prototype), kind="stable")[:count]
        return self.real.train.looks.layout[order]

    def _grades(self) -> dict[str, Any] | None:
        """Agreement with colour grades: the same, with styles that surely have nothing to do with content."""
        held_out, references = self.real.held_out, styles_agreement.REFERENCES
        if len(held_out) < references + styles_agreement.OTHERS:
            return None
        rng = np.random.default_rng([self.settings.seed, 12])
        vectors, prototypes, others = [], [], []
        for done, grade in enumerate(KNOWN, 1):
            rows = rng.permutation(len(held_out))[: 2 * references]
            graded = [grade(picture) for picture in self.real.load(held_out, rows)]
            seen = self.probe(self.net.cells(graded))
            vectors.append(self.sampler.style_of(graded[:references]))
            prototypes.append(probe.unit_mean(seen[:references]))
            others.append(seen[references:])
            self.tell("colour grades", done, len(KNOWN))
        known, styles = np.stack(prototypes), np.stack(vectors)
        wanted = np.concatenate([np.full(len(one), n) for n, one in enumerate(others)])
        real = styles_agreement.match(np.concatenate(others), wanted, known)
        recipes = self.sampler.recipes(GRADED, self.settings.per_style * len(styles), styles)
        asked = np.arange(len(recipes)) % len(styles)
        made = self._matched(recipes, asked, "samples under colour grades", known)
        given = styles_agreement.random_styles(len(recipes), len(styles), seed=self.settings.seed)
        control = Matched(made.matched.cosines, given)
        figures_ = asdict(styles_agreement.agreement(made.matched, real, control, references))
        hits = made.matched.cosines.argmax(axis=1) == asked
        return figures_ | {
            "by_grade": {grade.name: float(hits[asked == n].mean()) for n, grade in enumerate(KNOWN)}
        }

    def _own_styles(self, styles: Sequence[Style], gallery: Gallery) -> dict[str, Any]:
        """Each style file that was named: how it does, and a row of pictures."""
        found: dict[str, Any] = {}
        for number, style in enumerate(styles):
            pool = OWN_STYLES + number
            vector = np.asarray(style.vector, np.float32) * np.float32(style.strength)
            recipes = self.sampler.recipes(pool, 4 * self.settings.per_style, vector[None])
            seen: list[Floats] = []
            vectors: list[Floats] = []

            def also(
                chunk: list[Picture], seen: list[Floats] = seen, vectors: list[Floats] = vectors
            ) -> None:
                seen.append(self.probe(self.net.cells(chunk)))
                vectors.append(self.sampler.styles(chunk))

            looks = self._look(recipes, f"samples in {style.name}", also=also, mirrored=True)
            references = [one.thumbnail_picture() for one in style.references]
            found[style.name] = judge_style(
                style,
                self.sampler.bundle,
                looks,
                np.concatenate(seen),
                np.concatenate(vectors),
                self.probe(self.net.cells(references)),
                self.prototypes,
                self.real,
                self._neighbourhood,
                min(self.settings.neighbours, len(self.real.train)),
            )
            row = self.sampler.recipes(SHOWN_STYLES, 8, vector[None], truncation=self.settings.truncation)
            gallery.rows.append(StyleRow(style.name, references[:5], list(self.sampler.render(row))))
        return found

    def _style_rows(self, vectors: Floats, gallery: Gallery) -> None:
        """The same eight people in some of the held-out styles."""
        for number in range(min(self.settings.shown_styles, len(self.groups))):
            at = number * len(self.groups) // min(self.settings.shown_styles, len(self.groups))
            references = self.real.load(self.real.held_out, self.groups[at].references)
            style = vectors[at][None]
            row = self.sampler.recipes(SHOWN_STYLES, 8, style, truncation=self.settings.truncation)
            gallery.rows.append(StyleRow("", references, list(self.sampler.render(row))))

    # --- Classes and promises ---

    def _class_shares(self, styled: _Styled) -> dict[str, Any] | None:
        data, train, held_out = self.real.data, self.real.train, self.real.held_out
        count = len(data.classes)
        if not 2 <= count <= 50 or len(np.unique(train.labels)) < 2:
            return None
        self.tell("classes", 0, 1)
        classifier = classes.fit(train.looks.pooled, train.labels, count)
        made, real = classifier(styled.looks.pooled), classifier(held_out.looks.pooled)
        return {
            "classes": list(data.classes),
            "generated": classes.confusion(made, styled.labels, count),
            "held_out": classes.confusion(real, held_out.labels, count),
            "no_style": classes.shares(classifier(self.plain_looks.pooled), count),
            "training": classes.shares(train.labels, count),
            "right": float((made == styled.labels).mean()),
            "held_out_right": float((real == held_out.labels).mean()) if len(held_out) else None,
        }

    def _preview(self, styled: _Styled) -> faithful.PreviewAgreement:
        recipes = styled.recipes[: self.settings.previews]
        return faithful.preview_agreement(
            list(self.sampler.render(recipes)), list(self.sampler.previews(recipes))
        )

    def _paths(self, gallery: Gallery) -> faithful.Smoothness:
        ends = self._shown_recipes(PATHS, 2 * self.settings.paths)
        steps = self.settings.path_steps
        layouts = []
        for a, b in zip(ends[0::2], ends[1::2], strict=True):
            frames = [interpolate(a, replace(b, styles=a.styles), step / steps) for step in range(steps + 1)]
            pictures = list(self.sampler.render(frames))
            layouts.append(self.net.looks(pictures).layout)
            gallery.paths.append(pictures)
            gallery.steps.append(faithful.path_steps(layouts[-1]))
        return faithful.smoothness(layouts)

    def _shown_recipes(self, pool: int, count: int) -> list[Recipe]:
        """Samples to be looked at: truncated, in the styles of training pictures."""
        rng = np.random.default_rng([self.settings.seed, 13, pool])
        rows = rng.permutation(len(self.real.train))[:count]
        vectors = self.sampler.styles(self.real.load_each(self.real.train, rows))
        return self.sampler.recipes(pool, count, vectors, truncation=self.settings.truncation)

    def _show(self, styled: _Styled, gallery: Gallery) -> None:
        settings = self.settings
        gallery.grid = list(self.sampler.render(self._shown_recipes(SHOWN, settings.shown)))
        plain = self.sampler.recipes(PLAIN, settings.shown // 4, truncation=settings.truncation)
        gallery.plain = list(self.sampler.render(plain))

    # --- Telling ---

    def _look(
        self,
        recipes: Sequence[Recipe],
        what: str,
        *,
        also: Callable[[list[Picture]], None] | None = None,
        mirrored: bool = False,
        flip: bool = False,
    ) -> Looks:
        """Renders a few at a time and looks at them. also: gets them too. flip: at mirror images only."""
        parts = []
        for chunk in in_chunks(self._told(self.sampler.render(recipes), what, len(recipes))):
            seen = [np.ascontiguousarray(one[:, ::-1]) for one in chunk] if flip else chunk
            parts.append(look(self.net, seen, mirrored=mirrored))
            if also is not None:
                also(chunk)
        return Looks.joined(parts)

    def _told(self, pictures: Iterable[Picture], what: str, total: int) -> Iterable[Picture]:
        for done, picture in enumerate(pictures, 1):
            self.tell(what, done, total)
            yield picture

    def _report(self, found: dict[str, Any]) -> dict[str, Any]:
        data, card = self.real.data, self.sampler.bundle.card
        sides = {split: Counter(one.label for one in data.of(split)) for split in ("train", "val")}
        return {
            "kind": KIND,
            "format": FORMAT,
            "model": {
                "name": card.name,
                "id": self.sampler.bundle.id,
                "resolution": card.resolution,
                "preview_resolution": card.preview_resolution,
            },
            "data": {
                "title": data.title,
                "digest": data.digest,
                "train": len(self.real.train),
                "held_out": len(self.real.held_out),
                "classes": {
                    name: {"train": sides["train"][name], "held_out": sides["val"][name]}
                    for name in data.classes
                },
            },
            "settings": asdict(self.settings),
            "eye": self.net.name,
            "notes": [*self.real.notes, *self.notes],
            "figures": figures.plain(found),
        }


def _copying_figures(copied: Copying) -> dict[str, Any]:
    return {
        "ratio": copied.ratio,
        "near": copied.near,
        "samples": len(copied.samples),
        "median": float(np.median(copied.samples)),
        "held_out_median": float(np.median(copied.held_out)),
    }


def _class_copying(copied: Copying, rows: NDArray[np.bool_], held_out: NDArray[np.bool_]) -> dict[str, Any]:
    """The copying figures of one class's samples against the same class's held-out pictures."""
    samples = copied.samples[rows[: len(copied.samples)]]
    if len(samples) < 2 or len(held_out) != len(copied.held_out):
        return {}
    own = copied.held_out[held_out]
    return {"ratio": float(np.median(samples) / np.median(own)), "samples": len(samples)}
