"""drills.mutate: files with one number changed."""

import random

import pytest

pytest.importorskip("ai_edge_litert.tools.flatbuffer_utils", reason="needs the train extra")

from ai_edge_litert.tools import flatbuffer_utils

from drills.mutate import Worker, mutant, mutations
from tfface.presets import find_preset


@pytest.fixture(scope="module")
def model():
    content = find_preset("fbi-half").read("int8")
    return flatbuffer_utils.read_model_from_bytearray(bytearray(content))


def test_every_mutation_differs_from_the_file_by_one_change_that_is_taken_back(model) -> None:
    whole = bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    places, chance = list(mutations(model)), random.Random(0)

    made = [mutant(model, places, chance) for _ in range(20)]

    different = {content for content in made if content not in (None, whole)}
    assert len(different) > 10
    assert bytes(flatbuffer_utils.convert_object_to_bytearray(model)) == whole


def test_a_process_tells_what_became_of_files_and_of_itself(model) -> None:
    worker = Worker()
    whole = find_preset("fbi-half").read("int8")

    assert worker.outcome(whole) == "detects"
    assert worker.outcome(whole[:1000]) == "refused, ModelError"
    worker.process.kill()
    assert worker.outcome(whole) == "ENDED by -9"
