"""Documents in another language, sentence by sentence."""

import re
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_pages_page import DOCUMENT

import striate
from raised_sentences import raised_in
from striate.cli import main
from striate.pages import Document, Grid, KeyFigures, Notes, Paragraph, Section, Table
from striate.pages.languages import ENGLISH, Sentences, refusals

SAY = Sentences(
    "vi",
    {
        "{count} layers": "{count} tầng",
        "{part}, in all": "tổng cộng {part}",
        "size {span}, {part}": "cỡ {span}, {part}",
        "layer": "tầng",
        "size": "cỡ",
    },
)


def test_facts_stay_and_parts_go_along() -> None:
    assert SAY("3 layers") == "3 tầng"
    assert SAY("3 layers, in all") == "tổng cộng 3 tầng"
    assert SAY("size 3, size 4, layer") == "cỡ 3, cỡ 4, tầng"
    assert SAY("something else") == "something else"
    assert SAY("3\N{NO-BREAK SPACE}layers") == "3 tầng"


@given(st.text())
def test_whatever_fits_no_template_stays(text: str) -> None:
    assert ENGLISH(text) == text
    assert Sentences("vi", {"a{x}b": "{x}"})(f"c{text}") == f"c{text}"


def test_every_block_with_sentences_is_said_anew_and_names_stay() -> None:
    table = Table.of_rows("size", ("layer", "size"), (("size", "2 layers"), ("layer", "7")))
    grid = Grid("size", ("size",), (np.eye(2),))
    blocks = (Paragraph("size"), KeyFigures((("size", "2 layers"),)), Notes(("layer",)), table, grid)
    found = SAY.document(Document("layer", (Section("size", blocks),), subtitle="size"))
    assert (found.title, found.subtitle, found.sections[0].title) == ("tầng", "cỡ", "cỡ")
    assert found.language == "vi"
    paragraph, figures, notes, told, same = found.sections[0].blocks
    assert paragraph == Paragraph("cỡ")
    assert figures == KeyFigures((("cỡ", "2 tầng"),))
    assert notes == Notes(("tầng",))
    assert isinstance(told, Table)
    assert told.caption == "cỡ"
    assert [column.head for column in told.columns] == ["tầng", "cỡ"]
    assert [column.texts for column in told.columns] == [["size", "layer"], ["2 tầng", "7"]]
    assert same is grid


def test_english_changes_nothing() -> None:
    assert ENGLISH.document(DOCUMENT) == DOCUMENT


ROOT = Path(striate.__file__).parent
OTHERS = {
    "algorithms": "the ways to compute a convolution, which `tune` tries",
    "cli": "what a verb makes of its words: here only of verbs without --language",
    "comparing": "compare",
    "derivation": "arrays that a reader gives in Python",
    "exporting": "export",
    "serving": "serve",
    "streaming": "stream",
    "sweeping": "sweep",
    "training": "train",
    "tuning": "tune",
    "data/packed/packed_clips.py": "striate data pack",
    "data/packed/packing.py": "striate data pack",
    "data/packed/packing_log.py": "striate data pack",
    "evaluating/event_scores.py": "evaluate",
    "evaluating/part.py": "predict --part",
    "evaluating/predict.py": "predict",
}
"""Rooms and files whose refusals none of the three comes to, with the verbs that do."""
MISTAKES = "mat1 and mat2|has no attribute|no document is registered|no plain form|place for a seal"
"""What only a mistake in a program comes to, or PyTorch says itself."""
ALSO = ("cli/arguments.py", "cli/idle.py", "cli/inspect.py")
"""Of what is left out, files that they do come to."""
PLACE = re.compile(r"⟦\d+⟧")
ENGLISH_WORDS = re.compile(
    r"(?<![\w.'-])(the|of|is|are|and|it|its|give|from|with|for|that|not|was|leave)(?![\w.'-])"
)


def _within_reach(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return name in ALSO or not any(name == other or name.startswith(f"{other}/") for other in OTHERS)


SAID = sorted(
    text
    for text in set(raised_in(filter(_within_reach, ROOT.rglob("*.py"))))
    if re.search("[a-z]{3}", text) and not re.search(MISTAKES, text)
)


def test_there_are_many() -> None:
    assert len(SAID) > 400


def test_what_is_left_out_is_there() -> None:
    assert not [other for other in (*OTHERS, *ALSO) if not (ROOT / other).exists()]


def test_every_sentence_is_translated_and_keeps_its_facts() -> None:
    say, wrong = refusals("vi"), {}
    for text in SAID:
        found = say.refusal(text)
        own = re.sub(r"`[^`]*`|'[^']*'|⟦\d+⟧", " ", found)
        same = sorted(PLACE.findall(found)) == sorted(PLACE.findall(text))
        if found == text or not same or ENGLISH_WORDS.search(own):
            wrong[text] = found
    assert wrong == {}, "say these in src/striate/pages/vietnamese.toml"


def test_templates_hold_the_same_facts() -> None:
    for english, other in refusals("vi").table.items():
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, other)]
        assert places[0] == places[1], english


def test_a_language_that_is_none_is_english() -> None:
    assert refusals("en") is refusals("fr") is ENGLISH


def test_words_that_only_join_parts_tell_no_sentence() -> None:
    foreign = "mat1 and mat2 shapes cannot be multiplied, or: nothing"
    assert refusals("vi").refusal(foreign) == foreign


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "explain runs/x a.png --filter x",
            "--filter phải là một số nguyên; nhận được 'x': chẳng hạn --filter 3",
        ),
        (
            "inspect --nope",
            "inspect không có tùy chọn --nope: `striate inspect --help` liệt kê những gì nó có",
        ),
        ("inspect plain --jsn", "inspect không có tùy chọn --jsn: có phải ý bạn là --json?"),
        ("inspect", "inspect cần NETWORK: chẳng hạn `striate inspect plain`"),
        ("inspect plain extra", "inspect nhận NETWORK; ngoài ra còn nhận được 'extra': hãy bỏ nó đi"),
        ("inspect plain --depth", "--depth cần một giá trị: chẳng hạn --depth N"),
        ("inspect plain --json=1", "--json không nhận giá trị; nhận được '--json=1': hãy bỏ =1"),
        (
            "inspect plain --json --csv",
            "--csv và --json là hai dạng của cùng một kết quả: hãy cho một trong hai",
        ),
        ("inspect plain --csv --all", "--all không có tác dụng bên cạnh --csv: hãy bỏ một trong hai"),
        (
            "inspect plain --image x",
            "--image không có tác dụng khi thiếu --html hoặc --out: hãy cho cả một trong số "
            "đó, hoặc bỏ --image",
        ),
        ("inspect plain --html .", "không lưu được .: đó là một thư mục; hãy nêu một tệp trong đó"),
        (
            "lab --save-size 3",
            "--save-size không có tác dụng khi thiếu --save: hãy cho cả tùy chọn đó, hoặc bỏ --save-size",
        ),
        (
            "explain runs/none a.png",
            "không có lần huấn luyện nào ở runs/none: cần một thư mục do `striate train` tạo "
            "ra; xem `ls runs`",
        ),
        ("lab plain --port 99999", "port từ 0 (cổng còn trống) đến 65535; nhận được 99999"),
        (
            "inspect plain --input 1x9x99999",
            "plain nhận ảnh có nhiều nhất 16,384 điểm ảnh mỗi cạnh; nhận được 1x9x99999",
        ),
        (
            "inspect plain --causal",
            "--causal dành cho mạng có cách đi qua thời gian: hãy cho một cách, như --time tsm",
        ),
    ],
)
def test_whole_refusals_of_a_command(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb, *others = words.split()
    assert main([verb, "--language", "vi", *others]) == 2
    assert capsys.readouterr() == ("", f"striate: {told}\n")


def test_columns_that_a_table_leaves_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["inspect", "mobilenet_v2", "--depth", "1", "--backward", "--language", "vi"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "left out" not in said
    assert (
        "bỏ bớt vì thiếu chỗ: loại, bộ lọc · nhân, trong đầu vào, bước dời, kích hoạt; 114 cột cho thấy tất "
        "cả, --html cũng vậy"
    ) in said
