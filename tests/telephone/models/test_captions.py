"""What a captioner says becomes a caption, or does not."""

import pytest

from telephone.domain.calls import Answer
from telephone.errors import BadOutput, Refused
from telephone.models.players import CAPTION_MAX, caption_of, picture_of


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        ("Caption: a woman sitting on the beach with a dog", "a woman sitting on the beach with a dog"),
        ("Image caption: a dog", "a dog"),
        ('"A fox."', "A fox."),
        ("“A fox.”", "A fox."),
        ("「狐が時計を直す」", "狐が時計を直す"),
        ("“A cat” and “a dog”", "“A cat” and “a dog”"),
        ('"A cat" and "a dog"', '"A cat" and "a dog"'),
        ("「猫」と「犬」", "「猫」と「犬」"),
        ("“A sign with “open” on it”", "A sign with “open” on it"),
        ('"A sign with "open" on it"', 'A sign with "open" on it'),
        ("'A cat's toy'", "A cat's toy"),
        ("‘A cat’s toy’", "A cat’s toy"),
        ("**Caption:** A cat", "A cat"),
        ("**Caption**: A cat", "A cat"),
        ("**Caption: A cat**", "A cat"),
        ("_Caption:_ *A* cat", "*A* cat"),
        ("## Caption: A cat", "A cat"),
        ("**Image Caption:** “A cat”", "A cat"),
        ("**A cat** on a mat", "**A cat** on a mat"),
        ("```\nA cat\n```", "A cat"),
        ("```text\nCaption: A cat\n```\n", "A cat"),
        ("```A cat```", "A cat"),
        ('{"caption": "A cat"}', "A cat"),
        ('```json\n{\n  "Caption": "A cat",\n  "mood": "calm"\n}\n```', "A cat"),
        ('{"description": "A cat", "score": 3}', "A cat"),
        ("{a cat in braces}", "{a cat in braces}"),
        ('{"a": "A cat", "b": "a dog"}', '{"a": "A cat", "b": "a dog"}'),
        ("  A fox\n\nmends a clock. ", "A fox mends a clock."),
        ("a\u202efox\x00", "afox"),
        ("🦊", "🦊"),
        ("狐が時計を直す", "狐が時計を直す"),
        ("I can see a fox on a hill.", "I can see a fox on a hill."),
        ("A sign says: I can't help you.", "A sign says: I can't help you."),
        ("Sorry! says a note in the window of a shop.", "Sorry! says a note in the window of a shop."),
        ("I cannot believe it's butter", "I cannot believe it's butter"),
        ("We don't see faces, only two backs.", "We don't see faces, only two backs."),
        ("This image cannot fail to please: a cat.", "This image cannot fail to please: a cat."),
        ("Unfortunately dressed, a man walks through a wood.", "Unfortunately dressed, a man walks through a wood."),
    ],
)
def test_a_caption_is_cleaned_and_kept(said, caption):
    made = caption_of(Answer(text=said), "critic")
    assert (made.text, made.raw) == (caption, said)


@pytest.mark.parametrize(
    "said",
    [
        "I'm sorry, I can't assist with that.",
        "I’m sorry, but I can’t help with identifying people.",
        "I am sorry, but I am unable to describe this image.",
        "I'm really sorry, but I won't do that.",
        "I'm sorry.",
        "Sorry, I cannot describe this.",
        "I can't help with that.",
        "I'm unable to view images.",
        "I'm not able to help with that.",
        "I must decline.",
        "As an AI language model, I cannot see images.",
        "I apologize, but I cannot provide a description.",
        "Unfortunately, I am not able to see the picture.",
        "I do not see any image attached.",
        "I don't feel comfortable describing this.",
        "This image cannot be described.",
        "Caption: \"I'm sorry, I can't help with that.\"",
        '{"caption": "I cannot see the image."}',
    ],
)
def test_an_apology_is_a_refusal_and_no_caption(said):
    with pytest.raises(Refused, match="critic") as caught:
        caption_of(Answer(text=said), "critic")
    assert caught.value.reason


@pytest.mark.parametrize("said", ["", "  ", '""', "...", "\u200b", "Caption:", "**Caption:**", "```\n```", "- -", None])
def test_nothing_is_no_caption(said):
    with pytest.raises(BadOutput, match="critic"):
        caption_of(Answer(text=said), "critic")


def test_a_long_caption_is_cut_between_words_and_kept_whole_beside():
    said = "fox " * 2_000
    made = caption_of(Answer(text=said), "critic")
    assert len(made.text) <= CAPTION_MAX
    assert made.text.endswith("fox…")
    assert made.raw == said


def test_an_answer_without_a_picture_is_none():
    with pytest.raises(BadOutput, match="painter"):
        picture_of(Answer(text="a fox"), "painter")
