"""Names of the scopes that heads open while the network runs alone; conversion reads them."""

SCORES_SCOPE = "scores"
OFFSETS_SCOPE = "offsets"
"""Conversion gives the values of each of them a range of its own."""

MASKS_SCOPE = "masks"
MASK_STEPS_SCOPE = "mask_steps"
"""Masks of 0 and 1, and the steps of 0 to 6 that they are made of; likewise."""

FLOAT_SCOPE = "float"
"""What stays float32 in a network of integers."""
