"""What every unit of a network sees of its input: described layers in, fields of view out, axis by axis."""
