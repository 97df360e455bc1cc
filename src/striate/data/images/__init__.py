"""One image file, or an IDX file, to uint8 pixels (C, H, W)."""
