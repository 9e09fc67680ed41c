"""Failures on their way out: as an event for whoever started the trainer, and in the log for people."""

from __future__ import annotations

import sys

from engine.errors import PersonaError
from engine.files import target_error
from engine.formats.protocol import Failed
from engine.formats.reason import Reason, reason_of


def reason_for(error: BaseException) -> Reason:
    """Why a command failed, for errors that nobody foresaw, too."""
    if isinstance(error, PersonaError):
        return reason_of(error)
    if isinstance(error, ModuleNotFoundError):
        return Reason("no-module", f"{error.name} is not installed", {"name": error.name or ""})
    if _is_out_of_memory(error):
        return Reason("no-memory", f"there is not enough memory: {error}")
    if isinstance(error, OSError):
        target = target_error(error.filename or "", error)
        return Reason(target.code, f"{error.filename or 'a file'}: {target.reason}")
    return Reason("unforeseen", f"{type(error).__name__}: {error}")


def tell_failure(reason: Reason, aloud: bool = True) -> None:
    """Writes the event to standard output. aloud: the sentence goes into the log, too."""
    if aloud:
        sys.stderr.write(f"trainer: {reason.message}\n")
    if sys.stdout is not None:
        sys.stdout.write(Failed(reason).to_line() + "\n")
        sys.stdout.flush()


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if "torch" not in sys.modules:
        return False
    from trainer.process import memory

    return memory.is_out(error)
