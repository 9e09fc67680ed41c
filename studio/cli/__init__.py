"""The command line: `persona`. Everything the studio does, without a window.

`start` reads the command and words every failure; one module per family of commands does the work with the
engine. Neither Qt (until the window opens) nor torch (ever) is loaded here.
"""

from studio.cli.start import main

__all__ = ["main"]
