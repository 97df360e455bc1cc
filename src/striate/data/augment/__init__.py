"""How training samples are varied: the policy, and what carries it out on batches of tensors."""
