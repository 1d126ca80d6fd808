"""`python -m tfface.convert` is `python -m convert.main`, also beside another `convert.py`."""

from tfface.applications import run_application

if __name__ == "__main__":
    run_application("convert.main")
