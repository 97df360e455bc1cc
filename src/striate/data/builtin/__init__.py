"""Data sets that need no download: real digits, and the same digits in motion."""
