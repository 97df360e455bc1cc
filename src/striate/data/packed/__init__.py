"""Clips decoded once and laid down in one file, so that training need not decode."""
