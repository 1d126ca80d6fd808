"""Which values of the flags of `train.main` go together."""

import keras
from absl import flags


def check_values(values: flags.FlagValues) -> None:
    """Errors, when the command line is read, for values that a bound alone does not exclude."""
    _check_machines(values)
    for name in ("image_size", "validation_side"):
        flags.register_validator(
            name, lambda side: side % 32 == 0, "Expected a multiple of 32.", values
        )
    for name in ("momentum", "ema_momentum"):
        flags.register_validator(
            name, lambda momentum: momentum < 1.0, "Expected a number below 1.", values
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
        ["steps", "gradient_accumulation_steps"],
        lambda run: run["steps"] % run["gradient_accumulation_steps"] == 0,
        "Expected --steps to be a multiple of --gradient_accumulation_steps: gradients of steps "
        "that are left over would move nothing.",
        values,
    )
    flags.register_validator(
        "crop_canvas_maximum", lambda factor: factor >= 1.0, "Expected 1 or more.", values
    )
    flags.register_multi_flags_validator(
        ["initial_weights", "backbone_weights"],
        lambda first: not first["initial_weights"] or first["backbone_weights"] == "none",
        "Expected --initial_weights or --backbone_weights, not both: the former has a backbone.",
        values,
    )
    flags.register_multi_flags_validator(
        ["warmup_rate", "learning_rate"],
        lambda rates: rates["warmup_rate"] <= rates["learning_rate"],
        "Expected --warmup_rate not above --learning_rate.",
        values,
    )
    flags.register_multi_flags_validator(
        ["jitter_minimum", "jitter_maximum"],
        lambda jitter: 0.0 < jitter["jitter_minimum"] <= jitter["jitter_maximum"],
        "Expected --jitter_minimum above 0 and not above --jitter_maximum.",
        values,
    )
    flags.register_multi_flags_validator(
        ["jitter_step", "jitter_minimum"],
        lambda jitter: jitter["jitter_step"] <= jitter["jitter_minimum"],
        "Expected --jitter_step not above --jitter_minimum, the smallest factor.",
        values,
    )


def _check_machines(values: flags.FlagValues) -> None:
    """Errors for what goes together on no device, or on several."""
    under_jax = keras.backend.backend() == "jax"
    flags.register_multi_flags_validator(
        ["precision", "mixed_bfloat16"],
        lambda run: not run["mixed_bfloat16"] or run["precision"] != "mixed_float16",
        "Expected --mixed_bfloat16 or --precision=mixed_float16, not both.",
        values,
    )
    flags.register_multi_flags_validator(
        ["strategy", "workers", "worker"],
        lambda run: (
            not run["workers"]
            or (run["strategy"] == "multi_worker" and run["worker"] < len(run["workers"]))
        ),
        "Expected --strategy=multi_worker and a --worker of --workers, counted from 0.",
        values,
    )
    flags.register_multi_flags_validator(
        ["strategy", "gradient_accumulation_steps"],
        lambda run: (
            under_jax or run["strategy"] == "one_device" or run["gradient_accumulation_steps"] == 1
        ),
        "Keras 3 accumulates no gradients under tf.distribute. Leave "
        "--gradient_accumulation_steps out, or train under JAX (KERAS_BACKEND=jax).",
        values,
    )
    flags.register_multi_flags_validator(
        ["strategy", "jit_compile"],
        lambda run: under_jax or run["strategy"] == "one_device" or not run["jit_compile"],
        "XLA compiles no step of several replicas under tf.distribute. Leave --jit_compile out.",
        values,
    )
    flags.register_validator(
        "data_service",
        lambda address: not (address and under_jax),
        "Expected no --data_service under JAX, where the accelerator holds the pictures and makes "
        "the batches. Train under TensorFlow.",
        values,
    )
