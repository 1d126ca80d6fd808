"""Ctrl-C and `kill`: a run that is told to stop ends after its step, with its state saved."""

import os
import signal
from types import FrameType
from typing import Any, Self

MESSAGE = b"\nStopping after this step. The same again stops at once, without saving.\n"


class Interrupted(KeyboardInterrupt):
    """A run that was told to stop has come to a place where it can.

    Attributes:
        exit_status: 128 and the number of the signal, as a shell counts.
    """

    def __init__(self, number: int):
        super().__init__(number)
        self.exit_status = 128 + number


class Interruption:
    """A block in which SIGINT and SIGTERM wait until the run asks for them.

    A second one does not wait: it raises `Interrupted` where the run is.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._handlers: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether a signal came."""
        return self._number is not None

    def check(self) -> None:
        """Raises Interrupted if a signal came."""
        if self._number is not None:
            raise Interrupted(self._number)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.check()
        self._number = number
        os.write(2, MESSAGE)  # `print` may be at work where the signal came
