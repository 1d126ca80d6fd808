"""measure.child: work in a process of its own."""

import pytest

from measure.child import ask
from tfface.predict.runtime import ModelError

DOUBLES = """
from measure.child import answer

def double(request):
    if request["number"] > 9:
        raise ValueError("expected a digit")
    return {"number": 2 * request["number"]}

answer(double)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(name, code)`: makes a module that other processes can run."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda name, code: (tmp_path / f"{name}.py").write_text(code)


def test_asks_and_is_answered(module):
    module("doubles", DOUBLES)

    assert ask("doubles", "a file", {"number": 4}) == {"number": 8}


def test_an_error_arrives(module):
    module("doubles", DOUBLES)

    with pytest.raises(ModelError, match="^expected a digit$"):
        ask("doubles", "a file", {"number": 10})


def test_a_file_that_ends_the_process(module):
    module("ends", "import os; os.abort()")

    with pytest.raises(ModelError, match=r"bad\.tflite: .*got one that ended it by SIGABRT"):
        ask("ends", "bad.tflite", {})


def test_a_process_that_fails_for_another_reason(module):
    module("fails", "import nothing_of_this_name")

    with pytest.raises(RuntimeError, match="fails failed on bad.tflite: (?s:.*)nothing_of_this"):
        ask("fails", "bad.tflite", {})
