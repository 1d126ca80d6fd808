"""How RefineFace trains."""

from dataclasses import dataclass
from typing import Literal

from tfface.detectors.sampled_recipe import SampledRecipe
from tfface.sampling import Sampler


@dataclass(frozen=True)
class RefineFaceRecipe(SampledRecipe):
    """How RefineFace trains; the defaults are those of the paper, section 3.6.

    Attributes:
        regression_weight: of boxes beside classes. Offsets have SSD's variances here, which make
            smooth L1 ten times that of SRN's plain ones: a tenth is its balance.
        first_positive: IoU from which an anchor is positive in a first step.
        first_negative: IoU below which it is background there.
        second_positive: as first_positive, in the second step, where anchors are refined ones.
        second_negative: as first_negative, in the second step.
        margin_samples: whose logits the margin is taken from: all, as equation 3 has it, or those
            of faces alone, as in the losses of face recognition that it comes from.
        proposals: of a picture, classified for feature supervision; half of them faces at most.
        supervision_positive: IoU from which a proposal is positive.
        supervision_negative: IoU below which it is background.
        supervision_weight: of that loss (1 in the paper).
        mask_weight: of the loss of masks, where there are (lambda 1 of feature_masking, 1 there).
        frozen_normalization: keep the statistics and scales of the backbone's batch normalisation,
            for few pictures a step.
    """

    sampler: Sampler = "focal"
    regression_weight: float = 0.1
    first_positive: float = 0.7
    first_negative: float = 0.3
    second_positive: float = 0.5
    second_negative: float = 0.4
    margin_samples: Literal["all", "faces"] = "all"
    proposals: int = 512
    supervision_positive: float = 0.7
    supervision_negative: float = 0.4
    supervision_weight: float = 1.0
    mask_weight: float = 1.0
    frozen_normalization: bool = False
