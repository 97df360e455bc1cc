"""What `--show` draws: maps, filters, an update, what speaks for a class, what a filter answers to."""
