from __future__ import annotations

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from studio.library.tasks import End, Outcome
from studio.library.text import Text, as_it_came
from studio.state import notices as module
from studio.state.jobs import BackgroundJob, JobRole, Jobs
from studio.state.notices import Kind, NoticeRole, Notices


def test_a_job_is_listed_while_it_runs(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    jobs, cancelled, ended = Jobs(), [], []
    qtmodeltester.check(jobs)
    jobs.job_finished.connect(ended.append)
    job = jobs.add(as_it_came("Working"), lambda: cancelled.append(1))
    assert jobs.rowCount() == 1
    job.advance(3, 10)
    index = jobs.index(0)
    assert [index.data(role) for role in (JobRole.DONE, JobRole.TOTAL, JobRole.RUNNING)] == [3, 10, True]
    assert index.data() == "Working"
    job.cancel()
    job.cancel()
    assert cancelled == [1], "asked once"
    job.finish(Outcome(End.CANCELLED))
    assert jobs.running == ()
    assert ended == [job]


def test_jobs_that_end_out_of_order(qtbot: QtBot) -> None:
    jobs, running = Jobs(), []
    jobs.running_changed.connect(running.append)
    first, second = (jobs.add(Text(name), lambda: None) for name in ("a", "b"))
    first.finish(Outcome(End.DONE, 1))
    left: tuple[BackgroundJob, ...] = jobs.running
    assert left == (second,)
    second.finish(Outcome(End.DONE, 1))
    assert running == [1, 2, 1, 0]


def test_notices_are_newest_first_and_forgotten(
    qtbot: QtBot, qtmodeltester: ModelTester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 5)
    notices = Notices()
    qtmodeltester.check(notices)
    for n in range(8):
        notices.add(Kind.INFO, as_it_came(f"number {n}"))
    assert notices.rowCount() == 5
    assert notices.index(0).data() == "number 7"
    newest = notices.index(0).data(NoticeRole.NOTICE)
    notices.dismiss(newest.id)
    notices.dismiss(newest.id)
    assert notices.notices[0].id == newest.id - 1
