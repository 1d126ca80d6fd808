"""measure.delegation: which operators a delegate took."""

import pytest

from measure.delegation import divide


def operator(name, inputs, outputs):
    return {"op_name": name, "inputs": inputs, "outputs": outputs}


# Tensors: 0 is the picture, 8 and 9 are weights.
#
#   0 -- CONV -- 1 -- RELU -- 2 --------- ADD -- 5 -- CONV -- 6
#                      '-- TOPK -- 3, 4 --'
GRAPH = [
    operator("CONV", [0, 8, -1], [1]),
    operator("RELU", [1], [2]),
    operator("TOPK", [2], [3, 4]),
    operator("ADD", [2, 4], [5]),
    operator("CONV", [5, 9], [6]),
]


def names(operators):
    return [entry["op_name"] for entry in operators]


def test_nothing_is_taken_without_a_delegate():
    division = divide(GRAPH, GRAPH)

    assert division.partitions == ()
    assert names(division.rest) == ["CONV", "RELU", "TOPK", "ADD", "CONV"]


def test_two_partitions_around_an_operator_that_is_not_taken():
    first = operator("DELEGATE", [0, 8], [2])
    second = operator("DELEGATE", [2, 4, 9], [6])

    division = divide(GRAPH, [*GRAPH, first, second])

    # Tensor 2 enters the second partition, so its makers belong to the first one alone.
    assert [names(piece) for piece in division.partitions] == [["CONV", "RELU"], ["ADD", "CONV"]]
    assert names(division.rest) == ["TOPK"]
    assert names(division.delegated) == ["CONV", "RELU", "ADD", "CONV"]


def test_operators_of_one_name_are_told_apart():
    division = divide(GRAPH, [*GRAPH, operator("DELEGATE", [5, 9], [6])])

    assert division.partitions == ((GRAPH[4],),)
    assert division.rest == tuple(GRAPH[:4])


def test_one_partition_with_everything():
    division = divide(GRAPH, [*GRAPH, operator("DELEGATE", [0, 8, 9], [6, 3])])

    assert len(division.partitions) == 1
    assert division.rest == ()


def test_an_empty_graph():
    assert divide([], []).delegated == ()


def test_a_list_of_operators_that_is_of_another_kind():
    with pytest.raises(RuntimeError, match="expected the 5 operators of the graph and then DELEG"):
        divide(GRAPH, GRAPH[:4])
