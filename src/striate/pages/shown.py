"""Results that can be shown as a page."""

from functools import singledispatch

from striate.pages.document import Document
from striate.pages.page import fragment_of, page_of


@singledispatch
def document_of(result: object) -> Document:
    """The document of a result.

    Every room registers a function for each of its own results, so that neither the result knows its page nor
    this room the results.

    Args:
        result: what a verb returned.
    """
    raise TypeError(f"no document is registered for {type(result).__name__}")


class Shown:
    """A result with a page of its own."""

    def to_html(self) -> str:
        """One self-contained page: it needs no other file and no network."""
        return page_of(document_of(self))

    def _repr_html_(self) -> str:
        """The page's content, for a notebook."""
        return fragment_of(document_of(self))
