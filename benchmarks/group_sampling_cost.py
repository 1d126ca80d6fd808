"""What matching and sampling cost: pictures a second on one core, by the anchors of a picture.

    python -m benchmarks.group_sampling_cost --threads 1

262,144 anchors are those of 4 scales at stride 4 of 1024x1024 pixels. Compare with the pictures a
second that a training step takes: `python -m benchmarks.pipeline` and the progress of a run.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    import tensorflow as tf

    from tfface.anchors import AnchorLevel
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import positive
    from tfface.detectors.grouped_fpn import SCALES, GroupedRecipe
    from tfface.matching import FACE, TwoPassMatcher
    from tfface.sampling import GroupSampling
    from tfface.targets import AnchorTargets, SampledTargets


def faces(count: int, size: int) -> np.ndarray:
    """Boxes of 8 to 256 pixels, evenly in octaves, anywhere: float32 `(count, 4)`."""
    generator = np.random.default_rng(0)
    sides = 2 ** generator.uniform(3, 8, (count, 1))
    corners = generator.uniform(0, 1, (count, 2)) * (size - sides)
    return np.concatenate([corners, corners + sides], axis=1).astype(np.float32)


def pictures_a_second(make: Callable[[Any], Any], rounds: int) -> float:
    """The median of single pictures, after a first one that is not counted.

    Of a core: seconds are those of the processor, which other programs do not change much.
    """
    make(tf.constant(0.0))
    seconds = []
    for index in range(rounds):
        begin = time.process_time()
        make(tf.constant(index / rounds))
        seconds.append(time.process_time() - begin)
    return 1.0 / float(np.median(seconds))


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=int, default=30)
    parser.add_argument("--sizes", type=positive, nargs="+", default=[256, 512, 1024], help="sides")
    parser.add_argument("--samples", type=int, default=2048, help="of every scale")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints a line a size."""
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    levels = [AnchorLevel(4, SCALES)]
    recipe = GroupedRecipe(group_samples=options.samples)
    for size in options.sizes:
        boxes = tf.constant(faces(options.faces, size))
        kinds = tf.fill([options.faces], FACE)
        matched = AnchorTargets(levels, size, size, TwoPassMatcher())
        sampling = GroupSampling.of_levels(recipe, levels, size, size)
        assert sampling is not None
        both = SampledTargets(matched, sampling)
        rates = [
            pictures_a_second(_compiled(targets, boxes, kinds), options.rounds)
            for targets in (matched, both)
        ]
        print(
            f"{size}x{size}, {len(matched.anchors)} anchors, {options.faces} faces: "
            f"{rates[0]:.1f} pictures a second matched, {rates[1]:.1f} matched and sampled"
        )


def _compiled(targets: Any, boxes: Any, kinds: Any) -> Callable[[Any], Any]:
    """The targets of the boxes as a graph, as in tf.data, of a uniform number."""
    run = tf.function(
        lambda number: targets(boxes, kinds, tf.repeat(number, targets.uniform_count))
    )
    return lambda number: run(number)["labels"].numpy()


if __name__ == "__main__":
    sys.exit(main())
