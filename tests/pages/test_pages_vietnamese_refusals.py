"""What arguments, options, files, pictures and runs are refused with, in Vietnamese."""

import re
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest

import striate
from raised_sentences import raised_in
from striate.cli import main
from striate.explaining.texts.sentences import SENTENCES as EXPLAINING
from striate.inspecting.inspection import VIETNAMESE as INSPECTING
from striate.pages.languages import Sentences
from striate.pages.vietnamese_refusals import SENTENCES

ROOT = Path(striate.__file__).parent
COMMON = (
    "checked/*.py cli/arguments.py cli/idle.py runs/files.py runs/folder.py runs/json_files.py "
    "runs/record.py runs/schema.py models/ways/through_time.py models/arguments.py evaluating/opening.py "
    "web/served.py data/images/reading.py data/segment.py data/unreadable_files.py "
    "data/video/clip_reading.py data/video/frame_source.py data/video/timeline.py data/video/video_file.py "
    "data/video/video_frames.py data/video/whole.py"
)
OF_OTHERS = "more than a tenth|place for a seal"
"""What only a training, or our own mistake, comes to."""
SAID = sorted(
    text
    for text in set(raised_in(chain.from_iterable(map(ROOT.glob, COMMON.split()))))
    if re.search("[a-z]{3}", text) and not re.search(OF_OTHERS, text)
)
PLACE = re.compile(r"⟦\d+⟧")
TABLES = {
    "alone": Sentences("vi", SENTENCES),
    "inspect": INSPECTING,
    "explain and lab": EXPLAINING["vi"],
}


def test_there_are_many() -> None:
    assert len(SAID) > 60


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("text", SAID)
def test_every_sentence_is_translated_and_keeps_its_facts(text: str, table: str) -> None:
    found = TABLES[table](text)
    assert found != text
    assert sorted(PLACE.findall(found)) == sorted(PLACE.findall(text))


def test_templates_hold_the_same_facts() -> None:
    for english, other in SENTENCES.items():
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, other)]
        assert places[0] == places[1], english


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
