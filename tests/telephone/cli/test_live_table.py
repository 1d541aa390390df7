"""Tables of a service's answers: fit to be sent, and the same in every form."""

import json

import pytest

from telephone.cli import live_table
from telephone.domain.live_answers import LEFT_OUT, LiveAnswer, Reply, shortened
from telephone.errors import BadInput

ANSWERS = [
    LiveAnswer(
        "1 starter", "delete it | now", 403, 50021, {"types": [21, 0], "content": "", "by_us": True, "of": None}
    ),
    LiveAnswer("ends", "a success", 200, None, {"metrics": {"predict_time": 2.5}}, usd=0.00056),
    LiveAnswer("ends", "a cancel", LEFT_OUT, None, {"to do": "add --budget"}),
]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1180000000000001234, "…1234"),
        ("/channels/1180000000000001234/messages/1180000000000005678", "/channels/…1234/messages/…5678"),
        ([1180000000000001234, 21], ["…1234", 21]),
        ({"id": "1180000000000001234"}, {"id": "…1234"}),
        (1_759_000_000, 1_759_000_000),
        ("a" * 400, "a" * 300),
        (True, True),
        (None, None),
        (2.5, 2.5),
    ],
)
def test_long_ids_and_long_texts_are_shortened(value, told):
    assert shortened(value) == told


def test_facts_are_told_on_one_line():
    assert [answer.told() for answer in ANSWERS] == [
        'types: [21, 0], content: "", by_us: yes, of: none',
        "metrics: {predict_time: 2.5}",
        "to do: add --budget",
    ]


def test_a_markdown_table_has_a_row_for_each_answer(tmp_path):
    path = tmp_path / "there" / "table.md"
    live_table.write(path, {"with": "Python"}, ANSWERS)
    about, _, heading, _, *rows = path.read_text().splitlines()
    assert (about, heading) == ("with: Python  ", "| part | asked | status | code | answered |")
    assert rows[0].startswith(r"| 1 starter | delete it \| now | 403 | 50021 |")
    assert rows[1].endswith("$0.0006 |")
    assert len(rows) == len(ANSWERS)
    assert live_table.tally(ANSWERS) == "2 answers, 1 left out"


def test_a_file_that_ends_in_json_is_json(tmp_path):
    live_table.write(tmp_path / "table.json", {"with": "Python"}, ANSWERS)
    written = json.loads((tmp_path / "table.json").read_text())
    assert (written["with"], [row["status"] for row in written["answers"]]) == ("Python", [403, 200, LEFT_OUT])


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot be written to .*file/table\.md"):
        live_table.write(tmp_path / "file" / "table.md", {}, ANSWERS)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": 50021, "message": "no"}, 50021),
        ({"error": {"code": "invalid_image"}}, "invalid_image"),
        ({"error": {"code": None}}, None),
        ({"error": "no"}, None),
        ({"detail": "no"}, None),
        (["no"], None),
        (None, None),
    ],
)
def test_a_services_own_code_is_found_wherever_it_stands(body, code):
    assert Reply(400, body).code == code
    assert Reply(200, body).code is None
