"""The window's fixtures."""

from tests.studio.views.conftest import qapp
from tests.studio.workers.checks import until

__all__ = ["qapp", "until"]
