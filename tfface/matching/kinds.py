"""What a box of a picture is to its detector."""

FACE, ABSENT, IGNORED = 1, 0, -1
"""Kinds of boxes: to be found; padding; neither face nor background."""
