"""The samples of one split by index, from memory, from files or from a pack, in batches of tensors."""
