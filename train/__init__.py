"""Training: `python -m train.main --flagfile=train/configs/NAME.flags`."""
