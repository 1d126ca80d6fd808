"""`python -m tfface.train` is `python -m train.main`, also beside another `train.py`."""

from tfface.applications import run_application

if __name__ == "__main__":
    run_application("train.main")
