"""Which anchors are to find which face, one rule a file."""

from tfface.matching.anchor_matcher import AnchorMatcher
from tfface.matching.dynamic_matcher import DynamicMatcher
from tfface.matching.kinds import ABSENT, FACE, IGNORED
from tfface.matching.threshold_matcher import ThresholdMatcher
from tfface.matching.two_pass_matcher import TwoPassMatcher

__all__ = [
    "ABSENT",
    "FACE",
    "IGNORED",
    "AnchorMatcher",
    "DynamicMatcher",
    "ThresholdMatcher",
    "TwoPassMatcher",
]
