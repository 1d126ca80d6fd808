"""Looks at detectors and their files, and times them beside others."""
