"""The pinned versions and the bounds they must lie in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import constraints
import graphics_card
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def pinned() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*project["dependencies"], *extras]]


def test_every_dependency_has_bounds_and_a_pin_within_them() -> None:
    pins = pinned()
    for requirement in requirements():
        operators = {bound.operator for bound in requirement.specifier}
        assert operators == {">=", "<"}, requirement
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_exactly_one_onnx_runtime_is_asked_for_on_every_platform() -> None:
    platforms = [
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("win32", "AMD64"),
        ("win32", "ARM64"),
        ("darwin", "arm64"),
    ]
    runtimes = [requirement for requirement in requirements() if requirement.name.startswith("onnxruntime")]
    for platform, machine in platforms:
        environment = {"sys_platform": platform, "platform_machine": machine}
        asked = [r.name for r in runtimes if r.marker is None or r.marker.evaluate(environment)]
        assert len(asked) == 1, (platform, machine)


def test_the_file_is_as_the_program_would_write_it() -> None:
    text = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert text.startswith(constraints.HEADER)
    assert constraints.pins(lines) == lines


def test_builds_platform_packages_and_ourselves_are_not_pinned() -> None:
    listed = [
        "torch==2.13.0+cpu",
        "persona-studio==0.1.0",
        "nvidia-cudnn-cu13==9.1",
        "triton==3.4",
        "pip==26.3",
    ]
    assert constraints.pins(listed) == ["colorama==0.4.6", "torch==2.13.0"]


def test_the_twins_of_a_program_are_pinned_alike() -> None:
    assert constraints.pins(["onnxruntime-gpu==1.31.1"])[1:] == [
        "onnxruntime==1.31.1",
        "onnxruntime-gpu==1.31.1",
    ]


def test_no_host_of_a_registry_is_written_down() -> None:
    """But PyTorch's own index, which alone has CUDA for Windows, where another can be named."""
    files = [ROOT / "pyproject.toml", *(ROOT / "packaging").glob("*.*"), ROOT / ".ci" / "run"]
    for path in files:
        text = path.read_text(encoding="utf-8")
        if path.name == "graphics_card.py":
            assert text.count(graphics_card.INDEX) == 1
            text = text.replace(graphics_card.INDEX, "").replace("--extra-index-url", "")
        assert not re.search(r"https?://(?!semver\.org)|index-url|find-links", text), path
