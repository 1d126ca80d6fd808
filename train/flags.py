"""The flags of a training run, and which of their values make sense."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from absl import flags

from tfface.detectors.options import Option, constructor_options, recipe_options
from tfface.detectors.registry import DETECTORS, detector_class
from train.flag_checks import check_values
from train.idle import refuse_idle_flags

LARGEST = 4096
"""Pixels of the side of an image in training and validation."""

DEFAULT_DETECTOR = "FaceBoxesImproved"

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
"""Policies of Keras by which a run computes."""

STRATEGIES = ("one_device", "mirrored", "multi_worker")
"""Devices that a run computes on."""


def define_flags(
    values: flags.FlagValues = flags.FLAGS,
    arguments: Sequence[str] = ("train.main",),
    idle_allowed: bool = False,
) -> None:
    """Defines the flags of `train.main`; train/configs explains each value with its source.

    The options of the detector that `arguments`, a command line, names are flags too. Flags that
    mean nothing beside others are refused unless `idle_allowed`, as older releases took them.

    Raises:
        ValueError, ImportError: there is no such detector.
        TypeError: one with options that flags cannot be.
    """
    detector = detector_class(named_detector(arguments))

    def text(name: str, default: str | None, help: str) -> None:
        flags.DEFINE_string(name, default, help, values)

    def whole(
        name: str, default: int, help: str, lowest: int | None = 1, highest: int = 1 << 31
    ) -> None:
        flags.DEFINE_integer(name, default, help, lowest, highest, flag_values=values)

    def number(name: str, default: float | None, help: str, highest: float = 1e9) -> None:
        flags.DEFINE_float(name, default, help, 0.0, highest, flag_values=values)
        _must_be_finite(name, values)

    text("output", None, "Folder of the run: checkpoints, TensorBoard, weights.")
    flags.DEFINE_multi_string(
        "train_records", None, "TFRecord files to train on; globs allowed.", values
    )
    flags.DEFINE_multi_string(
        "validation_records", [], "TFRecord files to validate on; globs allowed.", values
    )
    flags.DEFINE_bool(
        "allow_changes", False, "Go on with a run with other settings than it was begun.", values
    )
    text("detector", DEFAULT_DETECTOR, f"{', '.join(sorted(DETECTORS))}, or my.module:Name.")
    text("initial_weights", None, "Preset or .keras file to fine-tune.")
    text(
        "backbone_weights",
        "none",
        "imagenet, a .h5 file of keras.applications, a .npz file of torchvision's arrays, or none: "
        "first weights of the ResNet of a detector that has one.",
    )
    text("teacher", None, "Preset or .keras file to distil from; none: train on labels alone.")
    number("distillation_weight", 50.0, "Weight of the distillation loss.")
    flags.DEFINE_enum(
        "distillation",
        "threshold",
        ["threshold", "maps"],
        "What of the teacher is learned: the scores that are informative (kd_fbi), or its feature "
        "maps and, where both have points of the same strides, scores and boxes.",
        values,
    )
    number("label_weight", 0.0, "Of the labels beside the maps of the teacher.")
    flags.DEFINE_enum("optimizer", "sgd", ["sgd", "adamw"], "SGD with momentum, or AdamW.", values)
    number("beta", 6.4, "Shape of the threshold above which a student mimics its teacher.")
    number("gamma", 3.2, "Sets the scale of that threshold.")
    number("alpha", None, "The scale itself, instead of --gamma.")
    whole("steps", 100_000, "Length of the run.")
    whole(
        "steps_per_epoch", 500, "Steps between two points of a curve; --steps is a multiple of it."
    )
    whole("batch_size", 32, "Pictures a step.", highest=1 << 16)
    whole("seed", 0, "Of initial weights, order of the data and augmentation.", lowest=None)
    flags.DEFINE_enum("schedule", "piecewise", ["piecewise", "cosine"], "Learning rate.", values)
    number("learning_rate", 1e-3, "The highest learning rate.")
    flags.DEFINE_list(
        "boundaries", [], "Steps after which a piecewise rate falls to a tenth.", values
    )
    whole("warmup_steps", 0, "Steps in which the rate rises.", lowest=0)
    number("warmup_rate", 0.0, "The rate from which it rises.")
    number("momentum", 0.9, "Of SGD.")
    number(
        "ema_momentum",
        0.0,
        "Of the moving average of the weights, which is validated and saved; 0: no average.",
        highest=1.0,
    )
    number("weight_decay", 5e-4, "Weight of the L2 penalty on kernels, as in Caffe.")
    number("clip_norm", 10.0, "Largest norm of the whole gradient.")
    whole("image_size", 512, "Side of the training images; a multiple of 32.", 32, LARGEST)
    number("crop_probability", 0.5, "Of square crops.", highest=1.0)
    number("crop_minimum", 0.3, "Smallest side of a crop, in short sides.", highest=1.0)
    number("whole_crop_probability", 0.2, "Of a crop of exactly the short side.", highest=1.0)
    number("crop_canvas_maximum", 1.0, "Crops are of canvases up to so many times as large.")
    number(
        "expansion_probability", 0.1, "Of a larger canvas; the rest is scale jitter.", highest=1.0
    )
    number(
        "minimum_face", 5.0, "Faces whose longer side has become smaller are ignored, in pixels."
    )
    number("closeup_probability", 0.0, "Of an image that is a part of a face.", highest=1.0)
    number(
        "fill_probability", 0.0, "Of another colour than the mean beside a picture.", highest=1.0
    )
    number("faceless_probability", 0.0, "Of an image of nothing, made up.", highest=1.0)
    number("jitter_minimum", 0.4, "Smallest factor of scale jitter.")
    number("jitter_maximum", 2.0, "Largest factor of scale jitter.")
    whole(
        "resident_side",
        1024,
        "Under JAX, which keeps all pictures in the accelerator's memory: larger ones are reduced "
        "to this long side.",
        32,
        LARGEST,
    )
    number("jitter_step", 0.0, "Factors are multiples of it; 0: any, evenly in octaves.")
    flags.DEFINE_enum(
        "precision",
        "float32",
        PRECISIONS,
        "What is computed in; weights are float32. The loss is scaled for float16.",
        values,
    )
    flags.DEFINE_bool("mixed_bfloat16", False, "The same as --precision=mixed_bfloat16.", values)
    whole(
        "gradient_accumulation_steps",
        1,
        "Steps of which the mean gradient moves the weights, once.",
    )
    flags.DEFINE_enum(
        "strategy",
        "one_device",
        STRATEGIES,
        "one_device; mirrored: all devices of this machine; multi_worker: the devices of several "
        "processes, on other machines too. --batch_size is that of all together.",
        values,
    )
    flags.DEFINE_list(
        "workers",
        [],
        "host:port of every process of a multi_worker run, the same list for each; none: what "
        "TF_CONFIG says, or under JAX KERAS_DISTRIBUTION_*.",
        values,
    )
    whole("worker", 0, "Which of --workers this process is, from 0; 0 writes --output.", lowest=0)
    text(
        "data_service",
        None,
        "host:port of a dispatcher of `python -m train.data_service`, whose workers make batches.",
    )
    flags.DEFINE_bool(
        "jit_compile", keras.backend.backend() == "jax", "Compile steps with XLA.", values
    )
    whole("validate_every", 10, "Epochs between two validations.")
    whole(
        "validation_side", 640, "Long side of validation pictures; a multiple of 32.", 32, LARGEST
    )
    whole("validation_pictures", 300, "The most pictures to validate on.")
    flags.mark_flags_as_required(["output", "train_records"], values)
    define_options(detector, values)
    check_values(values)
    if not idle_allowed:
        refuse_idle_flags(values, arguments)


def named_detector(arguments: Sequence[str]) -> str:
    """What --detector says on a command line or in the flag files that it names."""
    probe = flags.FlagValues()
    flags.DEFINE_string("detector", DEFAULT_DETECTOR, "What to train.", probe)
    probe(list(arguments), known_only=True)
    return probe.detector


def define_options(detector: Any, values: flags.FlagValues) -> None:
    """A flag for every option of a detector class; unset it means as the detector says.

    Raises:
        TypeError: an option of a type that no flag has, or of the name that another flag has.
    """
    for option in (*constructor_options(detector), *recipe_options(detector)):
        _check_option(option, detector, values)
        help = f"{option.help or 'Of the detector.'} (default: {option.default})"
        if option.choices:
            flags.DEFINE_enum(option.name, None, option.choices, help, flag_values=values)
        else:
            define = flags.DEFINE_list if option.item_type else _DEFINE[option.type]
            define(option.name, None, help, flag_values=values)
            if option.type is float:
                _must_be_finite(option.name, values)
        if option.name == "sampler":  # flag files of before group sampling call it so
            flags.DEFINE_alias("sampling", "sampler", values)


def _check_option(option: Option, detector: Any, values: flags.FlagValues) -> None:
    """Raises TypeError where `define_options` would."""
    of_words = all(isinstance(word, str) for word in option.choices)
    if not (option.type in _DEFINE or option.item_type in _ITEMS or option.choices and of_words):
        raise TypeError(
            f"expected float, int, bool, str, a Literal of words or a tuple of one of "
            f"{', '.join(kind.__name__ for kind in _ITEMS)} for {option.name!r}, an option of "
            f"{detector.__name__}, which becomes a flag, got {option.type}"
        )
    if option.name in values:
        raise TypeError(
            f"expected another name for {option.name!r}, an option of {detector.__name__}: "
            f"--{option.name} is a flag of every run, or of two options of the detector; rename it"
        )


def _must_be_finite(name: str, values: flags.FlagValues) -> None:
    """NaN is neither below nor above any bound, so a bound does not exclude it."""
    flags.register_validator(
        name,
        lambda number: number is None or math.isfinite(number),
        "Expected a finite number.",
        values,
    )


def chosen_options(options: Sequence[Option], values: flags.FlagValues) -> dict[str, Any]:
    """The options that the command line sets, by name, as the detector takes them.

    Raises:
        ValueError: an element of a list that is not of its type.
    """
    chosen = {}
    for option in options:
        value = values[option.name].value
        if value is not None:
            chosen[option.name] = _as_tuple(option, value) if option.item_type else value
    return chosen


def _as_tuple(option: Option, elements: Sequence[str]) -> tuple:
    try:
        return tuple(option.item_type(element) for element in elements)
    except ValueError as error:
        raise ValueError(
            f"expected --{option.name} as {option.item_type.__name__}s with commas between them, "
            f"such as {','.join(map(str, option.default))}, got {','.join(elements)}"
        ) from error


_DEFINE: dict[Any, Any] = {
    float: flags.DEFINE_float,
    int: flags.DEFINE_integer,
    bool: flags.DEFINE_bool,
    str: flags.DEFINE_string,
}
"""How a flag of a type is defined."""

_ITEMS = (float, int, str)
"""What a list on a command line may be of."""


def chosen_precision(values: flags.FlagValues) -> str:
    """The policy of Keras that the flags name."""
    return "mixed_bfloat16" if values.mixed_bfloat16 else values.precision
