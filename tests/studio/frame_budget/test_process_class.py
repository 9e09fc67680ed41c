"""On Windows, which is only pretended here, a training runs below normal priority."""

from __future__ import annotations

from studio.frame_budget.thread_priority import BELOW_NORMAL_PRIORITY_CLASS, lower_class


class Kernel:
    """Knows one process."""

    def __init__(self) -> None:
        self.classes: dict[int, int] = {}
        self.open = 0

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int:
        self.open += pid == 7
        return 70 if pid == 7 else 0

    def SetPriorityClass(self, handle: int, which: int) -> int:
        self.classes[handle] = which
        return 1

    def CloseHandle(self, handle: int) -> None:
        self.open -= 1


def test_a_training_gives_way() -> None:
    kernel = Kernel()
    assert lower_class(kernel, 7)
    assert (kernel.classes, kernel.open) == ({70: BELOW_NORMAL_PRIORITY_CLASS}, 0)


def test_one_that_has_ended_is_left_alone() -> None:
    kernel = Kernel()
    assert not lower_class(kernel, 8)
    assert kernel.classes == {}
