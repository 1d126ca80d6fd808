"""Trains a detector.

    python -m train.main --flagfile=train/configs/fbi-1.flags --train_records='records/train-*.tfrecord' --output=runs/fbi-1

The same command again goes on from the newest checkpoint. Under the TensorFlow backend batches come from
tf.data; under JAX (KERAS_BACKEND=jax) the decoded pictures stay in the memory of the accelerator.
"""

import glob
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
from absl import app, flags

from tfface.data.augmentation import Augmentation
from tfface.data.records import read_records
from tfface.detectors.base import Detector, LossSettings
from tfface.detectors.faceboxes import FaceBoxes, FaceBoxesImproved
from tfface.files import atomic_path
from tfface.matching import AnchorMatcher
from tfface.presets import PRESETS, keras_weights
from train.checkpoints import Checkpoints, SaveCheckpoint
from train.progress import Curves, Progress, StopWhenNotFinite
from train.schedules import make_schedule
from train.tensorboard import EventLog
from train.validation import Validation, save_detector

DETECTORS = {"FaceBoxes": FaceBoxes, "FaceBoxesImproved": FaceBoxesImproved}

FLAGS = flags.FLAGS


def define_flags() -> None:
    """All flags of a run; train/configs explains each value with its source."""
    flags.DEFINE_string("output", None, "Folder of the run: checkpoints, TensorBoard, weights.")
    flags.DEFINE_multi_string("train_records", None, "TFRecord files to train on; globs allowed.")
    flags.DEFINE_multi_string("validation_records", [], "TFRecord files to validate on.")
    flags.DEFINE_enum("detector", "FaceBoxesImproved", list(DETECTORS), "What to train.")
    flags.DEFINE_float("width", 1.0, "Multiplier of the channels.")
    flags.DEFINE_string("initial_weights", None, "Preset or .keras file to fine-tune.")
    flags.DEFINE_integer("steps", 100_000, "Length of the run.", lower_bound=1)
    flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two checkpoints.", lower_bound=1)
    flags.DEFINE_integer("batch_size", 32, "Pictures a step.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Of initial weights, order of the data and augmentation.")
    flags.DEFINE_enum("schedule", "piecewise", ["piecewise", "cosine"], "Learning rate.")
    flags.DEFINE_float("learning_rate", 1e-3, "The highest learning rate.")
    flags.DEFINE_list("boundaries", [], "Steps at which a piecewise rate falls to a tenth.")
    flags.DEFINE_integer("warmup_steps", 0, "Steps in which the rate rises from 0.")
    flags.DEFINE_float("momentum", 0.9, "Of SGD.")
    flags.DEFINE_float("weight_decay", 5e-4, "Weight of the L2 penalty on kernels, as in Caffe.")
    flags.DEFINE_float("clip_norm", 10.0, "Largest norm of the whole gradient.")
    flags.DEFINE_float("negative_ratio", 3.0, "Hard negatives for each positive anchor.")
    flags.DEFINE_float("regression_weight", 1.0, "Weight of smooth L1 beside the softmax loss.")
    flags.DEFINE_float("positive_threshold", 0.35, "IoU from which an anchor is positive.")
    flags.DEFINE_float("negative_threshold", 0.3, "IoU from which an anchor is ignored.")
    flags.DEFINE_integer("image_size", 512, "Side of the training images; a multiple of 32.")
    flags.DEFINE_float("crop_probability", 0.5, "Of the square crops of FaceBoxes.")
    flags.DEFINE_float("expansion_probability", 0.1, "Of a larger canvas; the rest is scale jitter.")
    flags.DEFINE_float("jitter_minimum", 0.4, "Smallest factor of scale jitter.")
    flags.DEFINE_float("jitter_maximum", 2.0, "Largest factor of scale jitter.")
    flags.DEFINE_bool("mixed_bfloat16", False, "Compute in bfloat16, keep weights in float32.")
    flags.DEFINE_bool("jit_compile", keras.backend.backend() == "jax", "Compile steps with XLA.")
    flags.DEFINE_integer("validate_every", 10, "Epochs between two validations.", lower_bound=1)
    flags.DEFINE_integer("validation_side", 640, "Long side of validation pictures; 32 times n.")
    flags.DEFINE_integer("validation_pictures", 300, "The most pictures to validate on.")
    flags.mark_flags_as_required(["output", "train_records"])


def main(arguments) -> None:
    if len(arguments) > 1:
        raise app.UsageError(f"Expected only flags, got {arguments[1:]}.")
    if FLAGS.image_size % 32 or FLAGS.validation_side % 32:
        raise app.UsageError("--image_size and --validation_side must be multiples of 32.")
    output = Path(FLAGS.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "flags.txt").write_text(FLAGS.flags_into_string())
    keras.utils.set_random_seed(FLAGS.seed)
    if FLAGS.mixed_bfloat16:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")

    detector = make_detector()
    compile_detector(detector)
    checkpoints = Checkpoints(output / "checkpoints")
    first_step = checkpoints.restore(detector)
    batches = make_batches(detector, matching_files(FLAGS.train_records))
    train(detector, batches, checkpoints, first_step, output)
    save_detector(detector, output / "final.keras")
    print(f"{output / 'final.keras'}: {FLAGS.steps} steps", flush=True)


def make_detector() -> Detector:
    """The detector that the flags name, with its loss and its first weights."""
    detector = DETECTORS[FLAGS.detector](width=FLAGS.width)
    if FLAGS.initial_weights:
        given = keras.models.load_model(weights_file(FLAGS.initial_weights), compile=False)
        if given.get_config() | {"name": ""} != detector.get_config() | {"name": ""}:
            raise app.UsageError(
                f"--initial_weights holds {type(given).__name__} {given.get_config()}, "
                f"but the flags ask for {FLAGS.detector} of width {FLAGS.width}."
            )
        detector.set_weights(given.get_weights())
    detector.loss_settings = LossSettings(
        negative_ratio=FLAGS.negative_ratio, regression_weight=FLAGS.regression_weight
    )
    return detector


def weights_file(name_or_path: str) -> Path:
    """The `.keras` file of a preset, or the given one."""
    if name_or_path in PRESETS:
        return keras_weights(PRESETS[name_or_path])
    path = Path(name_or_path)
    if not path.is_file():
        raise app.UsageError(
            f"Expected a preset ({', '.join(PRESETS)}) or a .keras file, got {name_or_path!r}."
        )
    return path


def compile_detector(detector: Detector) -> None:
    """SGD as in Caffe: its weight decay is a gradient, so momentum multiplies it by 1 / (1 - momentum)."""
    optimizer = keras.optimizers.SGD(
        make_schedule(
            FLAGS.schedule,
            FLAGS.learning_rate,
            FLAGS.steps,
            [int(boundary) for boundary in FLAGS.boundaries],
            FLAGS.warmup_steps,
        ),
        momentum=FLAGS.momentum,
        weight_decay=FLAGS.weight_decay / (1.0 - FLAGS.momentum) or None,
        global_clipnorm=FLAGS.clip_norm,
    )
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    detector.compile(optimizer=optimizer, jit_compile=FLAGS.jit_compile)


def matching_files(patterns: list[str]) -> list[str]:
    """Files of all patterns, sorted; an error names a pattern without a file."""
    files: set[str] = set()
    for pattern in patterns:
        found = glob.glob(pattern)
        if not found:
            raise app.UsageError(
                f"No file matches {pattern!r}. `python -m tfface.data.prepare` writes records."
            )
        files.update(found)
    return sorted(files)


def make_batches(detector: Detector, files: list[str]) -> Callable[[int], Iterator]:
    """A function that gives the batches from a step on."""
    settings = {
        "anchor_levels": detector.anchor_levels,
        "matcher": AnchorMatcher(
            positive_threshold=FLAGS.positive_threshold,
            negative_threshold=FLAGS.negative_threshold,
        ),
        "augmentation": Augmentation(
            size=FLAGS.image_size,
            crop_probability=FLAGS.crop_probability,
            expansion_probability=FLAGS.expansion_probability,
            jitter_minimum=FLAGS.jitter_minimum,
            jitter_maximum=FLAGS.jitter_maximum,
        ),
        "batch_size": FLAGS.batch_size,
        "seed": FLAGS.seed,
    }
    if keras.backend.backend() == "jax":
        from tfface.data.resident import ResidentData

        data = ResidentData(read_records(files))
        return lambda step: data.batches(**settings, first_step=step)
    from tfface.data.pipeline import training_batches

    return lambda step: training_batches(files, **settings, first_step=step)


def train(detector, batches, checkpoints: Checkpoints, first_step: int, output: Path) -> None:
    """Trains from `first_step` to the last step; stops, with the batch saved, at a loss that is not finite."""
    epoch_steps = FLAGS.steps_per_epoch
    last_epoch = -(-FLAGS.steps // epoch_steps)
    log = EventLog(output / "tensorboard")
    guard = StopWhenNotFinite(first_step)
    callbacks = [
        Progress(first_step, last_epoch * epoch_steps),
        guard,
        Curves(log),
        SaveCheckpoint(checkpoints),
    ]
    if FLAGS.validation_records:
        records = read_records(matching_files(FLAGS.validation_records))
        callbacks.append(
            Validation(
                itertools.islice(records, FLAGS.validation_pictures),
                FLAGS.validation_side,
                FLAGS.validate_every,
                last_epoch,
                log,
                output / "best.keras",
            )
        )
    detector.fit(
        batches(first_step),
        initial_epoch=first_step // epoch_steps,
        epochs=last_epoch,
        steps_per_epoch=epoch_steps,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
    )
    log.close()
    if guard.bad_step is not None:
        stop_with_batch(next(iter(batches(guard.bad_step))), guard.bad_step, output)


def stop_with_batch(batch, step: int, output: Path) -> None:
    """Saves the batch whose loss was not finite, and ends the program."""
    images, targets = batch
    with atomic_path(output / f"not-finite-step-{step}.npz") as temporary:
        np.savez_compressed(
            temporary, images=np.asarray(images), **{k: np.asarray(v) for k, v in targets.items()}
        )
    sys.exit(
        f"The loss of step {step} is not finite. Its batch is in {output}/not-finite-step-{step}.npz; "
        "the newest checkpoint is from before it. Try a lower --learning_rate or --clip_norm."
    )


if __name__ == "__main__":
    define_flags()
    app.run(main)
