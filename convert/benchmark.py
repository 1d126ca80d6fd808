"""Moved: `python -m measure.benchmark`."""

import sys

if __name__ == "__main__":
    sys.exit("error: this command has moved; run: python -m measure.benchmark")
