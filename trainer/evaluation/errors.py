"""What judging may refuse."""

from __future__ import annotations

from engine.errors import PersonaError


class JudgingError(PersonaError):
    """A model that cannot be judged as asked; one sentence."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence, code)
        self.sentence, self.code = sentence, code

    def __str__(self) -> str:
        return self.sentence
