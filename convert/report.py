"""Moved: `python -m measure.report`."""

import sys

if __name__ == "__main__":
    sys.exit("error: this command has moved; run: python -m measure.report")
