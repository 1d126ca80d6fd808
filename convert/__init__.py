"""Turns detectors into files for phones, servers and browsers: TFLite and SavedModel."""
