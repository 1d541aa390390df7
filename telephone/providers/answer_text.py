"""The answer of a language model alone: without its reasoning, and without the control tokens of its chat template.

Servers should remove both, and often do not: a thinking model behind a server that does not know it, a wrong chat
template, a stop token that the server does not know. Families differ in their tokens, so the rules go by form.
"""

import re
from typing import Final

from telephone.domain.visible import says_something

_THOUGHT: Final = r"(?:ant)?(?:think(?:ing)?|thoughts?|reason(?:ing)?)"
_STOP: Final = r"(?:end|stop|close)"
_STOPS: Final = rf"(?:{_STOP}_(?:of_)?{_THOUGHT}|{_THOUGHT}_{_STOP})"
_REASON: Final = (
    rf"(?:(?:[a-z]{{1,15}}[:_-]){{0,3}}{_THOUGHT}(?:[_-][a-z]{{1,15}}){{0,2}}|reflection|analysis|scratchpad|cot"
    r"|\w{1,30}_monologue|(?:tool|function)_calls?)"
)
"""Names of tags of reasoning: `think`, `inner_thoughts`, `chain_of_thought`, `thought_start` …"""
_ANSWER: Final = (
    r"(?:(?:[a-z]{1,15}[_ -])?(?:answer|response|solution|caption|description|result|output|reply)|final"
    r"|respuesta|resposta|risposta|r[ée]ponse|antwort|ответ|答案|回答|描述|标题|説明|キャプション|답변|설명)"
)
_OPENS: Final = re.compile(
    rf"<\|?\s*(?!{_STOPS}\b){_REASON}(?:\s[^<>]*)?\|?>|◁\s*think\s*▷|\[{_THOUGHT}\]"
    r"|<unused94>|<\|channel>\s*(?:thought|analysis)\b|<details\s[^<>]*reasoning[^<>]*>",
    re.IGNORECASE,
)
_CLOSES: Final = re.compile(
    rf"<\|?\s*/\s*{_REASON}\s*\|?>|<\|?{_STOPS}\|?>|◁\s*/\s*think\s*▷|\[/{_THOUGHT}\]"
    r"|<unused95>|<channel\|>|</details\s*>",
    re.IGNORECASE,
)
_TAG: Final = re.compile(f"(?P<opens>{_OPENS.pattern})|(?P<closes>{_CLOSES.pattern})", re.IGNORECASE)
_QUOTED_BEFORE: Final = re.compile(r"\w[ ,]*[ \"'“‘(`]\Z")
_QUOTED_AFTER: Final = re.compile(r"[ ,]?[\"'”’)`]|[ ,]+(?![A-Z])[^\W\d_]")
"""What stands around a closing tag in the middle of a sentence: it is quoted."""
_PAIR: Final = re.compile(
    r"\s*(?:<(?P<name>[^\W\d_][\w:.-]{0,40})(?:\s[^<>]*)?>.*?<\s*/\s*(?P=name)\s*>"
    r"|\[(?P<other>[^\W\d_][\w:.-]{0,40})\].*?\[/(?P=other)\])",
    re.DOTALL,
)
_MARKUP: Final = re.compile(
    rf"{_ANSWER}|[a-z][a-z0-9]{{0,2}}|span|strong|mark|small|code|title|body|html|head|header|section|article|main|center"
    r"|font|text|table|image|object|phrase|quad|blockquote|summary",
    re.IGNORECASE,
)
"""Names of tags whose inside belongs to the answer: an answer's, those of HTML, those of places in a picture."""
_LABELLED: Final = re.compile(
    rf"\A\s*[#*_ ]{{0,6}}(?:{_THOUGHT}(?: process)?|thought process|analysis|reflection)[*_ ]{{0,4}}(?::|\n).*"
    rf"\n[#*_ ]{{0,6}}{_ANSWER}[*_ ]{{0,4}}(?::[*_]{{0,3}}|\n)",
    re.DOTALL | re.IGNORECASE,
)
"""Reasoning and answer below headlines, or after words with a colon."""
_EMPTY: Final = re.compile(rf"<\s*{_REASON}\s*/\s*>", re.IGNORECASE)

_FINAL_CHANNEL: Final = re.compile(r"<\|channel\|>\s*final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"<\|channel\|>", re.IGNORECASE)
_BARE_CHANNEL: Final = re.compile(r"\Aanalysis.*assistant\s?final(?=\W|[A-Z0-9])", re.DOTALL)
"""What is left of the channels of gpt-oss where a server removed the tokens alone: `analysisWe …assistantfinalA`"""

_ROLE: Final = r"(?:assistant|model|user|human|system|developer|tool|ipython|bot|ai|gpt|chatbot)"
_TURN: Final = re.compile(
    rf"<\|(?:im_start|start_header_id|start_of_role|start|turn)\|?>\s*(?P<a>{_ROLE})?[ \t]*"
    r"(?:<\|(?:end_header_id|end_of_role|message)\|>)?"
    rf"|<start_of_turn>\s*(?P<b>{_ROLE})?"
    rf"|<\|(?P<c>{_ROLE})\|>"
    r"|<\|START_OF_TURN_TOKEN\|>\s*<\|(?P<d>USER|CHATBOT|SYSTEM)_TOKEN\|>"
    rf"|^[ \t]*###[ \t]*(?P<e>{_ROLE}|instruction|response)[ \t]*:"
    r"|\A\s*(?P<f>assistant|gpt|chatbot)[ \t]*:"
    r"|^(?-i:(?P<g>USER|ASSISTANT|HUMAN))[ \t]*:"
    r"|(?P<h>\[INST\])|\[/INST\]",
    re.IGNORECASE | re.MULTILINE,
)
_END: Final = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|end|endoftext|end_of_text|return|call|END_OF_TURN_TOKEN|END_RESPONSE|end_of_solution)\|>"
    r"|</s>|<eos>|<end_of_turn>|<turn\|>|<end_of_utterance>|<[|｜]end▁of▁sentence[|｜]>|<\|eos\|>",
    re.IGNORECASE,
)
_ECHO: Final = re.compile(
    r"\A(?:(?!\[INST\]).)*?\[/INST\]|\A\s*(?:USER|Human)\s*:.*?\b(?:ASSISTANT|Assistant)\s*:"
    r"|\A\s*Thinking\.\.\..*?\.\.\.\s?done thinking\.",
    re.DOTALL,
)
"""What stands before an answer without a tag that opens it: the question again, or reasoning as a terminal shows it."""
_THEIRS: Final = frozenset({"user", "human", "system", "developer", "tool", "ipython", "instruction", "[inst]"})
_TOKEN: Final = re.compile(
    r"<[|｜][^<>\n]{1,60}[|｜]>"  # ChatML, Llama 3, Phi, GLM, DeepSeek …
    r"|<\|[a-z_]{1,30}>|<[a-z_]{1,30}\|>"  # Gemma 4
    r"|</?(?:s|bos|eos|pad|unk|sep|cls|mask|image|img|imagehere|grounding|ref|box|quad|obj|phrase|object|delimiter)>"
    r"|</?[a-z0-9]+(?:[_-][a-z0-9]+)+>"  # <start_of_turn>, <image_soft_token>, <extra_id_0>, <global-img> …
    r"|<(?:unused|loc|seg|image|patch)\d{1,6}>"
    r"|<(?:[|｜][\w▁]{0,40}[|｜]?|/?[a-z]+_\w{0,30}|/s?)\s*\Z"  # cut off: `<|im_end`
    r"|<<?/?SYS>>|\[/?(?:INST|IMG(?:_BREAK|_END)?|SYSTEM_PROMPT|PAD|CLS|SEP|UNK|BOS|EOS|AVAILABLE_TOOLS|TOOL_[A-Z]+)\]",
    re.IGNORECASE,
)
_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>", re.IGNORECASE)
_ANSWER_TAGS: Final = re.compile(
    rf"<\s*{_ANSWER}\s*>(?P<inside>.*?)(?:<\s*/\s*{_ANSWER}\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_ESCAPED: Final = re.compile(r"(?:&lt;|\\u003c|＜)(\s*/?\s*[\w:|｜▁-]{1,60}\s*/?)(?:&gt;|\\u003e|＞)", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"(?:\A|\n|[.!?…。！？][\"'”’)]?|[>\]▷])\s*\Z")
_BEFORE: Final = 200
"""How much before an opening tag is looked at, in characters."""
_MAY_HOLD: Final = re.compile(r"[<◁[▁#:]|\A\s*(?i:analysis|think|thought|reason|reflection)")


def spoken(text: str) -> str:
    """What a model says to its user: no reasoning, no control tokens, no turns of others; empty if there is nothing.

    Reasoning counts as such in tags of any family, unfinished too, before a closing tag that was never opened, and in
    tags of any name that open the answer where words follow them. Any other text is returned as it is, white space
    included.
    """
    unescaped = _ESCAPED.sub(r"<\1>", text)
    if not _MAY_HOLD.search(unescaped):
        return text
    plain = _without_reasoning(_final_channel(_EMPTY.sub(" ", unescaped)))
    plain = _LABELLED.sub("", _without_pairs(_first_turn(_without_echo(plain))))
    inside = _ANSWER_TAGS.search(plain)
    plain = inside["inside"] if inside else plain
    plain = _TOKEN.sub(" ", _BYTE.sub(" ", plain))
    plain = plain.replace("▁", " ")
    return text if plain == unescaped else plain


def _final_channel(text: str) -> str:
    """The final channel of gpt-oss; nothing where it did not get that far."""
    finals = list(_FINAL_CHANNEL.finditer(text))
    if finals:
        return text[finals[-1].end() :]
    if _CHANNEL.search(text):
        return ""
    return _BARE_CHANNEL.sub("", text)


def _without_reasoning(text: str) -> str:
    """Text outside of reasoning. A closing tag closes all that is open; where nothing is, all before it was reasoning.

    An opening tag that is never closed begins reasoning only where a sentence can begin: elsewhere it is quoted.
    """
    kept: list[str] = []
    at, reasoning, opened = 0, False, False
    tags = list(_TAG.finditer(text))
    last_close = max((tag.start() for tag in tags if tag["closes"]), default=-1)
    for tag in tags:
        if not reasoning:
            kept.append(text[at : tag.start()])
        if tag["opens"]:
            before = "".join(kept)[-_BEFORE:]
            if reasoning or last_close > tag.start() or _SENTENCE_END.search(_TOKEN.sub(" ", before).rstrip()):
                reasoning = opened = True
            else:
                kept.append(tag[0])
        elif reasoning:
            reasoning = False
        elif not opened and _quoted(text, tag):
            kept.append(tag[0])
        elif not opened or says_something(_TOKEN.sub(" ", text[tag.end() :])):
            kept = []
        at = tag.end()
    if not reasoning:
        kept.append(text[at:])
    return "".join(kept)


def _quoted(text: str, tag: re.Match[str]) -> bool:
    before = text[max(0, tag.start() - 8) : tag.start()]
    return bool(_QUOTED_BEFORE.search(before) and _QUOTED_AFTER.match(text, tag.end()))


def _without_pairs(text: str) -> str:
    """Text without the tags of any name that open it, and what is in them: it was reasoning where words follow."""
    at = 0
    while (pair := _PAIR.match(text, at)) and not _MARKUP.fullmatch(pair["name"] or pair["other"]):
        at = pair.end()
    return text[at:] if says_something(_TOKEN.sub(" ", text[at:])) else text


def _without_echo(text: str) -> str:
    found = _ECHO.match(text)
    answers = found is not None and not _END.search(found[0]) and says_something(_TOKEN.sub(" ", text[found.end() :]))
    return text[found.end() :] if found and answers else text


def _first_turn(text: str) -> str:
    """The first turn of the model that says something. What follows its end was made up: a next question, and so on."""
    for turn, theirs in _turns(text):
        if not theirs and says_something(_TOKEN.sub(" ", turn)):
            return turn
    return ""


def _turns(text: str) -> list[tuple[str, bool]]:
    """The turns in order, each with whether it is another's than the model's."""
    found: list[tuple[str, bool]] = []
    at, theirs = 0, False
    marks = sorted([*_TURN.finditer(text), *_END.finditer(text)], key=lambda mark: mark.start())
    for mark in marks:
        if mark.start() < at:
            continue
        found.append((text[at : mark.start()], theirs))
        role = next((value for value in mark.groupdict().values() if value), "") if mark.re is _TURN else ""
        theirs = role.lower() in _THEIRS
        at = mark.end()
    found.append((text[at:], theirs))
    return found
