"""Runs a detector on pictures: LiteRT, SavedModel and Keras behind one call."""
