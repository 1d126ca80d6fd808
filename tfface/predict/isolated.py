"""Runs a detector in a process of its own: models are programs, and some end the process.

    python -m tfface.predict.isolated DESCRIPTOR

is that process; `IsolatedRuntime` starts it. Bytes pass between the two, nothing that is executed.
It keeps what crashes, hangs or fills the memory away from the caller; it is no sandbox: what a
SavedModel does with files, it does with the rights of the user.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from tfface.predict.runtime import Faces, ModelError, Runtime, Size, begin_anew_after_fork
from tfface.rgb import Image

SECONDS = 120.0
"""That a model may take to load, and for a picture."""

MEMORY = 32 << 30
"""Bytes of address space that the process may have, where the system bounds it."""


class IsolatedRuntime:
    """A detector in a process of its own, which is started again after it has ended.

    Args:
        model: preset or path, as of `tfface.FaceDetector.from_preset`.
        threads, precision: likewise.
        seconds: after which a model that has not answered is ended.

    Raises:
        ModelError: the model ends the process, does not answer, or is refused there; or the system
            is Windows, where a process is not given a socket.
    """

    def __init__(
        self, model: str, threads: int = 1, precision: str = "float32", seconds: float = SECONDS
    ) -> None:
        if sys.platform == "win32":
            raise ModelError(
                "expected a system on which a process of its own can be given a socket, for "
                "isolated, got Windows; load the model without that, or in WSL"
            )
        self._request = {"model": model, "threads": threads, "precision": precision}
        self._source, self._seconds = model, seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._of_parents: list[subprocess.Popen | None] = []
        size = self._start()["fixed_size"]
        self.fixed_size: Size | None = (size[0], size[1]) if size else None
        begin_anew_after_fork(self)

    def run(self, image: Image) -> Faces:
        """The faces in `image`, RGB uint8 `(H, W, 3)`.

        Raises:
            ModelError: the model fails on this picture, ends its process, or takes too long.
        """
        with self._lock:
            if self._process is None:
                self._start()
            reply = self._ask({"shape": image.shape}, np.ascontiguousarray(image).tobytes())
        faces = np.array(reply["faces"], np.float32).reshape(-1, 5)
        return faces[:, :4], faces[:, 4]

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            self._connection.close()
            process.kill()
            process.wait()

    def begin_in_child(self) -> None:
        """In a process that was forked, the next picture starts a process of its own.

        That of the parent is left to it: two would talk to it at once.
        """
        self._lock = threading.Lock()
        self._of_parents.append(self._process)
        self._process = None
        self._connection.close()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _start(self) -> dict[str, Any]:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", __name__, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                )
            return self._ask(self._request)
        except BaseException:  # it would take the next picture for the model to load
            self.close()
            raise

    def _ask(self, request: dict[str, Any], content: bytes = b"") -> dict[str, Any]:
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            self._connection.send_bytes(content)
            if not self._connection.poll(self._seconds):
                raise ModelError(
                    f"{self._source}: expected an answer within {self._seconds:g} seconds, got "
                    "none; the model is damaged, or the picture too large for it"
                )
            reply = json.loads(self._connection.recv_bytes(1 << 28))
        except (EOFError, OSError) as error:
            raise ModelError(
                f"{self._source}: expected a model that runs, got one that ended its process by "
                f"{self._end()}: it is damaged, or needs more memory than there is"
            ) from error
        except BaseException:  # its answer would be taken for that about the next picture
            self.close()
            raise
        if "error" in reply:
            raise ModelError(reply["error"])
        return reply

    def _end(self) -> str:
        """Waits for the process; how it ended."""
        process = self._process
        if process is None:
            return "nobody knows what"
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        self.close()
        status = process.returncode
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _serve(connection: Connection) -> None:
    """Loads what the first message names, and answers every further one, until the caller ends."""
    runtime: Runtime | None = None
    while True:
        try:
            request = json.loads(connection.recv_bytes())
            content = connection.recv_bytes()
            try:
                if runtime is None:
                    runtime = _open(request)
                    reply: dict[str, Any] = {"fixed_size": runtime.fixed_size}
                else:
                    image = np.frombuffer(content, np.uint8).reshape(request["shape"])
                    boxes, scores = runtime.run(image)
                    reply = {"faces": np.column_stack([boxes, scores]).tolist()}
            except Exception as error:  # whatever it is, the caller is told
                reply = {"error": str(error) or type(error).__name__}
            connection.send_bytes(json.dumps(reply).encode())
        except (EOFError, OSError):  # the caller has ended
            os._exit(0)


def _open(request: dict[str, Any]) -> Runtime:
    from tfface.predict.face_detector import open_runtime

    return open_runtime(request["model"], request["threads"], request["precision"])


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # as far as the system can
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller
    _bound_memory()
    _serve(Connection(int(sys.argv[1])))
