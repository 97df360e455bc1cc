"""How well classes are told apart whose clips are each other's, played backwards."""

from collections.abc import Sequence


def pair_scores(
    classes: Sequence[str], confusion: Sequence[Sequence[int]], pairs: Sequence[tuple[str, str]]
) -> tuple[float, float | None]:
    """(share of clips given the right pair, share of those given the right class), from a confusion matrix.

    Rows are the true classes. The second is None where no clip was given the right pair. A network that is
    blind to the order of frames gets half of those right when each clip is there both ways.

    >>> pair_scores(["left", "right", "still"], [[3, 1, 0], [2, 2, 0], [0, 0, 9]], [("left", "right")])
    (1.0, 0.625)
    """
    places = {name: number for number, name in enumerate(classes)}
    every = found = right = 0
    for names in pairs:
        one, other = (places[name] for name in names)
        for true in (one, other):
            every += sum(confusion[true])
            found += confusion[true][one] + confusion[true][other]
            right += confusion[true][true]
    return found / every if every else 0.0, right / found if found else None
