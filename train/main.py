"""Trains a detector.

    python -m train.main --flagfile=train/configs/fbi-1.flags \\
        --train_records='records/train-*.tfrecord' --output=runs/fbi-1

Ctrl-C stops it with its state saved; the same command again goes on from the newest state. Under
the TensorFlow backend batches come from tf.data; under JAX (KERAS_BACKEND=jax) the decoded pictures
stay in the memory of the accelerator.

On several devices (--strategy=mirrored) or machines the batch and its losses are the same: start
the command with --strategy=multi_worker --workers=HOST:PORT,HOST:PORT on each, with its own
--worker and a folder of --output that all share. A worker that loses another ends with 75; start
all of them again, and they go on from the newest state.
"""

import itertools
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tfface.predict.notices import without_notices
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    from absl import app, flags, logging

    from tfface.data.records import read_records
    from tfface.detectors.base import Detector
    from tfface.detectors.loading import save_detector, write_description
    from tfface.detectors.options import constructor_options, recipe_options
    from tfface.detectors.registry import detector_class
    from tfface.files import atomic_path, write_json
    from tfface.locking import folder_for_one
    from tfface.reasons import message_of
    from tfface.replicas import WHOLE
    from train import flags as run_flags
    from train.batches import check_records, make_batches, matching_files, save_batch
    from train.checkpoints import Checkpoints, SaveCheckpoint
    from train.fit import fit_from
    from train.interruption import Interrupted, Interruption
    from train.machines import LOST_WORKER, Batches, LostWorker, Machines, find_machines
    from train.models import compile_model, make_detector, make_distiller
    from train.moving_average import averaged_weights
    from train.progress import Curves, NotFiniteLoss, Progress, StopWhenNotFinite
    from train.settings import changed_settings
    from train.tensorboard import EventLog
    from train.validation import Validation

FLAGS = flags.FLAGS


def main(arguments: Sequence[str]) -> None:
    """The command. Told to stop, it says how to go on, and ends with 128 and the signal."""
    if len(arguments) > 1:
        raise app.UsageError(f"Expected only flags, got {arguments[1:]}.")
    logging.set_verbosity(logging.WARNING)  # JAX tells of every accelerator that is not there
    checkpoints = Checkpoints(Path(FLAGS.output) / "checkpoints")
    try:
        run(checkpoints)
    except LostWorker as lost:
        print(f"\n{lost}" + how_to_go_on(checkpoints.newest()), file=sys.stderr, flush=True)
        os._exit(LOST_WORKER)  # an orderly end would wait for the worker that is lost
    except KeyboardInterrupt as stop:
        status = stop.exit_status if isinstance(stop, Interrupted) else 128 + signal.SIGINT
        print(how_to_go_on(checkpoints.newest()), file=sys.stderr)
        sys.exit(status)
    except (OSError, ValueError, MemoryError) as error:
        sys.exit(f"\nerror: {message_of(error)}")


def how_to_go_on(state: Path | None) -> str:
    """What to tell whoever stopped a run that left `state`."""
    backend = [f"KERAS_BACKEND={name}" for name in [os.environ.get("KERAS_BACKEND")] if name]
    command = shlex.join([*backend, "python", "-m", "train.main", *sys.argv[1:]])
    if state is None:
        return f"\nStopped before a step was done. To begin again:\n\n    {command}\n"
    return f"\nStopped. The newest state is {state}. To go on from it:\n\n    {command}\n"


def run(checkpoints: Checkpoints) -> None:
    """Trains as the flags say, from the newest state on, on the machines that they say."""
    with without_notices():  # it imports TensorFlow where that is installed, also under JAX
        machines = find_machines(FLAGS.strategy, FLAGS.workers, FLAGS.worker)
    with machines.folder(Path(FLAGS.output)) as output, folder_for_one(output, "training"):
        run_on(machines, checkpoints, output)


def run_on(machines: Machines, checkpoints: Checkpoints, output: Path) -> None:
    """As `run`; this process writes to `output`."""
    with without_notices():
        keras.utils.set_random_seed(FLAGS.seed)
    keras.mixed_precision.set_global_policy(run_flags.chosen_precision(FLAGS))
    machines.part.size(FLAGS.batch_size)
    check_settings(checkpoints, Path(FLAGS.output))
    files = matching_files(FLAGS.train_records)
    validation_files = matching_files(FLAGS.validation_records)
    with machines.scope():
        detector = make_detector(FLAGS)
        model = make_distiller(detector, FLAGS) if FLAGS.teacher else detector
        compile_model(model, FLAGS)
        first_step = checkpoints.restore(model)
    machines.check_same_step(first_step)
    if first_step > FLAGS.steps:
        raise ValueError(
            f"The run in {FLAGS.output} is at step {first_step} already, beyond "
            f"--steps={FLAGS.steps}. Give a larger --steps, or a new run another --output."
        )
    with atomic_path(output / "flags.txt") as temporary:
        temporary.write_text(FLAGS.flags_into_string())
    write_description(detector, output)
    batches = make_batches(detector, files, FLAGS, first_step)
    run_of_steps = (validation_files, checkpoints, first_step, output, machines)
    try:
        with machines.without_losses():
            train(model, detector, batches, *run_of_steps)
    except Exception as error:
        if type(error).__module__.startswith("tensorflow"):
            check_records(files)  # it does not say in which file it met damage
        raise
    # Also of a run that had nothing left to do but this.
    with averaged_weights(model):
        save_detector(detector, output / "final.keras")
    write_json(output / "final.json", {"step": FLAGS.steps})
    print(f"{output / 'final.keras'}: {FLAGS.steps} steps", flush=True)


def check_settings(checkpoints: Checkpoints, output: Path) -> None:
    """Raises ValueError where a run would go on with other settings than it was begun with."""
    changes = changed_settings(FLAGS, output) if checkpoints.steps() else []
    if changes and not FLAGS.allow_changes:
        raise ValueError(
            f"The run in {output} was begun with {'; '.join(changes)}. Give those again, a new run "
            "another --output, or go on with --allow_changes."
        )


def train(
    model: keras.Model,
    detector: Detector,
    batches: Batches,
    validation_files: list[str],
    checkpoints: Checkpoints,
    first_step: int,
    output: Path,
    machines: Machines,
) -> None:
    """Trains `model`, the detector or its distiller, from `first_step` to the last step.

    Ends the program, with the batch saved, at a loss that is not finite.

    Args:
        checkpoints: the states that the run goes on from; new ones are written below `output`.

    Raises:
        train.interruption.Interrupted: SIGINT or SIGTERM came, and the state is saved.
    """
    done = first_step % FLAGS.steps_per_epoch
    try:
        with (
            closing(EventLog(output / "tensorboard")) as log,
            closing(Progress(first_step, FLAGS.steps)) as progress,
            Interruption() as interruption,
        ):
            callbacks: list[keras.callbacks.Callback] = [progress, StopWhenNotFinite(), Curves(log)]
            if validation_files:
                callbacks.append(make_validation(detector, validation_files, log, output))
            # Last: what a state stands for is then complete, also when the run is killed after it.
            own = Checkpoints(output / "checkpoints")
            # Workers come to a step, a minute and a signal at different times.
            callbacks.append(
                SaveCheckpoint(own, interruption, within_epochs=machines.part.count == 1)
            )
            fit_from(
                first_step,
                model,
                lambda step: machines.batches(batches, step),
                FLAGS.steps,
                FLAGS.steps_per_epoch,
                callbacks,
                checkpoints.means(done) if done else None,
            )
    except NotFiniteLoss as error:
        path = output / f"not-finite-step-{error.step}.npz"
        save_batch(next(iter(batches(error.step, WHOLE))), path)
        sys.exit(
            f"\n{error} Its batch is in {path}; the newest checkpoint is from before it. "
            "Try a lower --learning_rate or --clip_norm."
        )


def make_validation(
    detector: Detector, files: list[str], log: EventLog, output: Path
) -> Validation:
    """The validation that the flags ask for."""
    return Validation(
        detector,
        itertools.islice(read_records(files), FLAGS.validation_pictures),
        FLAGS.validation_side,
        FLAGS.validate_every,
        FLAGS.steps // FLAGS.steps_per_epoch,
        log,
        output / "best.keras",
    )


def parse_flags(arguments: list[str]) -> list[str]:
    """Reads the command line into the flags; what is wrong with it ends the program, said."""
    try:
        run_flags.define_flags(FLAGS, arguments)
        flags.adopt_module_key_flags(run_flags)
        return FLAGS(arguments)
    except flags.UnrecognizedFlagError as error:
        kind = detector_class(run_flags.named_detector(arguments))
        own = [option.name for option in (*constructor_options(kind), *recipe_options(kind))]
        sys.exit(f"error: {error}. {kind.__name__} has the options {', '.join(own)}.")
    except (flags.Error, ValueError, TypeError, ImportError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    app.run(main, flags_parser=parse_flags)
