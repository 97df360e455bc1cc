"""Which files are taken for images and which for videos, by their names."""

_IMAGES = """
.apng .avif .avifs .blp .bmp .bw .cur .dcx .dds .dib .fit .fits .flc .fli .ftc .ftu .gbr .gif .heic .heics
.heif .heifs .hif .icb .icns .ico
.iim .im .j2c .j2k .jfif .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .msp .pbm .pcd .pcx .pfm .pgm .png .pnm .ppm .psd
.pxr .qoi .ras .rgb .rgba .sgi .tga .tif .tiff .vda .vst .webp .xbm .xpm
"""
_VIDEOS = ".3gp .asf .avi .divx .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .vob .webm .wmv"

IMAGE_SUFFIXES = frozenset(_IMAGES.split())
"""Suffixes, in lower case, of files taken for images: all that Pillow reads, less the refused formats,
and those of the extra `heif`."""
VIDEO_SUFFIXES = frozenset(_VIDEOS.split())
"""Suffixes, in lower case, of files taken for videos."""
