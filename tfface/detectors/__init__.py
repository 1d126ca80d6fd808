"""Detectors, one a file, over the contract of `tfface.detectors.base`."""
