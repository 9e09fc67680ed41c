"""What a model promises, measured on its samples: C finds z again, the preview is the picture, paths are
smooth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.latent import interpolate
from trainer.evaluation import faithful
from trainer.evaluation.context import PATHS, EvaluationContext
from trainer.evaluation.gallery import ReportPictures
from trainer.evaluation.quality import Styled


def content(context: EvaluationContext, styled: Styled) -> faithful.ContentAgreement:
    """|C(G(z, s)) - z|."""
    wanted = np.stack([context.sampler.z(one) for one in styled.recipes[: len(styled.contents)]])
    return faithful.content_agreement(styled.contents, wanted)


def preview(context: EvaluationContext, styled: Styled) -> faithful.PreviewAgreement:
    """The preview against the full picture, shrunk."""
    recipes = styled.recipes[: context.settings.previews]
    return faithful.preview_agreement(
        list(context.sampler.render(recipes)), list(context.sampler.previews(recipes))
    )


def paths(context: EvaluationContext, gallery: ReportPictures) -> faithful.Smoothness:
    """From one picture to another in the same style, in small steps."""
    settings = context.settings
    ends = context.shown_recipes(PATHS, 2 * settings.paths)
    layouts = []
    for a, b in zip(ends[0::2], ends[1::2], strict=True):
        end = replace(b, styles=a.styles)
        frames = [interpolate(a, end, step / settings.path_steps) for step in range(settings.path_steps + 1)]
        pictures = list(context.sampler.render(frames))
        layouts.append(context.net.features(pictures).layout)
        gallery.paths.append(pictures)
        gallery.steps.append(faithful.path_steps(layouts[-1]))
    return faithful.smoothness(layouts)
