"""The window's fixtures, for the tools that open it."""

from tests.studio.views.conftest import collect_here, no_thread_left, qapp

__all__ = ["collect_here", "no_thread_left", "qapp"]
