"""The flags of a training run, and which of their values make sense."""

import keras
from absl import flags


def define_flags(values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines the flags of `train.main`; train/configs explains each value with its source."""

    def text(name: str, default: str | None, help: str) -> None:
        flags.DEFINE_string(name, default, help, values)

    def whole(name: str, default: int, help: str, lowest: int | None = 1) -> None:
        flags.DEFINE_integer(name, default, help, lowest, flag_values=values)

    def number(name: str, default: float | None, help: str, highest: float | None = None) -> None:
        flags.DEFINE_float(name, default, help, 0.0, highest, flag_values=values)

    text("output", None, "Folder of the run: checkpoints, TensorBoard, weights.")
    flags.DEFINE_multi_string(
        "train_records", None, "TFRecord files to train on; globs allowed.", values
    )
    flags.DEFINE_multi_string(
        "validation_records", [], "TFRecord files to validate on; globs allowed.", values
    )
    flags.DEFINE_enum(
        "detector",
        "FaceBoxesImproved",
        ["FaceBoxes", "FaceBoxesImproved"],
        "What to train.",
        values,
    )
    number("width", 1.0, "Multiplier of the channels.")
    text("initial_weights", None, "Preset or .keras file to fine-tune.")
    text("teacher", None, "Preset or .keras file to distil from; none: train on labels alone.")
    number("distillation_weight", 50.0, "Weight of the distillation loss.")
    number("beta", 6.4, "Shape of the threshold above which a student mimics its teacher.")
    number("gamma", 3.2, "Sets the scale of that threshold.")
    number("alpha", None, "The scale itself, instead of --gamma.")
    whole("steps", 100_000, "Length of the run.")
    whole(
        "steps_per_epoch", 500, "Steps between two points of a curve; --steps is a multiple of it."
    )
    whole("batch_size", 32, "Pictures a step.")
    whole("seed", 0, "Of initial weights, order of the data and augmentation.", lowest=None)
    flags.DEFINE_enum("schedule", "piecewise", ["piecewise", "cosine"], "Learning rate.", values)
    number("learning_rate", 1e-3, "The highest learning rate.")
    flags.DEFINE_list(
        "boundaries", [], "Steps after which a piecewise rate falls to a tenth.", values
    )
    whole("warmup_steps", 0, "Steps in which the rate rises from 0.", lowest=0)
    number("momentum", 0.9, "Of SGD.")
    number("weight_decay", 5e-4, "Weight of the L2 penalty on kernels, as in Caffe.")
    number("clip_norm", 10.0, "Largest norm of the whole gradient.")
    number("negative_ratio", 3.0, "Hard negatives for each positive anchor.")
    whole("mining_steps", 0, "Steps in which the ratio falls from 200 to that.", lowest=0)
    number("regression_weight", 1.0, "Weight of smooth L1 beside the softmax loss.")
    number("positive_threshold", 0.35, "IoU from which an anchor is positive.", highest=1.0)
    number("negative_threshold", 0.3, "IoU from which an anchor is ignored.", highest=1.0)
    number(
        "compensation_threshold", 0.1, "IoU of the anchors given to a face with few.", highest=1.0
    )
    whole("compensation_count", 6, "Anchors up to which a face is given some.", lowest=1)
    whole("image_size", 512, "Side of the training images; a multiple of 32.", lowest=32)
    number("crop_probability", 0.5, "Of the square crops of FaceBoxes.", highest=1.0)
    number(
        "expansion_probability", 0.1, "Of a larger canvas; the rest is scale jitter.", highest=1.0
    )
    number("jitter_minimum", 0.4, "Smallest factor of scale jitter.")
    number("jitter_maximum", 2.0, "Largest factor of scale jitter.")
    flags.DEFINE_bool(
        "mixed_bfloat16", False, "Compute in bfloat16, keep weights in float32.", values
    )
    flags.DEFINE_bool(
        "jit_compile", keras.backend.backend() == "jax", "Compile steps with XLA.", values
    )
    whole("validate_every", 10, "Epochs between two validations.")
    whole("validation_side", 640, "Long side of validation pictures; a multiple of 32.", lowest=32)
    whole("validation_pictures", 300, "The most pictures to validate on.")
    flags.mark_flags_as_required(["output", "train_records"], values)
    _check_values(values)


def _check_values(values: flags.FlagValues) -> None:
    """Errors, when the command line is read, for values that a bound alone does not exclude."""
    for name in ("image_size", "validation_side"):
        flags.register_validator(
            name, lambda side: side % 32 == 0, "Expected a multiple of 32.", values
        )
    flags.register_validator(
        "momentum", lambda momentum: momentum < 1.0, "Expected a number below 1.", values
    )
    flags.register_validator(
        "boundaries",
        lambda boundaries: all(boundary.strip().isdigit() for boundary in boundaries),
        "Expected whole numbers with commas between them, such as 80000,100000.",
        values,
    )
    flags.register_multi_flags_validator(
        ["steps", "steps_per_epoch"],
        lambda run: run["steps"] % run["steps_per_epoch"] == 0,
        "Expected --steps to be a multiple of --steps_per_epoch. For a run shorter than one epoch "
        "give both the same value.",
        values,
    )
    flags.register_multi_flags_validator(
        ["jitter_minimum", "jitter_maximum"],
        lambda jitter: 0.0 < jitter["jitter_minimum"] <= jitter["jitter_maximum"],
        "Expected --jitter_minimum above 0 and not above --jitter_maximum.",
        values,
    )
