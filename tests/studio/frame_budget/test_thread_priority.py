from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from studio.frame_budget.thread_priority import (
    PICTURES,
    TRAINING,
    lower_process_priority,
    lower_thread_priority,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads of one process have one niceness")


def niceness(pid: int = 0) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid or threading.get_native_id())


def test_a_thread_gives_way_with_those_that_it_starts() -> None:
    before, found = niceness(), []

    def work() -> None:
        lower_thread_priority(PICTURES)
        child = threading.Thread(target=lambda: found.append(niceness()))
        child.start()
        child.join()
        found.append(niceness())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [min(19, before + PICTURES)] * 2
    assert niceness() == before, "the window does not"


def test_a_process_gives_way() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        before = niceness(child.pid)
        lower_process_priority(child.pid, TRAINING)
        assert niceness(child.pid) == min(19, before + TRAINING)
        child.communicate(b"\n")
    lower_process_priority(child.pid, TRAINING)  # gone: nothing to do
