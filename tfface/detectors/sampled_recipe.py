"""Which anchors train, and what their boxes lose: for all detectors with anchors."""

from dataclasses import dataclass

from tfface.losses.regression import RegressionLoss
from tfface.sampling import Sampler, annealed_ratio


@dataclass(frozen=True)
class SampledRecipe:
    """Which anchors train, and the loss of their boxes.

    Attributes:
        sampler: the anchors that train: hard_negatives, all, random, group, ohem or focal (see
            `tfface.sampling.Sampler`).
        negative_ratio: hard negatives for each positive (3 in the FaceBoxes paper; its released
            code has 7).
        initial_negative_ratio: the ratio of the first step.
        mining_steps: within so many steps the ratio falls from the initial one (see
            `tfface.sampling.annealed_ratio`); 0 steps for the papers' constant ratio.
        minimum_negatives: hard negatives of a picture with few faces or none.
        group_samples: of every scale in a picture (N of group sampling, section 4.2, which gains
            nothing more above 2048); of random the same for all scales together.
        positive_fraction: of these, faces at most (1:3 in group sampling).
        ohem_samples: of a picture (B of group sampling, section 6.2).
        regression_loss: of boxes: smooth_l1, iou (-ln IoU), least_square_iou, giou, diou, ciou or
            eiou.
        regression_weight: weight of the loss of boxes beside that of classes (1 in kd_fbi; 2 in
            FaceBoxes' code).
    """

    sampler: Sampler = "hard_negatives"
    negative_ratio: float = 3.0
    initial_negative_ratio: float = 200.0
    mining_steps: int = 0
    minimum_negatives: int = 16
    group_samples: int = 2048
    positive_fraction: float = 0.25
    ohem_samples: int = 1024
    regression_loss: RegressionLoss = "smooth_l1"
    regression_weight: float = 1.0

    def ratio_at(self, step):
        """Hard negatives for each positive at a step of the run."""
        return annealed_ratio(
            step, self.mining_steps, self.initial_negative_ratio, self.negative_ratio
        )
