"""`python -m trainer`: train, and what belongs to it, as a child process or by hand."""

from __future__ import annotations

import sys

from trainer.cli import main

if __name__ == "__main__":
    sys.exit(main())
