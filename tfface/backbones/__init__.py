"""Backbones: a picture in, feature maps of rising stride out."""
