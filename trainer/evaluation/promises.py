"""What a model promises, measured on its samples: C finds z again, the preview is the picture, paths are
smooth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.latent import interpolate
from trainer.evaluation import faithful
from trainer.evaluation.bench import PATHS, Bench
from trainer.evaluation.gallery import Gallery
from trainer.evaluation.quality import Styled


def content(bench: Bench, styled: Styled) -> faithful.ContentAgreement:
    """|C(G(z, s)) - z|."""
    wanted = np.stack([bench.sampler.z(one) for one in styled.recipes[: len(styled.contents)]])
    return faithful.content_agreement(styled.contents, wanted)


def preview(bench: Bench, styled: Styled) -> faithful.PreviewAgreement:
    """The preview against the full picture, shrunk."""
    recipes = styled.recipes[: bench.settings.previews]
    return faithful.preview_agreement(
        list(bench.sampler.render(recipes)), list(bench.sampler.previews(recipes))
    )


def paths(bench: Bench, gallery: Gallery) -> faithful.Smoothness:
    """From one picture to another in the same style, in small steps."""
    settings = bench.settings
    ends = bench.shown_recipes(PATHS, 2 * settings.paths)
    layouts = []
    for a, b in zip(ends[0::2], ends[1::2], strict=True):
        end = replace(b, styles=a.styles)
        frames = [interpolate(a, end, step / settings.path_steps) for step in range(settings.path_steps + 1)]
        pictures = list(bench.sampler.render(frames))
        layouts.append(bench.net.looks(pictures).layout)
        gallery.paths.append(pictures)
        gallery.steps.append(faithful.path_steps(layouts[-1]))
    return faithful.smoothness(layouts)
