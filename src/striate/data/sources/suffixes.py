"""Which files are taken for videos, by their names."""

_SUFFIXES = ".3gp .asf .avi .divx .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .vob .webm .wmv"
VIDEO_SUFFIXES = frozenset(_SUFFIXES.split())
"""Suffixes, in lower case, of files taken for videos."""
