"""Detects with TFLite files of which one number is another: no crash, no hang, memory bounded.

    python -m drills.mutate fbi-half --precision int8 --count 10000 --output runs/mutate

A mutation is of the structure: a shape, a type, an index of a tensor or a buffer, an option of an
operator, a number of a constant. The file stays one that a parser reads, which random bytes seldom
do. A detector of it searches a small picture in a process of its own, without `--isolated`; it may
find nonsense, or refuse the file, also because it gets no more than `MEMORY` bytes. What ends the
process or silences it for `TIMEOUT` seconds is kept in `--output`, and the status is not 0.
"""

import multiprocessing
import random
import resource
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.command_options import add_precision_option, positive
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    from ai_edge_litert.tools import flatbuffer_utils
    from tqdm import tqdm

    from tfface.predict.face_detector import FaceDetector
    from tfface.presets import find_preset

TIMEOUT = 60.0
"""Seconds; the first file of a process waits for its imports too."""

MEMORY = 4 << 30

INTERESTING = (-(1 << 31), -128, -2, -1, 0, 1, 2, 3, 7, 127, 255, 4096, 1 << 20, (1 << 31) - 1)
"""Numbers at the ends of what counts and sizes can be."""

Change = Callable[[random.Random], Callable[[], None]]
"""Changes one number of a model, and returns what changes it back."""


def mutations(model: Any) -> Iterator[Change]:
    """Every place of a model that can be changed, but names and the descriptions of signatures."""
    for code in model.operatorCodes:
        yield from _numbers(code, "builtinCode", "version")
    for graph in model.subgraphs:
        yield from _arrays(graph, "inputs", "outputs")
        for tensor in graph.tensors:
            yield from _numbers(tensor, "type", "buffer")
            yield from _arrays(tensor, "shape", "shapeSignature")
            if tensor.quantization is not None:
                yield from _arrays(tensor.quantization, "scale", "zeroPoint")
                yield from _numbers(tensor.quantization, "quantizedDimension")
        for operator in graph.operators:
            yield from _numbers(operator, "opcodeIndex")
            yield from _arrays(operator, "inputs", "outputs")
            options = operator.builtinOptions
            yield from _numbers(options, *(vars(options) if options else ()))
    for buffer in model.buffers:
        yield from _arrays(buffer, "data")


def _numbers(owner: Any, *names: str) -> Iterator[Change]:
    for name in names:
        if isinstance(getattr(owner, name), int | float):
            yield partial(_change_number, owner, name)


def _arrays(owner: Any, *names: str) -> Iterator[Change]:
    for name in names:
        array = getattr(owner, name)
        if array is not None and len(array):
            yield partial(_change_array, owner, name)


def _change_number(owner: Any, name: str, chance: random.Random) -> Callable[[], None]:
    before = getattr(owner, name)
    setattr(owner, name, type(before)(_other(chance, before)))
    return lambda: setattr(owner, name, before)


def _change_array(owner: Any, name: str, chance: random.Random) -> Callable[[], None]:
    """Another number at one place of an array, or an array that is shorter or longer."""
    before = getattr(owner, name)
    changed = np.array(before)
    place = chance.randrange(len(changed))
    if chance.random() < 0.8:
        value = _other(chance, changed[place].item())
        limits = np.iinfo(changed.dtype) if changed.dtype.kind in "iu" else None
        changed[place] = np.clip(value, limits.min, limits.max) if limits else value
    else:
        changed = np.delete(changed, place) if chance.random() < 0.5 else changed.repeat(2)
    setattr(owner, name, changed)
    return lambda: setattr(owner, name, before)


def _other(chance: random.Random, value: float) -> float:
    near = value + chance.choice((-1, 1))
    return near if chance.random() < 0.5 else chance.choice(INTERESTING)


def mutant(model: Any, places: list[Change], chance: random.Random) -> bytes | None:
    """The file with one change; None where the format has no room for it."""
    undo = chance.choice(places)(chance)
    try:
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    except Exception:  # of the packer: an enumeration of 8 bits that holds no such number
        return None
    finally:
        undo()


def detect_each(given: Connection) -> None:
    """The process that detects: takes files, answers with what became of each."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    with TemporaryDirectory(prefix="tfface-mutate-") as folder:
        path = Path(folder, "mutant.tflite")
        while content := given.recv_bytes():
            path.write_bytes(content)
            try:
                FaceDetector.from_preset(path).detect(picture)
                given.send("detects")
            except Exception as error:
                given.send(f"refused, {type(error).__name__}")


class Worker:
    """A process of `detect_each`, which is started anew after one that ended."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=detect_each, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def outcome(self, content: bytes) -> str:
        """What became of a file."""
        try:
            self.pipe.send_bytes(content)
            if self.pipe.poll(TIMEOUT):
                return str(self.pipe.recv())
        except (EOFError, OSError):
            self.process.join()
            return f"ENDED by {self.process.exitcode}"
        self.process.kill()
        return "HANGS"

    def end(self) -> None:
        """Has the process leave nothing behind."""
        self.pipe.send_bytes(b"")
        self.process.join()


def run(options: Namespace) -> int:
    """Tries so many mutations; 1 where one ended or silenced its process."""
    options.output.mkdir(parents=True, exist_ok=True)
    content = find_preset(options.preset).read(options.precision)
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    places, chance = list(mutations(model)), random.Random(options.seed)
    worker, outcomes, findings = Worker(), Counter[str](), 0
    for number in tqdm(range(options.count), unit="file"):
        changed = mutant(model, places, chance)
        outcome = "not writable" if changed is None else worker.outcome(changed)
        outcomes[outcome] += 1
        if changed and outcome.startswith(("ENDED", "HANGS")):
            findings += 1
            (options.output / f"{options.preset}-{options.seed}-{number}.tflite").write_bytes(
                changed
            )
            worker = Worker()
    worker.end()
    for outcome, count in outcomes.most_common():
        print(f"{count:7}  {outcome}")
    return int(findings > 0)


def main() -> int:
    parser = CommandParser(prog="python -m drills.mutate", description="Mutates TFLite files.")
    parser.add_argument("preset")
    add_precision_option(parser)
    parser.add_argument("--count", type=positive, default=1000, help="mutations")
    parser.add_argument("--seed", type=positive, default=1)
    parser.add_argument("--output", type=Path, default=Path("runs/mutate"), help="of findings")
    return run_command(parser, run)


if __name__ == "__main__":
    sys.exit(main())
