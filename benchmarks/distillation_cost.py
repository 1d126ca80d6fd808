"""What a step of distillation costs beside a step on labels alone.

    python -m benchmarks.distillation_cost --student 0.5 --teacher 1

prints milliseconds of the student's own step, of the teacher's forward pass and of the distiller's
step, and how many forward passes of the teacher the distillation adds. The three take turns, many
times, so that what else the machine does hits all of them; the median counts.
"""

import sys
from argparse import Namespace
from collections.abc import Callable

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np
    import tensorflow as tf

    from measure.timing import take_turns
    from tfface.anchors import grid_anchors
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import positive
    from tfface.detectors.faceboxes import FBI_ANCHORS, FaceBoxesImproved
    from tfface.distiller import Distiller


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--student", type=float, default=0.5, help="width of FBI")
    parser.add_argument("--teacher", type=float, default=1.0, help="width of FBI")
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--size", type=positive, default=512, help="side of the pictures")
    parser.add_argument("--rounds", type=int, default=20)
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Times all three, and prints what they take."""
    batch = random_batch(options.batch_size, options.size)
    teacher = FaceBoxesImproved(width=options.teacher)
    forward = tf.function(lambda images: teacher(images, training=False)["scores"])
    student_alone = training_step(FaceBoxesImproved(width=options.student))
    distilled = training_step(Distiller(FaceBoxesImproved(width=options.student), teacher))
    step, passed, distillation = np.median(
        take_turns(
            [
                lambda: student_alone(batch)["loss"].numpy(),
                lambda: forward(batch[0]).numpy(),
                lambda: distilled(batch)["loss"].numpy(),
            ],
            options.rounds,
            warm_up=2,
        ),
        axis=1,
    )
    print(f"step of FBI-{options.student:g} on labels alone  {step:8.1f} ms")
    print(f"forward pass of FBI-{options.teacher:g}          {passed:8.1f} ms")
    print(f"step of distillation              {distillation:8.1f} ms")
    print(f"it adds {(distillation - step) / passed:.2f} forward passes of the teacher")


def random_batch(batch_size: int, size: int) -> tuple:
    """Noise, with twelve positive anchors a picture."""
    generator = np.random.default_rng(0)
    anchors = len(grid_anchors(FBI_ANCHORS, size, size))
    labels = np.zeros((batch_size, anchors), np.int32)
    labels[:, generator.choice(anchors, 12, replace=False)] = 1
    images = generator.integers(0, 256, (batch_size, size, size, 3)).astype(np.uint8)
    offsets = np.zeros((batch_size, anchors, 4), np.float32)
    return tf.constant(images), {"labels": tf.constant(labels), "offsets": tf.constant(offsets)}


def training_step(model: keras.Model) -> Callable:
    """The compiled training step of a model, as a plain graph."""
    optimizer = keras.optimizers.SGD(1e-4, momentum=0.9, global_clipnorm=10.0)
    model.compile(optimizer=optimizer, jit_compile=False)
    optimizer.build(model.trainable_variables)
    return tf.function(model.train_step)


if __name__ == "__main__":
    sys.exit(main())
