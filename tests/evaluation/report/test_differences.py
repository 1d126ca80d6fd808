"""Who misses what others find."""

import pytest

from tfface.evaluation.report.differences import (
    LOW,
    NOTHING,
    OFF,
    Entry,
    missed_but_found_by,
    surest_false_alarms,
    worst_misses,
)
from tfface.evaluation.report.judgement import NEVER, FaceTable, judge


@pytest.fixture
def table(faces):
    return FaceTable.of(faces)


@pytest.fixture
def entry(judgement):
    return Entry("one", judgement, 0.5)


@pytest.fixture
def other(perfect):
    return Entry("other", perfect, 0.5)


def test_why_a_face_is_missed(entry, faces):
    assert entry.finds.tolist() == [True, False, False, False]
    assert entry.has_there(1) == (OFF, 0.5)
    assert entry.has_there(3) == (LOW, 0.3)
    assert Entry("blind", judge({}, faces), 0.5).has_there(0) == (NOTHING, NEVER)


def test_what_another_one_finds(entry, other, table):
    # Face 2 does not count.
    assert missed_but_found_by(entry, other, table).tolist() == [1, 3]
    assert missed_but_found_by(other, entry, table).tolist() == []


def test_the_worst_misses_are_found_by_most_others_and_large(entry, other, table, faces):
    blind = Entry("blind", judge({}, faces), 0.5)

    # Of the faces 0, 1 and 3, two find the first, and of the others face 3 is the largest.
    assert worst_misses(blind, [entry, other], table, 9).tolist() == [0, 3, 1]
    assert worst_misses(blind, [], table, 2).tolist() == [3, 1]
    assert worst_misses(other, [entry], table, 9).tolist() == []


def test_the_surest_false_alarms(entry):
    assert surest_false_alarms(entry, 2).tolist() == [1, 3]
