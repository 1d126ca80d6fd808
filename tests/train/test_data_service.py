"""train.data_service: processes that run until they are stopped."""

import os
import signal
import threading

import pytest
import tensorflow as tf

from tfface.command_line import INTERRUPTED
from train import data_service


class Server:
    """One that would wait in C++ for ever."""

    target = "localhost:1"

    def __init__(self, config: object) -> None:
        pass

    def join(self) -> None:
        raise AssertionError("expected no call that signals cannot end")


@pytest.mark.parametrize("kind", [["dispatcher"], ["worker", "--dispatcher=localhost:1"]])
def test_sigterm_ends_it(kind: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DispatchServer", "WorkerServer"):
        monkeypatch.setattr(tf.data.experimental.service, name, Server)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    assert data_service.main(kind) == INTERRUPTED
    timer.join()
