"""What judging may refuse."""

from __future__ import annotations

from engine.errors import PersonaError


class JudgingError(PersonaError):
    """A model that cannot be judged as asked; one sentence."""

    code = "judging"
