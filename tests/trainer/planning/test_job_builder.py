"""Settings of a job out of the command line."""

from __future__ import annotations

import pytest

from engine.formats.job_settings import JobError
from trainer.planning.job_builder import setting


@pytest.mark.parametrize(
    ("text", "value"), [("false", False), ("True", True), ("0.5", 0.5), ("minimax", "minimax"), ("3", 3)]
)
def test_settings_are_read_as_people_write_them(text: str, value: object) -> None:
    assert setting(f"judging={text}") == ("judging", value)
    assert setting(f"saving.judging={text}") == ("judging", value)


def test_a_setting_that_there_is_not_is_refused() -> None:
    with pytest.raises(JobError, match="wings"):
        setting("wings=2")
    with pytest.raises(JobError, match="NAME=VALUE"):
        setting("batch")
