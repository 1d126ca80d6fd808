"""Evaluation protocols: one file each, on NumPy alone."""
