"""One way to detectors: presets, `.keras` files, training runs and their checkpoints."""

import dataclasses
import json
import math
import os
import re
from pathlib import Path
from typing import Any

from tfface.detectors.registry import detector_class, detector_name, import_all
from tfface.files import atomic_path, reserve, write_json
from tfface.predict.packages import import_optional
from tfface.predict.runtime import ModelError
from tfface.predict.signature import check_finite
from tfface.presets import PRESETS, keras_weights

DESCRIPTION = "detector.json"
"""In the folder of a run: the detector that it trains."""

_RUN_FILES = ("best.keras", "final.keras")
"""What `train.main` leaves in the folder of a run, the better one first; a `.json` file beside each
says of which step it is, and that of the best up to which one it has been compared."""


def load_detector(name_or_path: str | os.PathLike[str]) -> Any:
    """Loads a Keras detector.

    Args:
        name_or_path: a preset, a `.keras` file, the folder of a training run, whose best weights
            are taken, or its last where no validation has compared them, or a `.weights.h5`
            checkpoint in the folder `checkpoints` of a run: the weights of that step, not the
            average that the `.keras` files of a run with --ema_momentum have.

    Raises:
        ModelError: damaged, of classes that are not known, or no detector.
        ValueError, FileNotFoundError: none of these.
        ImportError: Keras or its backend is not installed.
    """
    if name_or_path in PRESETS:
        return _load_keras_file(keras_weights(PRESETS[str(name_or_path)]))
    path = Path(name_or_path)
    if path.is_dir():
        path = _file_of_run(path)
    if path.is_file() and path.suffix == ".keras":
        return _load_keras_file(path)
    if path.is_file() and path.name.endswith(".weights.h5"):
        return _load_checkpoint(path)
    raise ValueError(
        f"expected a preset ({', '.join(PRESETS)}), a .keras file, the folder of a training run or "
        f"a .weights.h5 checkpoint in one, got {os.fspath(name_or_path)!r}"
    )


def save_detector(detector: Any, path: Path) -> None:
    """Writes a detector as a `.keras` file, without the optimiser and what only training uses."""
    copy = type(detector).from_config(detector.inference_config())
    copy.begin_with(detector)
    with atomic_path(path) as temporary:
        # Whatever fails while Keras writes an archive is told by several tracebacks.
        reserve(temporary, sum(weights.nbytes + 2048 for weights in copy.get_weights()))
        copy.save(temporary)


def write_description(detector: Any, run: Path) -> None:
    """Writes what `build_detector` needs into the folder of a run."""
    description = {
        "class": detector_name(detector),
        "config": detector.get_config(),
        "recipe": dataclasses.asdict(detector.recipe),
    }
    write_json(run / DESCRIPTION, description)


def build_detector(description: dict[str, Any]) -> Any:
    """A detector as `write_description` describes it, with new weights.

    Raises:
        ValueError: an unknown detector.
        KeyError, TypeError: another description.
    """
    detector = detector_class(description["class"]).from_config(description["config"])
    recipe = {
        # Runs of before group sampling call the sampler a sampling.
        {"sampling": "sampler"}.get(name, name): tuple(value)  # JSON has no tuples
        if isinstance(value, list)
        else value
        for name, value in description["recipe"].items()
    }
    detector.adopt(detector.recipe_class(**recipe))
    return detector


def _file_of_run(run: Path) -> Path:
    """The file in the folder of a run that stands for it."""
    found = [run / name for name in _RUN_FILES if (run / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"expected a training run with {' or '.join(_RUN_FILES)}, got {run} without them; "
            "name a checkpoint of it instead"
        )
    best, final = (_steps(run / name) for name in _RUN_FILES)
    # A run that went on without a validation has left its best behind. Older ones do not tell.
    is_compared = final.get("step", 0) <= best.get("compared", math.inf)
    return found[0] if is_compared else found[-1]


def _steps(model: Path) -> dict[str, Any]:
    beside = model.with_suffix(".json")
    return json.loads(beside.read_text()) if beside.is_file() else {}


def _load_keras_file(path: Path) -> Any:
    import_all()
    if (path.parent / DESCRIPTION).is_file():
        # The class may be from outside: Keras knows it once its module is imported.
        detector_class(json.loads((path.parent / DESCRIPTION).read_text())["class"])
    keras = import_optional("keras", extra="train")
    base = import_optional("tfface.detectors.base", extra="train")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras has no common class for what damaged files cause.
        raise ModelError(f"{path}: expected a detector saved by Keras: {error}") from error
    if not isinstance(model, base.Detector):
        raise ModelError(
            f"{path}: expected a detector of tfface, got a model of class {type(model).__name__}"
        )
    return _with_finite_weights(model, path)


def _with_finite_weights(model: Any, path: Path) -> Any:
    for weights in model.get_weights():
        check_finite(str(path), weights=weights)
    return model


def _load_checkpoint(path: Path) -> Any:
    """A detector from the weights of a checkpoint and the description in the folder of its run."""
    keras = import_optional("keras", extra="train")
    run = path.parent.parent
    flags = (run / "flags.txt").read_text() if (run / "flags.txt").is_file() else ""
    detector = build_detector(_description(run, flags, path))
    model = detector
    if re.search(r"^--teacher=.", flags, re.MULTILINE):
        # In the checkpoint of a distiller the detector is a part called student.
        model = keras.Model()
        model.student, model.built = detector, True
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(
            f"{path}: expected weights that fit {detector_name(detector)}: {error}"
        ) from error
    return _with_finite_weights(detector, path)


def _description(run: Path, flags: str, checkpoint: Path) -> dict[str, Any]:
    if (run / DESCRIPTION).is_file():
        return json.loads((run / DESCRIPTION).read_text())
    # Runs of before the description have the same in their flags.
    name = re.search(r"^--detector=(\w+)$", flags, re.MULTILINE)
    width = re.search(r"^--width=([\d.]+)$", flags, re.MULTILINE)
    if not name or not width:
        raise ValueError(
            f"{checkpoint}: expected the description of the detector in {run / DESCRIPTION}, got "
            "none; a checkpoint holds weights only: leave it in the folder of its run"
        )
    return {"class": name.group(1), "config": {"width": float(width.group(1))}, "recipe": {}}
