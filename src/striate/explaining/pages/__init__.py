"""An explanation written down: as a document, on a terminal, as an HTML page."""
