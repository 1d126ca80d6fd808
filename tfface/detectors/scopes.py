"""Names of the scopes that heads open while the network runs alone; conversion reads them."""

SCORES_SCOPE = "scores"
OFFSETS_SCOPE = "offsets"
"""Conversion gives the values of each of them a range of its own."""
