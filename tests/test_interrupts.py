"""tfface.interrupts: signals within a block."""

import os
import signal
import threading

import pytest

from tfface.interrupts import terminated_like_interrupted


def test_a_termination_is_an_interruption_within_the_block() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), terminated_like_interrupted():
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(10)

    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_leave_signals_alone() -> None:
    entered = []

    def enter() -> None:
        with terminated_like_interrupted():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert entered == [signal.getsignal(signal.SIGTERM)]
