"""Reasoning and control tokens of any family are no part of an answer; ordinary angle brackets are."""

import pytest

from telephone.domain.calls import Answer
from telephone.errors import BadOutput
from telephone.models.players import caption_of
from telephone.providers.answer_text import spoken
from tests.support.growth import MOST, growth

FOX = "A fox mends a clock."
REASONED = [
    f"<think>hm</think>{FOX}",
    f"<think>\nhm\n</think>\n\n{FOX}",
    f"<THINK>hm</THINK> {FOX}",
    f"<think time='3'>hm</think> {FOX}",
    f"<thinking>hm</thinking> {FOX}",
    f"<thought>hm</thought> {FOX}",
    f"<reasoning>hm</reasoning> {FOX}",
    f"<reflection>hm</reflection>{FOX}",
    f"<seed:think>hm</seed:think>{FOX}",
    f"<inner_monologue>hm</inner_monologue>{FOX}",
    f"<think></think>{FOX}",
    f"<think/>{FOX}",
    f"&lt;think&gt;hm&lt;/think&gt;{FOX}",
    f"hm hm</think>{FOX}",
    f"</think>{FOX}",
    f"hm</think>hm again</think>{FOX}",
    f"<think>hm <think> hm</think> hm</think>{FOX}",
    f"<think>a</think><think>b</think>{FOX}",
    f"<think>a</think>{FOX}</think>",
    f"<think>a</think>{FOX}<think>b</think>",
    f"{FOX} <think>shall I say more?",
    f"{FOX}\n<think>shall I say more?</think>",
    f"◁think▷hm◁/think▷{FOX}",
    f"[THINK]hm[/THINK]{FOX}",
    f"<|begin_of_thought|>hm<|end_of_thought|>\n<|begin_of_solution|>{FOX}<|end_of_solution|>",
    f"<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>{FOX}<|END_RESPONSE|>",
    f"<unused94>thought\nhm<unused95>{FOX}",
    f"<|channel>thought\nhm<channel|>{FOX}",
    f"<think>hm</think><answer>{FOX}</answer>",
    f"<think>hm</think>\n<|begin_of_box|>{FOX}<|end_of_box|>",
    f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{FOX}<|return|>",
    f"<|channel|>commentary<|message|>hm<|end|><|start|>assistant<|channel|>final <|constrain|>text<|message|>{FOX}",
    f"analysisWe need to describe.assistantfinal{FOX}",
    f"Thinking...\nhm\n...done thinking.\n\n{FOX}",
    f"<|im_start|>assistant\n<think>\nhm\n</think>\n\n{FOX}<|im_end|><|endoftext|>",
    f"<chain_of_thought>hm</chain_of_thought> {FOX}",
    f"<reasoning_content>hm</reasoning_content> {FOX}",
    f"<thinking_process>hm</thinking_process> {FOX}",
    f"<think_fast>hm</think_fast> {FOX}",
    f"<reasoning_steps>hm</reasoning_steps> {FOX}",
    f"<inner_thoughts>hm</inner_thoughts> {FOX}",
    f"<思考>hm</思考> {FOX}",
    f"<pensamiento>hm</pensamiento> {FOX}",
    f"<réflexion>hm</réflexion> {FOX}",
    f"<denken>hm</denken> {FOX}",
    f"<Reflexion>hm</Reflexion> {FOX}",
    f"<antThinking>hm</antThinking> {FOX}",
    f"<CoT>hm</CoT> {FOX}",
    f"<plan>hm</plan> {FOX}",
    f"<tool_call>hm</tool_call> {FOX}",
    f"<|thought_start|>hm<|thought_end|>{FOX}",
    f"<|reasoning_start|>hm<|reasoning_end|>{FOX}",
    f"<begin_of_thought>hm<end_of_thought>{FOX}",
    f"[reasoning]hm[/reasoning] {FOX}",
    f"[思考]hm[/思考] {FOX}",
    f"<plan>hm</plan>\n<思考>hm</思考>\n{FOX}",
    f"<思考>hm</思考><答案>{FOX}</答案>",
    f"＜think＞hm＜/think＞{FOX}",
    f"\\u003cthink\\u003ehm\\u003c/think\\u003e{FOX}",
    f"**Thinking:** hm\n\n**Answer:** {FOX}",
    f"## Thinking\nhm\n\n## Answer\n{FOX}",
    f"Reasoning: hm\nCaption: a dog? No.\nCaption: {FOX}",
    f"analysis\nhm\nfinal\n{FOX}",
    f"Thinking\nhm\n\nFinal caption\n{FOX}",
    f"hm, a fox \n</think>\n\n{FOX}",
    f"hm, a fox </think> {FOX}",
]
TOKENED = [
    f"{FOX}<|im_end|>",
    f"{FOX}<|im_end|>\n<|im_start|>user\nAnother one?<|im_end|>\n<|im_start|>assistant\nA dog.",
    f"<|im_start|>assistant\n{FOX}",
    f"<s> {FOX}</s>",
    f"{FOX}</s>",
    f"[INST] Describe it. [/INST] {FOX}",
    f"Describe it. [/INST] {FOX}",
    f"{FOX} [/INST]",
    f"{FOX}</s><s>[INST] Another one? [/INST] A dog.",
    f"{FOX} [INST] Another one? [/INST] A dog.",
    f"<<SYS>><</SYS>> {FOX}",
    f"<start_of_turn>model\n{FOX}<end_of_turn>",
    f"{FOX}<end_of_turn>\n<start_of_turn>user\nAnother one?",
    f"<|turn>model\n{FOX}<turn|>",
    f"<|start_header_id|>assistant<|end_header_id|>\n\n{FOX}<|eot_id|>",
    f"{FOX}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnother one?",
    f"<|begin_of_text|>{FOX}<|end_of_text|>",
    f"<|assistant|>\n{FOX}<|end|>",
    f"<|assistant|>{FOX}<|user|>Another one?",
    f"<|start_of_role|>assistant<|end_of_role|>{FOX}<|end_of_text|>",
    f"<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{FOX}<|END_OF_TURN_TOKEN|>",
    f"<\uff5cbegin\u2581of\u2581sentence\uff5c>{FOX}<\uff5cend\u2581of\u2581sentence\uff5c>",
    f"{FOX}<|endoftext|>A dog.",
    f"<bos>{FOX}<eos>",
    f"<pad><pad>{FOX}<pad>",
    f"<image> {FOX}",
    f"<|vision_start|><|image_pad|><|vision_end|>{FOX}",
    f"<start_of_image>{FOX}<end_of_image>",
    f"<image_soft_token>{FOX}",
    f"<fake_token_around_image><global-img>{FOX}<end_of_utterance>",
    f"<row_1_col_1>{FOX}",
    f"<extra_id_0>{FOX}",
    f"<unused7>{FOX}",
    f"<0x0A>{FOX}<0x0A>",
    f"[IMG][IMG_BREAK][IMG_END]{FOX}",
    f"[CLS] {FOX} [SEP]",
    "\u2581A\u2581fox\u2581mends\u2581a\u2581clock.",
    f"ASSISTANT: {FOX}",
    f"assistant: {FOX}",
    f"USER: <image>\nDescribe it. ASSISTANT: {FOX}",
    f"### Assistant: {FOX}\n### Human: Another one?",
    f"<answer>{FOX}</answer>",
    f"<final_answer>{FOX}",
    f"<description>{FOX}</description>",
    f"{FOX}<|im_end",
    f"{FOX}<|im_end|",
    f"{FOX}<|",
    f"{FOX}</s",
    f"{FOX}<end_of_tur",
]
NOTHING = [
    "<think>hm",
    "<think>hm</think>",
    "<think>",
    "hm</think>",
    "<think>hm</think> ...",
    "<|channel|>analysis<|message|>We need to",
    "<|im_start|>assistant\n<|im_end|>",
    "<s></s>",
    "[INST] Describe it. [/INST]</s>",
    "<|endoftext|>",
    "<start_of_turn>model\n<end_of_turn>",
    "<|channel>thought\nhm",
    "[THINK]hm",
    "◁think▷hm",
]
ORDINARY = [
    "A sign reads <3 and a heart.",
    "5 < 7 on a blackboard, and 9 > 2.",
    "A poster says '<think> different' beside an apple.",
    "Two arrows: <- and ->.",
    "A note [sic] on a fridge.",
    "A terminal shows <html> and <b>bold</b>.",
    "A kiosk: open.",
    "analysis of a fox in ink",
    "Thinking man, a bronze statue.",
    "The assistant: a robot with a tray.",
    "A #1 trophy on a shelf.",
    "An assistant, final in its form, waits.",
    "A sign with the tag </think> on a wall",
    "A sign with the tag '</think>' on a wall",
    "<b>A fox</b> mends a clock.",
    "<span>A fox</span> mends a clock.",
    "<subject>A fox</subject><background>A shop</background>",
    "[sic] is stamped on a page.",
    "Thinking: a bronze statue of a man.",
    "Analysis: the word on a book in a lab.",
    "A heart, drawn as <3",
    "A cat says: <meow>",
    "A sign reads ＜open＞ in neon.",
]


@pytest.mark.parametrize("said", REASONED + TOKENED)
def test_the_answer_alone_is_left(said):
    made = caption_of(Answer(text=said), "critic")
    assert made.text == FOX
    assert made.raw == said  # what came is stored whole


@pytest.mark.parametrize("said", NOTHING)
def test_reasoning_and_tokens_alone_are_no_caption(said):
    with pytest.raises(BadOutput, match="critic"):
        caption_of(Answer(text=said), "critic")


@pytest.mark.parametrize("said", ORDINARY)
def test_what_only_looks_like_a_token_stays(said):
    assert caption_of(Answer(text=said), "critic").text == said


def test_a_text_without_either_is_returned_as_it_is():
    assert spoken('{"easy": ["a fox"]}\n') == '{"easy": ["a fox"]}\n'


@pytest.mark.parametrize(
    "piece", ["a <think> ", "<think>", "<think", "</think>", "[INST]", "<|", "&lt;", "<a_", "USER: ", "analysis"]
)
def test_the_time_to_read_a_hostile_text_grows_with_its_length(piece):
    assert growth(spoken, piece, 2_500) < MOST
