"""Flags that mean nothing beside others: errors, for who sets one expects it to do something."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from absl import flags

from tfface.detectors.options import constructor_options, recipe_options
from tfface.detectors.registry import detector_class


@dataclass(frozen=True)
class Rule:
    """Flags that mean something only where another flag has certain values.

    Attributes:
        names: of the flags.
        beside: name of the other flag.
        matters: whether they mean something at a value of it.
        expected: what to do about one that does not.
    """

    names: tuple[str, ...]
    beside: str
    matters: Callable[[Any], bool]
    expected: str


_OF_THRESHOLD = ("distillation_weight", "beta", "gamma", "alpha")

RULES = (
    Rule(
        (*_OF_THRESHOLD, "label_weight", "distillation"),
        "teacher",
        bool,
        "Expected it beside a --teacher, without which nothing is distilled.",
    ),
    Rule(
        ("label_weight",),
        "distillation",
        lambda distillation: distillation == "maps",
        "Expected it beside --distillation=maps; beside others labels count in full.",
    ),
    Rule(
        _OF_THRESHOLD,
        "distillation",
        lambda distillation: distillation == "threshold",
        "Expected it beside --distillation=threshold.",
    ),
    Rule(
        ("gamma",),
        "alpha",
        lambda alpha: alpha is None,
        "Expected --gamma or --alpha, not both: each sets the scale of the threshold.",
    ),
    Rule(
        ("compensation_count", "compensation_threshold"),
        "matching",
        lambda matching: matching == "compensated",
        "Expected it beside --matching=compensated.",
    ),
    Rule(
        ("mask_threshold",),
        "mask_levels",
        bool,
        "Expected --mask_levels beside it, whose masks it belongs to.",
    ),
    Rule(
        ("warmup_rate",),
        "warmup_steps",
        lambda steps: steps > 0,
        "Expected --warmup_steps beside it, in which the rate rises from there.",
    ),
    Rule(
        ("momentum",),
        "optimizer",
        lambda optimizer: optimizer == "sgd",
        "Expected it beside --optimizer=sgd.",
    ),
)


def refuse_idle_flags(values: flags.FlagValues) -> None:
    """Errors, when the command line is read, for flags that are set and mean nothing."""
    for rule in RULES:
        for name in rule.names:
            if name in values and rule.beside in values:
                flags.register_multi_flags_validator(
                    [name, rule.beside],
                    lambda _, rule=rule, name=name: not _is_idle(rule, name, values),
                    rule.expected,
                    values,
                )


def idle_flags(values: flags.FlagValues) -> set[str]:
    """The names of flags that are set and mean nothing."""
    return {
        name
        for rule in RULES
        for name in rule.names
        if name in values and rule.beside in values and _is_idle(rule, name, values)
    }


def _is_idle(rule: Rule, name: str, values: flags.FlagValues) -> bool:
    # The flags of a run that are written out name all of them, most with their defaults.
    is_set = values[name].value != values[name].default
    return is_set and not rule.matters(_effective(rule.beside, values))


def _effective(name: str, values: flags.FlagValues) -> Any:
    """The value of a flag, or where it is not set that of the detector, if it has that option."""
    if values[name].value is not None:
        return values[name].value
    detector = detector_class(values.detector)
    options = (*constructor_options(detector), *recipe_options(detector))
    return {option.name: option.default for option in options}.get(name)
