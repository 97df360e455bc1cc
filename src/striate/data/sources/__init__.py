"""What a path, name or list stands for: which files, of which classes, in which split. Opens no picture."""
