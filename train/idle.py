"""Flags that mean nothing beside others: errors, for who sets one expects it to do something."""

import re
from collections.abc import Callable, Sequence
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
        unless: an option; to detectors that have it the flags mean something anyway.
        in_files: whether files of flags are held to it too. A configuration may have them for
            whoever gives the other flag, or stand on another one and change only that: then the
            command line alone is.
    """

    names: tuple[str, ...]
    beside: str
    matters: Callable[[Any], bool]
    expected: str
    unless: str = ""
    in_files: bool = True


def _of_sampler(names: tuple[str, ...], *samplers: str, unless: str = "") -> Rule:
    """That flags belong to some of the samplers."""
    return Rule(
        names,
        "sampler",
        lambda sampler: sampler in samplers,
        f"Expected it beside --sampler={' or --sampler='.join(samplers)}.",
        unless,
        in_files=False,
    )


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
    _of_sampler(("group_samples",), "group", "random"),
    # A second step takes its share of faces, whatever the first one does.
    _of_sampler(("positive_fraction",), "group", "random", unless="proposal_sampler"),
    _of_sampler(("ohem_samples",), "ohem"),
    _of_sampler(("minimum_negatives", "mining_steps"), "hard_negatives"),
    # UF-SSD weighs faces by it, whatever trains.
    _of_sampler(("negative_ratio",), "hard_negatives", unless="detection_weight"),
    _of_sampler(("initial_negative_ratio",), "hard_negatives"),
    Rule(
        ("initial_negative_ratio",),
        "mining_steps",
        lambda steps: steps > 0,
        "Expected --mining_steps beside it, in which the ratio falls from there.",
        in_files=False,
    ),
    Rule(
        ("validate_every", "validation_side", "validation_pictures"),
        "validation_records",
        bool,
        "Expected --validation_records beside it, without which nothing is validated.",
        in_files=False,
    ),
    Rule(
        ("worker",),
        "workers",
        bool,
        "Expected --workers beside it; where the environment names the processes, it says which "
        "one this is, too.",
    ),
)


def refuse_idle_flags(values: flags.FlagValues, arguments: Sequence[str]) -> None:
    """Errors, when the command line is read, for flags that are set and mean nothing.

    Args:
        arguments: the command line.
    """
    for rule in RULES:
        for name in rule.names:
            is_held = rule.in_files or _is_among(name, arguments)
            if is_held and name in values and rule.beside in values:
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
    is_set = values[name].value not in (values[name].default, _default(name, values))
    matters = rule.unless in values or rule.matters(_effective(rule.beside, values))
    return is_set and not matters


def _is_among(name: str, arguments: Sequence[str]) -> bool:
    """Whether a command line itself sets a flag, and not a file that it names."""
    return any(re.match(rf"--?{name}(=|$)", argument) for argument in arguments)


def _effective(name: str, values: flags.FlagValues) -> Any:
    """The value of a flag, or where it is not set that of the detector, if it has that option."""
    value = values[name].value
    return _default(name, values) if value is None else value


def _default(name: str, values: flags.FlagValues) -> Any:
    """What the detector says of an option; None of another flag."""
    detector = detector_class(values.detector)
    options = (*constructor_options(detector), *recipe_options(detector))
    return {option.name: option.default for option in options}.get(name)
