"""One image file to uint8 pixels (C, H, W)."""
