"""Finds the detector that a command names."""

import re
from pathlib import Path

import keras

import tfface
from tfface.detectors.base import Detector
from tfface.predict.keras_model import load_keras_file
from tfface.presets import PRESETS, keras_weights

_RUN_FILES = ("best.keras", "final.keras")
"""What `train.main` leaves in the folder of a run, the better one first."""


def load_detector(model: str) -> Detector:
    """Loads a detector to convert.

    Args:
        model: a preset, a `.keras` file, the folder of a training run, or a `.weights.h5`
            checkpoint in the folder `checkpoints` of a run: the weights of that step, not the
            average that the `.keras` files of a run with --ema_momentum have.

    Raises:
        ValueError, FileNotFoundError: none of these, or damaged.
    """
    if model in PRESETS:
        return load_keras_file(keras_weights(PRESETS[model])).model
    path = Path(model)
    if path.is_dir():
        found = [path / name for name in _RUN_FILES if (path / name).is_file()]
        if not found:
            raise FileNotFoundError(
                f"expected a training run with {' or '.join(_RUN_FILES)}, got {path} without them; "
                "name a checkpoint of it instead"
            )
        path = found[0]
    if path.is_file() and path.suffix == ".keras":
        return load_keras_file(path).model
    if path.is_file() and path.name.endswith(".weights.h5"):
        return _load_checkpoint(path)
    raise ValueError(
        f"expected a preset ({', '.join(PRESETS)}), a .keras file, the folder of a training run or "
        f"a .weights.h5 checkpoint in one, got {model!r}"
    )


def _load_checkpoint(path: Path) -> Detector:
    """A detector from the weights of a checkpoint and the flags of its run."""
    flags_file = path.parent.parent / "flags.txt"
    flags = flags_file.read_text() if flags_file.is_file() else ""
    name = re.search(r"^--detector=(\w+)$", flags, re.MULTILINE)
    width = re.search(r"^--width=([\d.]+)$", flags, re.MULTILINE)
    if not name or not width:
        raise ValueError(
            f"{path}: expected the flags of the training run in {flags_file}, with --detector and "
            "--width, got none; a checkpoint holds weights only: leave it in the folder of its run"
        )
    detector = getattr(tfface, name.group(1))(width=float(width.group(1)))
    model: keras.Model = detector
    if re.search(r"^--teacher=.", flags, re.MULTILINE):
        # In the checkpoint of a distiller the detector is a part called student.
        model = keras.Model()
        model.student, model.built = detector, True
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{path}: expected weights that fit {name.group(1)}: {error}") from error
    return detector
