"""Every sentence that `explain` shows, one file a language."""
