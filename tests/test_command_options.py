"""tfface.command_options: sizes and thread counts on a command line."""

from argparse import ArgumentTypeError

import pytest

from tfface.command_options import positive, thread_counts, width_by_height


def test_sizes_are_height_and_width_in_whatever_order_they_come():
    assert width_by_height("640x480") == (480, 640)


@pytest.mark.parametrize("text", ["", "480", "480x", "0x640", "-1x640", "480X640", "480x640x3"])
def test_what_is_no_size(text):
    with pytest.raises(ArgumentTypeError, match=f"640x480 .width x height., got '{text}'"):
        width_by_height(text)
    with pytest.raises(ArgumentTypeError, match=f"640x480 .width x height., got '{text}'"):
        width_by_height(text)


def test_every_number_of_threads_once():
    assert thread_counts("2,1,2") == [2, 1]
    assert thread_counts("8") == [8]


@pytest.mark.parametrize("text", ["", "0", "1,", "1,0", "1, 2", "-1", "two"])
def test_what_are_no_thread_counts(text):
    with pytest.raises(ArgumentTypeError, match=f"1 or more such as 1,2, got '{text}'"):
        thread_counts(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "many"])
def test_what_is_no_positive_number(text):
    with pytest.raises(ArgumentTypeError, match=f"whole number of 1 or more, got '{text}'"):
        positive(text)


def test_a_positive_number():
    assert positive("200") == 200
