"""The trainer's command line with the stand-in extractor, for tests in a process of its own."""

from __future__ import annotations

import sys

from tests.trainer.evaluation.scripted_extractor import ColourExtractor, few
from trainer.cli import main
from trainer.evaluation import feature_extractor, settings

if __name__ == "__main__":
    feature_extractor.open_extractor = lambda provider, say: ColourExtractor()  # nothing is fetched
    settings.EvaluationSettings = few
    sys.exit(main())
