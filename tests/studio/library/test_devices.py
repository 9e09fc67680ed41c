from __future__ import annotations

import pytest

from studio.library.devices import devices_of


@pytest.mark.parametrize(
    ("system", "processor", "offered"),
    [
        ("linux", "x86_64", ("auto", "cpu", "cuda")),
        ("win32", "AMD64", ("auto", "cpu", "cuda")),
        ("linux", "aarch64", ("auto", "cpu")),
        ("darwin", "arm64", ("auto", "cpu", "coreml")),
    ],
)
def test_devices_that_a_system_cannot_have_are_not_offered(
    system: str, processor: str, offered: tuple[str, ...]
) -> None:
    assert devices_of(system, processor) == offered
