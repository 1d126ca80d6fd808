"""Which operators of a TFLite graph XNNPACK runs, and in how many pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

Operator = Mapping[str, Any]
"""As LiteRT's interpreter describes it: `op_name`, and `inputs` and `outputs`, which are numbers of
tensors; -1 stands for an input that is left out."""

_DELEGATE = "DELEGATE"


@dataclass(frozen=True)
class Delegation:
    """How a graph is divided between XNNPACK and LiteRT's own kernels.

    Attributes:
        partitions: the operators of each piece that XNNPACK runs. Few large ones are fast: at the
            border of every piece tensors change hands.
        rest: the operators that it does not run.
    """

    partitions: tuple[tuple[Operator, ...], ...]
    rest: tuple[Operator, ...]

    @property
    def delegated(self) -> tuple[Operator, ...]:
        """The operators of all pieces."""
        return tuple(chain.from_iterable(self.partitions))


def divide(original: Sequence[Operator], allocated: Sequence[Operator]) -> Delegation:
    """Tells the operators that a delegate took from those that are still run one by one.

    LiteRT appends a DELEGATE for every partition, which lists the tensors that enter and leave it,
    and keeps the operators that it replaces. No list of what is still run comes out of Python, so
    it is worked out: an operator is in a partition if it makes an output of that partition or, in
    turn, what such an operator reads, unless that is an input of the partition.

    Args:
        original: operators of the graph without a delegate.
        allocated: those of the same graph with one, after the tensors are allocated.

    Returns:
        The division. An operator whose result nobody reads counts as not delegated.

    Raises:
        RuntimeError: `allocated` does not begin with `original`.
    """
    names = [operator["op_name"] for operator in original]
    if [operator["op_name"] for operator in allocated[: len(names)]] != names or any(
        operator["op_name"] != _DELEGATE for operator in allocated[len(names) :]
    ):
        raise RuntimeError(
            f"expected the {len(names)} operators of the graph and then {_DELEGATE}s only, got "
            f"{[operator['op_name'] for operator in allocated]}; this release of ai-edge-litert "
            "is not one that tfface was tried with"
        )
    maker = {
        int(tensor): index
        for index, operator in enumerate(original)
        for tensor in operator["outputs"]
    }
    pieces = [_members(delegate, original, maker) for delegate in allocated[len(names) :]]
    taken = set(chain.from_iterable(pieces))
    return Delegation(
        tuple(tuple(original[index] for index in sorted(piece)) for piece in pieces),
        tuple(operator for index, operator in enumerate(original) if index not in taken),
    )


def _members(
    delegate: Operator, original: Sequence[Operator], maker: Mapping[int, int]
) -> set[int]:
    """Places in `original` of the operators that `delegate` runs."""
    inputs = set(map(int, delegate["inputs"]))
    members: set[int] = set()
    wanted = [int(tensor) for tensor in delegate["outputs"]]
    while wanted:
        tensor = wanted.pop()
        index = maker.get(tensor)  # None for a constant, and for an input that is left out
        if tensor not in inputs and index is not None and index not in members:
            members.add(index)
            wanted += map(int, original[index]["inputs"])
    return members
