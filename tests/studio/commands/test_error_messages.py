from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import Cancelled, DeviceError, NoFaceError, TargetError
from studio.commands.error_messages import LISTED, shortened, tell
from studio.library.text import as_it_came
from studio.state.notices import Kind, Notices

WHAT = as_it_came("It did not work.")


@pytest.mark.parametrize(
    "error",
    [TargetError("/x", "there is no space left on the disk"), NoFaceError("a.png"), DeviceError("No CUDA.")],
)
def test_what_happened_what_it_means_what_to_do(qtbot: QtBot, error: Exception) -> None:
    notices = Notices()
    notice = tell(notices, WHAT, error)
    assert notice is not None
    assert (notice.kind, notice.what, notice.error) == (Kind.ERROR, WHAT, error)
    assert notice.meaning and notice.advice
    assert str(error).rstrip(".").endswith(str(notice.details[0]).rstrip(".").rpartition(": ")[2])


def test_the_unexpected_is_told_too(qtbot: QtBot) -> None:
    notice = tell(Notices(), WHAT, ZeroDivisionError("boom"))
    assert notice is not None
    assert "should not have happened" in str(notice.meaning)


def test_a_cancel_is_no_news(qtbot: QtBot) -> None:
    assert tell(Notices(), WHAT, Cancelled()) is None


def test_long_lists_are_shortened() -> None:
    sentences = tuple(map(str, range(LISTED + 7)))
    assert str(shortened(sentences)[-1]) == "… and 7 more"
    assert shortened(sentences[:3]) == sentences[:3]
