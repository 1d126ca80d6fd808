"""The commands of tfface: `tfface detect`, or `python -m tfface detect`."""

import argparse
import sys
from collections.abc import Sequence

import tfface
from tfface.predict.packages import import_optional

COMMANDS = {
    "detect": "finds the faces in picture files and folders",
    "evaluate": "evaluates detectors on WIDER FACE, FDDB and others, or on your own pictures",
    "presets": "lists the detectors of the package",
}
"""What each does; `detect` is the module `tfface.detect`, and so on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command with the arguments after its name; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="tfface",
        description="Face detectors.",
        epilog="tfface COMMAND --help describes a command: "
        + "; ".join(f"{name} {purpose}" for name, purpose in COMMANDS.items()),
    )
    parser.add_argument("--version", action="version", version=f"tfface {tfface.__version__}")
    parser.add_argument("command", choices=COMMANDS)
    options = parser.parse_args(given[:1])
    try:
        extra = "evaluate" if options.command == "evaluate" else None
        module = import_optional(f"tfface.{options.command}", extra)
    except ImportError as error:
        parser.error(str(error))
    return module.main(given[1:])


if __name__ == "__main__":
    sys.exit(main())
