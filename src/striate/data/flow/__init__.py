"""Optical flow: computed, and drawn in colour."""
