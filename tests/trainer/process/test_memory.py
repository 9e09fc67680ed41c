"""Memory that ran out is known by the words of whoever noticed it."""

from __future__ import annotations

import pytest
import torch

from trainer.process import memory
from trainer.process.world import Elsewhere

WORDS = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB",
    "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
    "GET was unable to find an engine to execute this computation",
    "FIND was unable to find an engine to execute this computation",
    "MPS backend out of memory (MPS allocated: 17.99 GB, other allocations: 74.73 MB)",
    "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried 1 bytes",
    "DefaultCPUAllocator: not enough memory: you tried to allocate 37748736 bytes.",
    "std::bad_alloc",
)


@pytest.mark.parametrize("words", WORDS)
def test_its_words_are_known(words: str) -> None:
    assert memory.is_out(RuntimeError(words))


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("full"), Elsewhere("another")])
def test_its_errors_are_known(error: Exception) -> None:
    assert memory.is_out(error)


def test_it_is_known_where_another_error_was_made_of_it() -> None:
    error = ValueError("the compiled function failed")
    error.__cause__ = RuntimeError("CUDA out of memory.")
    assert memory.is_out(error)


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: device-side assert triggered",
        "cuDNN error: CUDNN_STATUS_BAD_PARAM",
        "mat1 and mat2 shapes cannot be multiplied (4x8 and 4x8)",
    ],
)
def test_other_trouble_is_not_taken_for_it(words: str) -> None:
    assert not memory.is_out(RuntimeError(words))
