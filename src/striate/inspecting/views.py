"""What a unit sees, drawn on the input: a picture or the frames of a clip, and a frame around the field.

The page's script moves the frame to the layer that is chosen in the table; each row of the table carries its
field.
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from striate.arithmetic.receptive.unit_field import of_unit
from striate.errors import DataError
from striate.inspecting.layers import Layer
from striate.numbers import by
from striate.pages import Png

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}
WIDE, NARROW = (280, 420), (90, 180)
"""Least and most pixels that one picture, and one of several frames, is wide on the page."""

SCRIPT = r"""
  const rows = [...root.querySelectorAll("tr[data-row]")];
  const said = root.querySelector("[data-said]");
  const words = %(words)s;
  const put = (text, facts) => text.replace(/\{(\w+)\}/g, (_, key) => facts[key]);
  const span = ([first, last, from, to]) => from + " … " + to +
    (first === from && last === to ? "" : put(words.inside, {first, last}));
  const draw = (view, box) => {
    const t = +view.dataset.frame, seen = box && (!box.T || (t >= box.T[0] && t <= box.T[1]));
    view.classList.toggle("unseen", !seen);
    const rect = view.querySelector("rect");
    const set = (name, value) => rect.setAttribute(name, seen ? Math.max(value, 0) : 0);
    if (!seen) { set("width", 0); set("height", 0); return; }
    set("x", box.W[0]); set("width", box.W[1] - box.W[0] + 1);
    set("y", box.H[0]); set("height", box.H[1] - box.H[0] + 1);
  };
  const show = row => {
    rows.forEach(other => other.classList.toggle("chosen", other === row));
    if (!said) return;
    const box = JSON.parse(row.dataset.row), name = row.cells[0].textContent.trim();
    const axes = () => ["T", "H", "W"].filter(a => box[a]).map(a => a + " " + span(box[a])).join(", ");
    said.textContent = !box ? put(words.nothing, {name}) :
      put(words.seen, {name, unit: words[box.unit] || box.unit, status: words[box.status], axes: axes()});
    root.querySelectorAll("svg[data-frame]").forEach(view => draw(view, box));
  };
  rows.forEach(row => {
    row.addEventListener("click", () => show(row));
    row.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(row); }
    });
  });
  if (rows.length) show(rows[%(row)d]);
"""
"""Runs on the page; takes the number of the row that is chosen first, and the words for what it sees."""

WORDS = {
    "inside": " (in the input {first} … {last})",
    "nothing": "{name} does not see the input",
    "seen": "{name}, unit {unit}, {status}: {axes}",
    **{word: word for word in ("all", "exact", "bound", "unknown")},
}

_STYLE = """<style>
.striate .views{display:flex;flex-wrap:wrap;gap:10px}
.striate .views svg{background:#e8ebee;border-radius:4px;max-width:100%;height:auto}
.striate .views rect{fill:#ffd40044;stroke:#d62f2f;stroke-width:2;vector-effect:non-scaling-stroke}
.striate .views .unseen{opacity:.25}
</style>"""


def views_of(
    picture: str | None, size: tuple[int, int], frames: int | None, say: Callable[[str], str] = str
) -> str:
    """Markup: a sentence that the script fills, and a view of the input for each frame.

    Args:
        picture: an image file or a folder of frames; None: grey.
        size: height and width of the input.
        frames: of a clip; None for an image.
        say: tells the sentence in another language.
    """
    pictures = frames_of(picture, size, frames) if picture is not None else []
    height, width = size
    least, most = WIDE if frames is None else NARROW
    views = []
    for frame in range(frames or 1):
        image = f'<image href="{pictures[frame]}" width="{width}" height="{height}"/>' if pictures else ""
        views.append(
            f'<svg data-frame="{frame}" viewBox="0 0 {width} {height}" '
            f'width="{min(max(width, least), most)}">{image}<rect width="0" height="0"/></svg>'
        )
    choose = say("Choose a layer in the table below.")
    sentence = f'<p class="note" data-said aria-live="polite">{choose}</p>'
    return f'{_STYLE}{sentence}<div class="views">{"".join(views)}</div>'


def field_of(layer: Layer) -> str:
    """The field of the unit in the middle as the script reads it: by axis, first and last position in the
    input, and as though the input went on; null where a layer does not see the input.
    """
    if layer.field is None or layer.receptive_field is None:
        return "null"
    unit = of_unit(layer.field, layer.receptive_field.axes)
    box: dict[str, Any] = {"unit": by(unit.unit) if unit.unit else "all", "status": unit.status}
    for axis, inside, beyond in zip(unit.axes, unit.clipped, unit.unclipped, strict=True):
        box[axis] = [*(inside or (0, -1)), *(beyond or (0, -1))]
    return json.dumps(box)


def chosen_first(layers: Sequence[Layer], size: tuple[int, int] | None) -> int:
    """The row whose field is drawn first: the one that is nearest to half of the picture."""
    if size is None:
        return 0
    fields = [(number, layer.receptive_field) for number, layer in enumerate(layers)]
    distances = [
        (abs(field.clipped_size[-1] - size[1] / 2), number)
        for number, field in fields
        if field is not None and field.size
    ]
    return min(distances)[1] if distances else 0


def size_of(shape: Sequence[int], axes: Sequence[str]) -> tuple[int, int] | None:
    """Height and width of an input, if it has them."""
    named = dict(zip(axes, shape, strict=True))
    return (named["H"], named["W"]) if "H" in named and "W" in named else None


def frames_of(path: str | Path, size: tuple[int, int], frames: int | None) -> list[str]:
    """Images of `size` (height, width) as data addresses: one, or as many frames as the network sees."""
    files = _files(Path(path))
    if frames is None:
        return [_address(files[0], size)]
    return [_address(files[frame * len(files) // frames], size) for frame in range(frames)]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise DataError(f"there is no image in {path}: give a picture, or a folder of frames")
        return files
    if not path.is_file():
        raise DataError(f"there is no picture {path}: give an image file, or a folder of frames")
    return [path]


def _address(path: Path, size: tuple[int, int]) -> str:
    """An image at the network's size, as text that a page can hold."""
    try:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((size[1], size[0]), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path} cannot be read as a picture: {error}") from error
    content = io.BytesIO()
    small.save(content, "PNG")
    return Png(content.getvalue()).address()
