"""Runs TFLite files with LiteRT, without TensorFlow."""

import math
import threading
from contextlib import nullcontext
from typing import Any

import numpy as np

from tfface.predict import signature
from tfface.predict.column_folding import suit_processor
from tfface.predict.description import selection_of
from tfface.predict.notices import without_notices
from tfface.predict.packages import import_optional
from tfface.predict.runtime import Faces, ModelError, Size, begin_anew_after_fork
from tfface.predict.selection import Selection
from tfface.predict.suppression import suppress_candidates
from tfface.predict.verification import verify
from tfface.reasons import reason_of
from tfface.rgb import Image

IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every TFLite file (file_identifier of the TensorFlow Lite schema)."""

MAX_THREADS = 1024

READY_SIZES, READY_PIXELS = 2, 1 << 21
"""Sizes of pictures, and their pixels together, that a file is ready for at a time, each with
memory of its own: in a folder portraits and landscapes take turns, and some pictures are looked at
twice."""


def load_interpreter(content: bytes, source: str, **settings: Any) -> Any:
    """An interpreter of LiteRT.

    Args:
        content: the bytes of a TFLite file.
        source: its name, for messages.
        settings: of `ai_edge_litert.interpreter.Interpreter`.

    Raises:
        ModelError: LiteRT refuses the file.
        ImportError: ai-edge-litert is not installed.
    """
    litert = import_optional("ai_edge_litert.interpreter")
    try:
        return litert.Interpreter(model_content=content, **settings)
    except (ValueError, RuntimeError) as error:
        raise ModelError(
            f"{source}: expected a whole TFLite file, got {len(content)} bytes that LiteRT "
            f"refuses; download or export it again: {error}"
        ) from error


class LiteRTRuntime:
    """A TFLite file, loaded. Several threads may share it; they take turns.

    Args:
        content: the bytes of the file.
        source: its name, for messages.
        threads: processor threads that one picture may use, 1 to `MAX_THREADS`.
        is_known: its checksum is that of a file of tfface; another is verified before it is run.

    Raises:
        ModelError: damaged, no TFLite file, or not the signature of a detector.
        ImportError: ai-edge-litert is not installed.
    """

    def __init__(
        self, content: bytes, source: str, threads: int = 1, is_known: bool = False
    ) -> None:
        if not hasattr(threads, "__index__") or not 1 <= threads <= MAX_THREADS:
            raise ValueError(f"expected 1 to {MAX_THREADS} threads, got {threads!r}")
        if content[4:8] != IDENTIFIER:
            raise ModelError(
                f"{source}: expected a TFLite file, with {IDENTIFIER!r} at byte 4, got "
                f"{len(content)} bytes with {content[4:8]!r} there"
            )
        self._source = source
        self._threads = int(threads)
        self._lock = threading.Lock()
        self._of_parents: list[Any] = []
        if not is_known:
            # LiteRT tells what is no file of its kind at all; its network is built when it is run.
            verify(content, source)
        self._content = suit_processor(content)
        interpreter = self._load()
        self._read_signature(interpreter)
        self._is_announced = False
        # By the size that it has memory for, None: for none yet; the last one used is at the end.
        self._interpreters: dict[Size | None, Any] = {None: interpreter}
        begin_anew_after_fork(self)

    def _load(self) -> Any:
        return load_interpreter(self._content, self._source, num_threads=self._threads)

    def _read_signature(self, interpreter: Any) -> None:
        signatures = interpreter.get_signature_list()
        found = [name for name in signature.OUTPUT_TYPES if name in signatures]
        if not found:
            raise ModelError(
                f"{self._source}: expected a TFLite file with the signature {signature.NAME!r}, "
                f"got {sorted(signatures) or 'none'}; "
                "export the detector with python -m convert.main"
            )
        self._signature = found[0]
        if self._signature == signature.CANDIDATES:
            self._selection = self._read_selection()
        names = signatures[self._signature]
        signature.check_names(self._source, names["inputs"], names["outputs"], self._signature)
        # The runner must not outlive this function: LiteRT refuses to resize while one exists.
        runner = interpreter.get_signature_runner(self._signature)
        images = runner.get_input_details()[signature.INPUT]
        outputs = runner.get_output_details()
        signature.check_types(
            self._source,
            images["dtype"],
            {name: outputs[name]["dtype"] for name in outputs},
            self._signature,
        )
        shape = images["shape_signature"]
        self.fixed_size: Size | None = signature.fixed_size_of(self._source, shape)
        self._batch = max(1, int(shape[0]))
        self._images = images["index"]
        self._outputs = [outputs[name]["index"] for name in signature.OUTPUT_TYPES[self._signature]]

    def _read_selection(self) -> Selection:
        try:
            return selection_of(self._content)
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{self._source}: expected thresholds in its metadata, got: {error}; export the "
                "detector with python -m convert.main"
            ) from error

    def run(self, image: Image) -> Faces:
        """The faces in `image`, RGB uint8 `(H, W, 3)`.

        A file for a batch of pictures gets it in every place. A size that it is not ready for
        (`READY_SIZES`) costs a new allocation.

        Raises:
            ModelError: LiteRT cannot run the file, or cannot run it at this size.
        """
        height, width = image.shape[:2]
        with self._lock:
            try:
                interpreter = self._interpreter_for((height, width))
                batch = image[None] if self._batch == 1 else np.stack([image] * self._batch)
                interpreter.set_tensor(self._images, batch)
                interpreter.invoke()
                outputs = [
                    np.atleast_1d(interpreter.get_tensor(index))[:1] for index in self._outputs
                ]
            except (ValueError, RuntimeError, MemoryError) as error:
                # One that failed crashes the process at another size.
                self._interpreters.pop((height, width), None)
                raise ModelError(
                    f"{self._source}: LiteRT failed on a picture of shape {image.shape}: "
                    f"{reason_of(error)}; if memory is short, search it at a smaller long_side"
                ) from error
        if self._signature == signature.CANDIDATES:
            candidates = signature.candidates_of(self._source, *outputs)
            return suppress_candidates(*candidates, image.shape[:2], self._selection)
        return signature.faces_of(self._source, *outputs)

    def begin_in_child(self) -> None:
        """In a process that was forked, maybe while a thread detected, everything is loaded anew.

        What the parent loaded is kept: to end it would wait for threads that are not here.
        """
        self._lock = threading.Lock()
        self._of_parents.append(self._interpreters)
        self._interpreters = {}

    def _interpreter_for(self, size: Size) -> Any:
        """An interpreter that has memory for that size, which becomes the last one used.

        It is kept while it works, so that a fork meanwhile does not end it.
        """
        kept = self._interpreters
        if size in kept:
            kept[size] = kept.pop(size)
            return kept[size]
        interpreter = None
        while kept and (None in kept or not self._has_room_for(size)):
            interpreter = kept.pop(next(iter(kept)))
        if interpreter is None:
            interpreter = self._load()
        kept[size] = interpreter
        if self.fixed_size is None:
            interpreter.resize_tensor_input(self._images, (self._batch, *size, 3))
        # LiteRT announces XNNPACK, once in a process.
        with nullcontext() if self._is_announced else without_notices():
            interpreter.allocate_tensors()
        self._is_announced = True
        return interpreter

    def _has_room_for(self, size: Size) -> bool:
        pixels = sum(math.prod(each) for each in (size, *self._interpreters) if each)
        return len(self._interpreters) < READY_SIZES and pixels <= READY_PIXELS
