"""One video file or folder of frames to uint8 clips (C, T, H, W), frame by frame number."""
