"""Anybody's CSV: what is read from it, and what is said where it cannot be right."""

import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.domain.games import Pair
from telephone.errors import BadInput
from telephone.leaderboards.csv_input import MORE, lines_of, read_scores, read_votes
from telephone.leaderboards.csv_input import VOTES as VOTES_COLUMNS
from telephone.leaderboards.csv_records import columns_of
from telephone.scoring.ballots import ALL_BAD, TIE, Ballots, BallotVote, tally
from telephone.scoring.distance_model import Cell

A, B, C, D = Pair("a", "x"), Pair("b", "x"), Pair("c", "y, z"), Pair("d", "x")
VOTES = """\
a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter,battle
a,x,b,x,a,ann,7
a,x,b,x,TIE,bob,7

c,"y, z",a,x,b,ann,8
b,x,a,x,a,ann,
"""
SCORES = """\
t2i,i2t,prompt,level,score
a,x,a fox,easy,0.5
a,x,a fox,easy,0.7
b,x,a fox,Easy,.25
a,x,"two hats, red",hard,1e-1
"""


SEMICOLONS = VOTES.replace('"y, z"', "y# z").replace(",", ";").replace("#", ",")


def numbered(name: str) -> str:
    """VOTES with a column of row numbers in front, as pandas writes one."""
    heading, *rows = VOTES.splitlines()
    return "\n".join([f"{name},{heading}", *(f"{k},{row}" if row else "" for k, row in enumerate(rows))]) + "\n"


def same(one: Ballots, other: Ballots) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Ballots))


def votes(*rows: str) -> Ballots:
    return read_votes(["a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter,battle\n", *(f"{row}\n" for row in rows)])


def test_votes_are_read_as_they_were_cast() -> None:
    cast = [
        BallotVote((A, B), 0, "ann", "7"),
        BallotVote((A, B), TIE, "bob", "7"),
        BallotVote((C, A), 1, "ann", "8"),
        BallotVote((B, A), 0, "ann"),
    ]
    assert same(read_votes(VOTES.splitlines(keepends=True)), tally(cast))


def test_scores_are_gathered_by_pair_and_prompt_with_the_level_of_each_prompt() -> None:
    found = read_scores(SCORES.splitlines(keepends=True))
    assert found.cells[0] == Cell(A, "a fox", 2, pytest.approx(0.6), pytest.approx(0.02), "easy")
    assert [(cell.pair, cell.prompt, cell.mean) for cell in found.cells[1:]] == [
        (A, "two hats, red", 0.1),
        (B, "a fox", 0.25),
    ]
    assert found.levels == {"a fox": "easy", "two hats, red": "hard"}
    assert [cell.pair for cell in found.at(" EASY ")] == [A, B]
    assert found.at(None) == found.cells
    with pytest.raises(BadInput, match=r"No score is at level “medium”; the file has easy, hard\."):
        found.at("medium")


def test_a_prompt_may_have_no_level() -> None:
    found = read_scores(["t2i,i2t,prompt,level,score", "a,x,a fox,,0.5"])
    assert found.levels == {"a fox": None}
    with pytest.raises(BadInput, match="no level at all"):
        found.at("easy")


@pytest.mark.parametrize(
    "written",
    [
        VOTES.encode(),
        VOTES.encode("utf-8-sig"),
        VOTES.replace("\n", "\r\n").encode(),
        VOTES.replace("\n", "\r").encode(),
        VOTES.replace('"y, z"', "y# z").replace(",", ";").replace("#", ",").encode(),
        VOTES.replace('"y, z"', "y# z").replace(",", "\t").replace("#", ",").encode(),
        VOTES.replace("a_t2i,", " A_T2I ,").replace("ann", " ann ").encode(),
        VOTES.rstrip("\n").encode(),
        ("sep=;\r\n" + SEMICOLONS.replace("\n", "\r\n")).encode("utf-8-sig"),
        SEMICOLONS.replace("#", ",").replace(";", "\t").encode("utf-16"),
        VOTES.replace("\n", ",,,\n").encode(),
        f"{VOTES},,,,,,\n,,,,,,,,\n".encode(),
        numbered("").encode(),
        numbered("Unnamed: 0").encode(),
        *(numbered(name).encode() for name in ("Unnamed: 0.1", "Unnamed: 0_level_0", "#", "id")),
        SEMICOLONS.replace(";", "|").encode(),
        VOTES.replace("a_t2i,a_i2t", "A T2I,a-I2T").replace("voter,battle", " Voter , BATTLE").encode(),
        VOTES.replace(",a,ann,7", ",Model_A,\uff41nn\u200b,\uff17")
        .replace("a,x,b,x,TIE", "\uff41,x\ufe0f,b,x,Tie")
        .encode(),
    ],
    ids=[
        *("plain", "mark", "CRLF", "CR", "semicolons", "tabs", "spaces", "no last line end", "sep=;", "Unicode text"),
        *(
            "empty columns",
            "rows of separators",
            "an index",
            "an index of pandas",
            "two indices",
            "levels",
            "#",
            "id",
            "strokes",
            "capitals",
            "widths and marks",
        ),
    ],
)
def test_however_a_file_is_written_it_says_the_same(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "votes.csv").write_bytes(written)
    assert same(read_votes(lines_of(tmp_path / "votes.csv")), read_votes(VOTES.splitlines(keepends=True)))


def test_columns_may_stand_in_any_order_and_without_battles() -> None:
    heading = "voter,outcome,b_i2t,b_t2i,a_i2t,a_t2i\n"
    assert same(read_votes([heading, "ann,b,x,b,x,a\n"]), tally([BallotVote((A, B), 1, "ann")]))


def test_lines_in_another_order_change_nothing() -> None:
    heading, *rows = SCORES.splitlines(keepends=True)
    rows += [f"a,x,a fox,easy,{value}\n" for value in (0.1, 0.123456789, 1e-9, 3.0)]
    for seed in range(5):
        mixed = random.Random(seed).sample(rows, len(rows))
        assert read_scores([heading, *mixed]).cells == read_scores([heading, *rows]).cells


def test_a_vote_that_stands_twice_in_one_battle_counts_once() -> None:
    assert votes("a,x,b,x,a,ann,7", "a,x,b,x,a,ann,7").choice.tolist() == [0]
    assert votes("a,x,b,x,a,ann,", "a,x,b,x,a,ann,").choice.tolist() == [0, 0]


WIDE = "a_t2i,a_i2t,b_t2i,b_i2t,c_t2i,c_i2t,d_t2i,d_i2t,outcome,voter,battle,prompt\n"


def wide(*rows: str) -> Ballots:
    return read_votes([WIDE, *(f"{row}\n" for row in rows)])


def test_votes_between_more_than_two_pairs_and_votes_for_none_are_read() -> None:
    cast = [
        BallotVote((A, B, D), 2, "ann", "7", "#easy-001"),
        BallotVote((A, B, D), ALL_BAD, "bob", "7", "#easy-001"),
        BallotVote((B, A), 0, "ann", "8", "#easy-002"),
    ]
    rows = ["a,x,b,x,d,x,,,c,ann,7,#easy-001", "a,x,b,x,d,x,,,All bad,bob,7,#easy-001", "b,x,a,x,,,,,a,ann,8,#easy-002"]
    assert same(wide(*rows), tally(cast))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["a,x,b,x,,,,,c,ann,7,p"], "Line 2: the outcome is “c”; write a, b, tie or all bad."),
        (["a,x,b,x,d,x,,,tie,ann,7,p"], "Line 2: the outcome is “tie”; write a, b, c or all bad."),
        (["a,x,b,x,d,x,a,x,a,ann,7,p"], "Line 2: two sides are a × x; a vote is between different pairs."),
        (["a,x,b,x,d,,,,a,ann,7,p"], "Line 2: the field c_i2t is empty; write a name there."),
        (["a,x,b,x,,,d,x,a,ann,7,p"], "Line 2: side d is named and side c is not; write the third pair into c_t2i and"),
        (
            ["a,x,b,x,,,,,a,ann,7,p", "a,x,b,x,,,,,a,bob,7,"],
            "Line 3: battle “7” is on no prompt and, on line 2, “p”; write one.",
        ),
    ],
)
def test_what_further_sides_and_prompts_cannot_say_is_refused(rows: list[str], says: str) -> None:
    with pytest.raises(BadInput) as told:
        wide(*rows)
    assert says in told.value.sentence


HEAD = (
    "Line 1 must name the columns a_t2i, a_i2t, b_t2i, b_i2t, outcome, voter and, if you like, battle, prompt, c_t2i, "
    "c_i2t, d_t2i, d_i2t; it "
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The file is empty on line 1; write the heading a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter there."),
        ("\n", "The file is empty on line 1; write the heading a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter there."),
        ("a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter\n", "The file has no votes below its heading; write one vote a line."),
        ("a_t2i,a_i2t,b_t2i,b_i2t,outcome\na,x,b,x,a\n", f"{HEAD}lacks voter."),
        (
            "a_t2i,a_i2t,b_t2i,b_i2t,result,voter\n",
            f"{HEAD}lacks outcome and has “result”, which is not known.",
        ),
        ("a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter,voter\n", f"{HEAD}names voter twice."),
        ("a,x,b,x,a,ann\n", "which is not known"),
    ],
)
def test_a_heading_that_cannot_be_is_said_to_be_one(text: str, says: str) -> None:
    with pytest.raises(BadInput) as told:
        read_votes(text.splitlines(keepends=True))
    assert says in told.value.sentence


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["a,x,b,x,a,ann,7", "a,x,b,x,drew,bob,7"], "Line 3: the outcome is “drew”; write a, b, tie or all bad."),
        (["a,x,b,x,,bob,7"], "Line 2: the outcome is “”; write a, b, tie or all bad."),
        (["a,x,b,x,a,NaN,7"], "Line 2: the voter is “NaN”, which is no name; write any name that tells voters apart."),
        (["a,x,b,x,a,  ,7"], "Line 2: the voter is empty; write any name that tells voters apart."),
        (["a,x,a,x,a,ann,7"], "Line 2: both sides are a × x; a vote is between different pairs."),
        (["a,,b,x,a,ann,7"], "Line 2: the field a_i2t is empty; write a name there."),
        (
            ["a,x,b,x,a,ann,7", "", "a,x,b,x,b,ann,7"],
            "Line 4: voter “ann” chose b in battle “7” and, on line 2, a; keep one of the two.",
        ),
        (
            ["a,x,b,x,a,ann,7", "b,x,a,x,b,bob,7"],
            "Line 3: battle “7” shows b × x against a × x and, on line 2, a × x against b × x; "
            "write its sides in one order.",
        ),
        (
            ["a,x,b,x,a,ann,7", "a,x,c,y,b,bob,7"],
            "Line 3: battle “7” shows a × x against c × y and, on line 2, a × x against b × x; "
            "give one of them a battle of its own.",
        ),
        (
            ["a,x,b,x,a,ann"],
            "Line 2 has 6 fields and the heading 7; write as many, and a field that holds the separator stands in "
            '"double quotes", and a quote inside is written twice.',
        ),
        (["a,x,b,x,a,ann,7", 'a,"x,b,x,a,ann,7', "a,x,b,x,a,ann,7"], "Line 3 cannot be read (unexpected end of data)"),
        (['a,"x" y,b,x,a,ann,7'], "Line 2 cannot be read"),
        (['a,"x\ny",b,x,a,ann,7', "a,x,b,x,lost,ann,7"], "Line 4: the outcome is “lost”"),
    ],
)
def test_a_vote_that_cannot_be_is_named_by_its_line(rows: list[str], says: str) -> None:
    with pytest.raises(BadInput) as told:
        votes(*"\n".join(rows).splitlines())
    assert says in told.value.sentence
    assert told.value.sentence.endswith(".")
    assert "\n" not in told.value.sentence


@pytest.mark.parametrize("score", ["nan", "inf", "-inf", "1e999", "", "1,250", "1_000", "0x1", "half", "1e10", "٣"])
def test_a_score_that_is_no_number_is_named_by_its_line(score: str) -> None:
    with pytest.raises(BadInput, match=r"^Line 3: the score “.*” is (no number; write one|too large; write one) .*\.$"):
        read_scores(["t2i,i2t,prompt,level,score", "a,x,p,easy,0.5", f'b,x,p,easy,"{score}"'])


def test_a_prompt_has_one_level() -> None:
    with pytest.raises(BadInput, match=r"Line 3: the prompt “a fox” is “hard” and, on line 2, “easy”; write one\."):
        read_scores(["t2i,i2t,prompt,level,score", "a,x,a fox,easy,0.5", "b,x,a fox,hard,0.5"])


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (b"t2i,i2t,prompt,level,score\na,x,caf\xe9,easy,0.5\n", "Line 2 is not in UTF-8"),
        ("t2i,i2t".encode("utf-16")[:-1], "Line 1 is not in UTF-8"),
    ],
)
def test_another_encoding_is_said_to_be_one(tmp_path: Path, written: bytes, says: str) -> None:
    (tmp_path / "scores.csv").write_bytes(written)
    with pytest.raises(BadInput, match=f"{says}; please save the file as CSV in UTF-8"):
        read_scores(lines_of(tmp_path / "scores.csv"))


def test_a_file_that_is_not_there_is_said_to_be_absent(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadInput, match=r"cannot be read: .*; please check its name"):
            read_scores(lines_of(path))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    for read in (read_votes, read_scores):
        for heading in ("", "t2i,i2t,prompt,level,score\n", "a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter\n"):
            with pytest.raises(BadInput) as told:
                read((heading + text).splitlines(keepends=True))
            assert "\n" not in told.value.sentence


@pytest.mark.parametrize(
    "word",
    [
        "Both Bad",
        "bothbad",
        "ALL BAD",
        "tie (bothbad)",
        "Tie (Both Bad)",
        "neither",
        "all_bad",
        "both are bad",
        "None",
        "Both bad.",
    ],
)
def test_a_vote_for_no_side_has_many_words(word: str) -> None:
    assert votes(f"a,x,b,x,{word},ann,7", "a,x,b,x,a,bob,7").all_bad.tolist() == [1]


@pytest.mark.parametrize(
    ("word", "choice"), [("A wins", 0), ("b won", 1), ("side a", 0), ("Right", 1), ("left.", 0), ("model_b", 1)]
)
def test_a_vote_for_a_side_has_many_words(word: str, choice: int) -> None:
    assert votes(f"a,x,b,x,{word},ann,7").choice.tolist() == [choice]
    assert same(votes("a,x,b,x,draw,ann,7"), votes("a,x,b,x,tie,ann,7"))
    with pytest.raises(BadInput, match="the outcome is “left”"):
        wide("a,x,b,x,d,x,,,left,ann,7,p")


def test_one_person_is_one_voter_however_the_name_is_typed() -> None:
    typed = [
        "Jos\u00e9",
        "Jose\u0301",
        " Jos\u00e9\u00a0",
        "\u200bJos\u00e9\ufeff",
        "Jo\u00ads\u00e9",
        "\uff2aos\u00e9",
        "Jos\u00e9\u3164",
    ]
    found = votes(*(f"a,x,b,x,a,{name},{k}" for k, name in enumerate(typed)))
    assert found.voter.tolist() == [0] * len(typed)
    with pytest.raises(BadInput, match=r"chose b in battle .7. and, on line 2, a; keep one"):
        votes("a,x,b,x,a,Jos\u00e9,7", "a,x,b,x,b,Jose\u0301\u200b,7")
    assert len(set(votes("a,x,b,x,a,ann,1", "a,x,b,x,a,Ann,2").voter.tolist())) == 2, "capitals tell people apart"


def test_one_model_is_one_model_however_its_name_is_typed() -> None:
    assert votes("SD\u00a01,x,b,x,a,ann,1", "SD 1,x,b,x,a,ann,2", "\uff33D 1\u200d,x,b,x,a,ann,3").pairs == (
        Pair("SD 1", "x"),
        Pair("b", "x"),
    )


ARENA = """\
question_id,model_a,model_b,winner,judge,turn,language
1,gpt-4,vicuna-13b,model_a,arena_user_1,1,English
2,vicuna-13b,gpt-4,tie (bothbad),arena_user_2,1,German
3,vicuna-13b,gpt-4,model_b,arena_user_3,2,English
4,gpt-4,koala-13b,tie,arena_user_1,1,English
5,gpt-4,koala-13b,koala-13b,arena_user_4,1,English
"""


def test_an_arenas_export_is_read_through_the_names_of_its_columns() -> None:
    gpt, vicuna, koala = (Pair(name, "any") for name in ("gpt-4", "vicuna-13b", "koala-13b"))
    cast = [
        BallotVote((gpt, vicuna), 0, "arena_user_1"),
        BallotVote((vicuna, gpt), ALL_BAD, "arena_user_2"),
        BallotVote((vicuna, gpt), 1, "arena_user_3"),
        BallotVote((gpt, koala), TIE, "arena_user_1"),
        BallotVote((gpt, koala), 1, "arena_user_4"),
    ]
    lines = ARENA.splitlines(keepends=True)
    assert same(read_votes(lines, columns_of(["arena"], (*VOTES_COLUMNS, *MORE))), tally(cast))
    named = columns_of(["a=model_a, b=Model B", "outcome=winner,voter=judge"], VOTES_COLUMNS)
    assert same(read_votes(lines, named), tally(cast))
    hashed = [lines[0].replace("judge", "judge_hash"), *lines[1:]]
    assert same(read_votes(hashed, columns_of(["arena"], (*VOTES_COLUMNS, *MORE))), tally(cast))
    people = columns_of(["arena", "voter=language"], VOTES_COLUMNS)
    assert read_votes(lines, people).voter.tolist() == [0, 0, 0, 0]
    with pytest.raises(BadInput, match="--columns arena reads an arena's file"):
        read_votes(lines)


def test_a_whole_side_may_name_its_pair() -> None:
    assert read_votes(["a,b,outcome,voter\n", "stickers \u00d7 spotter,doodles\u00d7spotter,b,ann\n"]).pairs == (
        Pair("doodles", "spotter"),
        Pair("stickers", "spotter"),
    )


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("winner", "“winner” maps no column; write arena, or OUR=THEIR names such as outcome=winner"),
        ("colour=winner", "“colour=winner” maps no column"),
        ("voter=", "“voter=” maps no column"),
        ("arena,voter=nobody", "Line 1 has no column “nobody”; it has question_id, model_a, model_b, winner, judge"),
        ("a=model_a,b=model_b,outcome=winner", "it lacks voter"),
    ],
)
def test_a_mapping_that_cannot_be_is_told(columns: str, says: str) -> None:
    with pytest.raises(BadInput) as told:
        read_votes(ARENA.splitlines(keepends=True), columns_of([columns], (*VOTES_COLUMNS, *MORE)))
    assert says in told.value.sentence


def test_numbers_may_have_a_decimal_comma_where_commas_separate_nothing(tmp_path: Path) -> None:
    heading = "t2i;i2t;prompt;level;score\n"
    found = read_scores([heading, "a;x;p;easy;0,5\n", "b;x;p;easy;1\n", "c;x;p;easy;-1,25e-1\n"])
    assert [cell.mean for cell in found.cells] == [0.5, 1.0, -0.125]
    assert read_scores([heading, "a;x;p;easy;0.5\n"]).cells[0].mean == 0.5
    assert read_scores([heading, "a;x;p;easy;\N{MINUS SIGN}0,5\n"]).cells[0].mean == -0.5
    commas = ["t2i,i2t,prompt,level,score\n", 'a,x,p,easy,"0,42"\n']
    assert read_scores(commas).cells[0].mean == 0.42
    with pytest.raises(BadInput, match="Line 2 has 6 fields"):
        read_scores([commas[0], "a,x,p,easy,0,42\n"])
    with pytest.raises(BadInput, match="Line 3 writes its score with a point and line 2 with a comma; write one"):
        read_scores([*commas, "b,x,p,easy,0.5\n"])
    with pytest.raises(BadInput, match="Line 3 writes its score with a point and line 2 with a comma; write one"):
        read_scores([heading, "a;x;p;easy;0,5\n", "b;x;p;easy;1.250\n"])
    for number in ("1.250,5", "1,250,5", ",", "0,5 m"):
        with pytest.raises(BadInput, match=r"Line 2: the score .* is no number"):
            read_scores([heading, f"a;x;p;easy;{number}\n"])


def test_a_field_below_no_heading_is_told() -> None:
    assert read_votes(["a_t2i,a_i2t,,b_t2i,b_i2t,outcome,voter\n", "a,x,,b,x,a,ann\n"]).pairs == (A, B)
    with pytest.raises(BadInput, match="Line 2 has a field below no heading; name its column on line 1"):
        read_votes(["a_t2i,a_i2t,,b_t2i,b_i2t,outcome,voter\n", "a,x,oh,b,x,a,ann\n"])
    with pytest.raises(BadInput, match="Line 3 has 8 fields and the heading 7"):
        votes("a,x,b,x,a,ann,7,", "a,x,b,x,a,bob,7,oh")
