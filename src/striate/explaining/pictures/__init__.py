"""Pictures that answer a question about a layer, a unit or a class."""
