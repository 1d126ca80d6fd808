"""TFLite files that are taken apart."""

import numpy as np

from tfface.packaged import WEIGHTS, file_name
from tfface.predict.edited_file import EditedFile
from tfface.predict.litert import LiteRTRuntime


def shipped() -> bytes:
    return WEIGHTS.joinpath(file_name("fbi-half", "float32")).read_bytes()


def test_put_together_again_it_finds_the_same() -> None:
    content = shipped()
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)

    again = EditedFile(content).to_bytes()

    for before, after in zip(
        LiteRTRuntime(content, "before").run(image),
        LiteRTRuntime(again, "after").run(image),
        strict=True,
    ):
        assert before.tobytes() == after.tobytes()


def test_a_constant_is_kept_in_the_file() -> None:
    file = EditedFile(shipped())
    number = file.add_constant([3, -1, 7])

    again = EditedFile(file.to_bytes())

    assert np.frombuffer(again.content_of(number), np.int32).tolist() == [3, -1, 7]
    assert list(again.graph.tensors[number].shape) == [3]


def test_an_operator_of_a_kind_that_the_file_did_not_have() -> None:
    file = EditedFile(shipped())
    assert not any(file.is_a(each, "SPACE_TO_DEPTH") for each in file.graph.operators)

    file.graph.operators.append(file.operator("SpaceToDepth", [0], 1, blockSize=2))
    *_, added = EditedFile(file.to_bytes()).graph.operators

    assert file.is_a(added, "SPACE_TO_DEPTH")
    assert added.builtinOptions.blockSize == 2
    assert (added.inputs, added.outputs) == ([0], [1])
