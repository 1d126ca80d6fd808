"""How fast training images are made, and how fast FBI-1/2 trains on them.

    python -m benchmarks.pipeline --records 'records/train-*.tfrecord'

prints pictures a second of the pipeline alone, of training steps alone at 512x512 (TensorFlow,
plain graph) and their ratio, and pictures matched a second of processor time on one core: 12 faces
with the 21,824 anchors of FaceBoxes at 1024x1024.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np
    import tensorflow as tf

    from tfface.anchors import grid_anchors
    from tfface.command_line import CommandParser, run_command
    from tfface.data.augmentation import Augmentation
    from tfface.data.pipeline import training_batches
    from tfface.detectors.faceboxes import FACEBOXES_ANCHORS, FaceBoxesImproved
    from tfface.matching import FACE, AnchorMatcher
    from train.batches import matching_files

SIZE = 512
FACES = 12


def best_rate(
    work: Callable[[], object],
    pictures: int,
    clock: Callable[[], float] = time.perf_counter,
    repeats: int = 3,
) -> float:
    """Pictures a second of the fastest of several runs, each of which handles `pictures`."""
    work()
    durations = []
    for _ in range(repeats):
        start = clock()
        work()
        durations.append(clock() - start)
    return pictures / min(durations)


def pipeline_rate(batches: tf.data.Dataset, batch_size: int, steps: int) -> float:
    """Pictures a second of the pipeline, on all cores, while nothing trains."""
    iterator = iter(batches)
    # Batches that wait already are not counted as fast.
    return best_rate(lambda: [next(iterator) for _ in range(steps)], steps * batch_size)


def training_rate(batch: tuple, steps: int) -> float:
    """Pictures a second of training steps of FBI-1/2, on all cores, on one and the same batch."""
    detector = FaceBoxesImproved(width=0.5)
    detector.compile(
        optimizer=keras.optimizers.SGD(1e-4, momentum=0.9, global_clipnorm=10.0), jit_compile=False
    )
    step = tf.function(detector.train_step)
    return best_rate(
        lambda: [step(batch) for _ in range(steps)][-1]["loss"].numpy(), steps * len(batch[0])
    )


def matching_rate(pictures: int = 100) -> float:
    """Pictures matched in a second of processor time, which is a second of one core."""
    generator = np.random.default_rng(0)
    centres = generator.uniform(50, 950, (pictures, FACES, 2))
    # Sides of 20 to 245 pixels, evenly in octaves.
    sides = np.exp(generator.uniform(3, 5.5, (pictures, FACES, 1)))
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=-1)
    anchors = grid_anchors(FACEBOXES_ANCHORS, 1024, 1024)
    matcher = AnchorMatcher()
    matched = tf.data.Dataset.from_tensor_slices(boxes.astype(np.float32)).map(
        lambda faces: matcher(anchors, faces, tf.fill([FACES], FACE))
    )
    return best_rate(lambda: list(matched), pictures, clock=time.process_time)


def main() -> int:
    parser = CommandParser(description="Speed of the training pipeline.")
    parser.add_argument("--records", required=True, help="TFRecord files; a glob")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument(
        "--steps", type=int, default=8, help="steps of a measurement; the best of 3"
    )
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints all rates."""
    detector = FaceBoxesImproved(width=0.5)
    batches = training_batches(
        matching_files([options.records]),
        detector.make_targets,
        Augmentation(size=SIZE),
        options.batch_size,
        seed=0,
    )
    matching = matching_rate()
    print(f"matching: {matching:.0f} pictures/s per core", flush=True)
    pipeline = pipeline_rate(batches, options.batch_size, options.steps)
    print(f"pipeline: {pipeline:.0f} pictures/s at {SIZE}x{SIZE}", flush=True)
    training = training_rate(next(iter(batches)), options.steps)
    print(f"training: {training:.0f} pictures/s, FBI-1/2, batches of {options.batch_size}")
    print(f"ratio: {pipeline / training:.2f}")


if __name__ == "__main__":
    sys.exit(main())
