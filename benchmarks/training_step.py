"""What a training step costs: seconds to compile, seconds a step, and memory.

    python -m benchmarks.training_step train/configs/refineface-paper.flags --batch_size 1 --steps 3

The detector, its recipe, the optimiser and the size of the images are those of the configuration,
with first weights that are random. Every step has other pictures, of noise, and another number of
faces, from none to 128: it must be compiled once all the same, and the command fails where it is
not.
"""

import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.command_options import positive
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np
    import tensorflow as tf

    from measure.cold_start import peak_megabytes
    from measure.conditions import processor
    from tfface.detectors.base import Detector
    from tfface.matching import FACE
    from train.main import FLAGS, parse_flags
    from train.models import compile_model, make_detector

MOST_FACES = 128


def make_batch(detector: Detector, size: int, pictures: int, faces: int, seed: int) -> tuple:
    """Pictures of noise with targets: in each `faces` squares, of 8 pixels up to a quarter of
    the image.

    Returns:
        images uint8 `(pictures, size, size, 3)`, and the targets of the detector, by name.
    """
    random = np.random.default_rng(seed)
    make_targets = detector.make_targets(size, size)
    each = []
    for _ in range(pictures):
        sides = 2 ** random.uniform(3, np.log2(size / 4), (faces, 1))
        corners = random.uniform(0, size - sides, (faces, 2))
        boxes = np.concatenate([corners, corners + sides], axis=1).astype("float32")
        uniform = random.random(make_targets.uniform_count, dtype="float32")
        each.append(make_targets(boxes, np.full(faces, FACE, "int32"), uniform))
    targets = {name: np.stack([np.asarray(of_one[name]) for of_one in each]) for name in each[0]}
    return random.integers(0, 256, (pictures, size, size, 3), dtype=np.uint8), targets


def measure(detector: Detector, size: int, pictures: int, steps: int) -> list[float]:
    """Seconds of every step; the first one compiles. (In a graph it is traced twice, as its
    variables are made in it.)

    Raises:
        ValueError: a later step was compiled again.
    """
    traces = count_traces(detector)
    detector.make_train_function()
    compiled, seconds, of_first = detector.train_function, [], 0
    for step in range(steps + 1):
        faces = round(MOST_FACES * step / steps)
        batch = make_batch(detector, size, pictures, faces, seed=step)
        batches = iter(tf.data.Dataset.from_tensors(batch))
        began = time.perf_counter()
        logs = compiled(batches)
        loss = float(logs["loss"])
        seconds.append(time.perf_counter() - began)
        of_first = of_first or len(traces)
        print(f"step {step}: {faces} faces, {seconds[-1]:.2f} s, loss {loss:.3f}", flush=True)
    if len(traces) != of_first:
        raise ValueError("expected a step that is compiled once, got it compiled again")
    return seconds


def count_traces(detector: Detector) -> list[None]:
    """A list that grows whenever the step is traced, and so compiled, from now on."""
    traces: list[None] = []
    train_step = detector.train_step

    def traced(*arguments: Any) -> Any:
        traces.append(None)
        return train_step(*arguments)

    detector.train_step = traced  # type: ignore[method-assign]
    return traces


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("configuration", type=Path, help="flag file of train.main")
    parser.add_argument("--image_size", type=positive, help="default: as the configuration says")
    parser.add_argument("--batch_size", type=int, help="default: as the configuration says")
    parser.add_argument("--steps", type=int, default=5, help="timed ones (default: %(default)s)")
    parser.add_argument("--graph", action="store_true", help="without XLA")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints what each step took, and a summary.

    Raises:
        ValueError: as `measure`, or the configuration cannot be trained.
    """
    named = {"image_size": options.image_size, "batch_size": options.batch_size}
    parse_flags(
        [
            "benchmarks.training_step",
            f"--flagfile={options.configuration}",
            *("--train_records=none", "--output=none", "--backbone_weights=none"),
            "--distillation=threshold",  # the detector alone: there is no teacher
            f"--jit_compile={not options.graph}",
            *(f"--{name}={value}" for name, value in named.items() if value is not None),
        ]
    )
    keras.utils.set_random_seed(FLAGS.seed)
    detector = make_detector(FLAGS)
    compile_model(detector, FLAGS)
    size = FLAGS.image_size
    first, *seconds = measure(detector, size, FLAGS.batch_size, options.steps)
    print(
        f"{detector.name}, {FLAGS.batch_size} x {size}x{size}, "
        f"{'graph' if options.graph else 'XLA'}, {processor()}: compiled once, {first:.1f} s with "
        f"the first step; then {np.median(seconds):.2f} s a step; at most "
        f"{peak_megabytes():,.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
