from __future__ import annotations

import pickle

import pytest

from engine import errors

ALL = [
    errors.PictureError("a b.png", "the file is empty", "empty"),
    errors.NoFaceError("a b.png"),
    errors.BundleError("models/a", "it is damaged"),
    errors.TargetError("out", "there is no space left on the disk"),
    errors.TargetExistsError("out/a.png"),
    errors.StyleError("The style is empty."),
    errors.RecipeError("The recipe is empty."),
    errors.DeviceError("CUDA was asked for, but no NVIDIA driver was found."),
    errors.Cancelled(),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_an_error_is_one_sentence(error: errors.PersonaError) -> None:
    text = str(error)
    assert text[0].isupper() and text.endswith(".") and not text.endswith("..") and "\n" not in text


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_an_error_survives_another_process(error: errors.PersonaError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), again.code) == (type(error), str(error), error.code)


def test_exit_codes_tell_errors_apart() -> None:
    codes = [type(error).exit_code for error in ALL if not isinstance(error, errors.TargetExistsError)]
    assert len(set(codes)) == len(codes) and 0 not in codes and 2 not in codes


def test_a_file_error_names_file_and_reason() -> None:
    error = errors.PictureError("ordner/ünï.png", "the file is empty.", "empty")
    assert "ordner/ünï.png" in str(error) and str(error).endswith("the file is empty.")
    assert (error.path, error.reason, error.code) == ("ordner/ünï.png", "the file is empty", "empty")
