"""A page that compares detectors on a data set: where they differ, and on which faces."""
