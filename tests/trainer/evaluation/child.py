"""The trainer's command line with the stand-in eye, for tests in a process of its own."""

from __future__ import annotations

import sys

from tests.trainer.evaluation.eye import ColourEye, few
from trainer.cli import main
from trainer.evaluation import eye, settings

if __name__ == "__main__":
    eye.open_eye = lambda provider, say: ColourEye()  # nothing is fetched
    settings.Settings = few
    sys.exit(main())
