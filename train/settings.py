"""The settings of a run that goes on are those that it was begun with."""

from pathlib import Path

from absl import flags

from train.flags import define_flags
from train.idle import idle_flags

FILE = "flags.txt"
"""In the folder of a run: its flags."""

_FREE = frozenset(
    (
        *("output", "steps", "allow_changes", "jit_compile"),
        *("strategy", "workers", "worker", "data_service"),
        *("validation_records", "validate_every", "validation_side", "validation_pictures"),
    )
)
"""Flags that may change: none decides what a step that is done did."""


def changed_settings(values: flags.FlagValues, output: Path) -> list[str]:
    """What differs from the flags that the run in `output` was begun with, as `--name=was, now`.

    Args:
        values: of the command line.
        output: folder of a run; one without `FILE` differs in nothing.
    """
    if not (output / FILE).is_file():
        return []
    arguments = ["train.main", f"--flagfile={output / FILE}"]
    before = flags.FlagValues()
    define_flags(before, arguments, idle_allowed=True)
    before(arguments, known_only=True)
    free = _FREE | idle_flags(before)
    return [
        f"--{name}={_text(before, name)}, now {_text(values, name)}"
        for name in before
        if name not in free and _text(before, name) != _text(values, name)
    ]


def _text(values: flags.FlagValues, name: str) -> str:
    value = values[name].value if name in values else None
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
