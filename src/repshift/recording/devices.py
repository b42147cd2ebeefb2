"""Where torch computes, and how many threads it may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from repshift.vocabulary import InputError

_GIBIBYTE = 2**30


def choose_device(device: str | torch.device) -> torch.device:
    """Return a device: ``auto`` is CUDA where there is one, else the CPU; else it is one of torch's.

    Parameters
    ----------
    device
        ``auto``, ``cpu``, ``cuda``, one CUDA device as ``cuda:1``, ``mps``, or a ``torch.device``. Of several CUDA
        devices ``cuda`` is the first that is visible: a scheduler's ``CUDA_VISIBLE_DEVICES`` counts.

    Raises
    ------
    InputError
        If the device is unknown or not there: there is no silent fallback.
    """
    available = torch.cuda.is_available()
    if str(device) == "auto":
        return torch.device("cuda" if available else "cpu")
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"Unknown device '{device}'. Choose auto, cpu, cuda, cuda:1 or mps.") from error
    if found.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"Unknown device '{device}'. Choose auto, cpu, cuda, cuda:1 or mps.")
    if found.type == "cuda" and not available:
        raise InputError(f"Device '{device}' was asked for, but torch finds no CUDA device. Choose 'auto' or 'cpu'.")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        n = torch.cuda.device_count()
        raise InputError(f"Device '{device}' was asked for, but torch finds {n} CUDA devices, counted from 0.")
    if found.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("Device 'mps' was asked for, but torch finds no GPU of Apple's. Choose 'auto' or 'cpu'.")
    return found


def describe(device: torch.device) -> str:
    """Return what a log says of a device: its kind, its name where it has one, its memory."""
    if device.type == "mps":
        return "mps"
    if device.type != "cuda":
        return f"{device.type} ({os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / _GIBIBYTE:.1f} GiB)"
    free, total = torch.cuda.mem_get_info(device)
    name = torch.cuda.get_device_name(device)
    return f"cuda ({name}, {total / _GIBIBYTE:.1f} GiB, {free / _GIBIBYTE:.1f} GiB free)"


@contextmanager
def full_precision() -> Iterator[None]:
    """Keep single precision single: no TF32 on CUDA, no bfloat16 products; restore what was set before."""
    products, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = convolutions


@contextmanager
def reproducible(*, threads: int) -> Iterator[None]:
    """Run torch with deterministic algorithms, full single precision and `threads` threads; restore all afterwards.

    On CUDA, deterministic products also need the environment variable ``CUBLAS_WORKSPACE_CONFIG=:4096:8``.
    """
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    precision = torch.get_float32_matmul_precision()
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms imports torch's compiler: 70 MB, 0.7 s
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        torch.set_float32_matmul_precision(precision)
