"""What runs a detector: the contract that LiteRT, SavedModel and Keras fulfil here."""

import os
import weakref
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tfface.rgb import Image

Size = tuple[int, int]
"""Height and width in pixels."""

Faces = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes float32 `(n, 4)` in pixels of the input, and scores float32 `(n,)`, after suppression."""


class ModelError(ValueError):
    """A model that is missing, damaged, or not a detector as tfface writes them."""


class OneProcess:
    """Where something works that does not survive a fork, as TensorFlow and JAX do not."""

    def __init__(self) -> None:
        self._process = os.getpid()

    def check(self) -> None:
        """Raises RuntimeError in another process, in which it would wait for ever."""
        if os.getpid() != self._process:
            raise RuntimeError(
                "expected this detector in the process that loaded it, got a fork of that, which "
                "lacks the threads of TensorFlow or JAX; load it there, or start processes by "
                "multiprocessing.get_context('spawn')"
            )


class Forked(Protocol):
    """What a process that was forked cannot use as it is."""

    def begin_in_child(self) -> None:
        """Called there, maybe while another thread of the parent was at work."""


_forked: weakref.WeakSet[Forked] = weakref.WeakSet()


def begin_anew_after_fork(runtime: Forked) -> None:
    """Has `begin_in_child` called in every process that is forked from now on."""
    _forked.add(runtime)


def _begin_all_in_child() -> None:
    for runtime in list(_forked):
        runtime.begin_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all_in_child)


class Runtime(Protocol):
    """A detector that is loaded and ready."""

    @property
    def fixed_size(self) -> Size | None:
        """The only size it takes; None when it takes every size that is a multiple of 32."""

    def run(self, image: Image) -> Faces:
        """The faces in `image`, RGB uint8 `(H, W, 3)` of a size that it takes."""
