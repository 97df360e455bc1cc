"""How each kind of layer is worked out by hand, and what stands behind one number of it."""
