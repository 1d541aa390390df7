"""The words in which makers decline, from public reports; a new wording is a new line here and in the table."""

import pytest

from telephone.errors import BadOutput, Refused, Unavailable
from telephone.providers.mapping import output_of
from telephone.providers.replicate import failed

DECLINED = """
NSFW content detected. Try running it again, or try a different prompt.
Prediction failed: Exception: NSFW content detected in all outputs
All generated images contained NSFW content. Try running it again with a different prompt.
The input or output was flagged as sensitive. Please try again with different inputs. (E005)
Error generating image: Prompt was flagged by safety filter
Content Moderated
Request Moderated
Error: The generated image was blocked by the safety checker
Your prompt contains banned words
Your request was rejected as a result of our safety system.
Prompt contains sensitive content
inappropriate content detected in prompt
Image generation failed: IMAGE_SAFETY
Content was blocked due to PROHIBITED_CONTENT
This prompt contains sensitive words that violate Google's Responsible AI practices.
DataInspectionFailed: Input data may contain inappropriate content.
Your input violates our content policy
This content may violate our usage policies
Failed to generate: moderation check failed
prompt failed moderation
Image did not pass moderation
Input blocked by content filter
The image may contain nudity
This request cannot be completed because it involves a public figure.
Safety filters flagged the output
Potentially unsafe content detected
Your request has been blocked by our moderation system
flagged for violence
Prompt rejected: contains a person's name
Our systems detected a policy issue
The model refused to generate
request blocked: minors
Input contains children
input new_sensitive
Your prompt was rejected by moderation. Please try again later.
Flagged for violence. Accounts with repeated violations are rate limited.
The image was flagged
Your request has been blocked
""".strip().splitlines()
FULL = """
CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 14.56 GiB total capacity)
torch.cuda.OutOfMemoryError: CUDA out of memory
RuntimeError: CUDA error: device-side assert triggered
Service is temporarily unavailable due to high demand. Please try again later. (E003)
The model is overloaded
Failed to download weights
NSFW checker out of memory
safety checker failed to load weights: CUDA out of memory
The moderation service is unavailable
Queue is full
E004: rate limit
(E003) try again later
HTTPSConnectionPool(host='weights.example', port=443): Read timed out.
Model weights could not be downloaded
""".strip().splitlines()
FAULTS = """
list index out of range
Input validation error: width must be multiple of 8
'NoneType' object has no attribute 'shape'
cannot identify image file <_io.BytesIO object>
The prompt is too long
Invalid content type
a value is required for prompt
sequence length exceeds limits
the input image has 5 channels
please use a filter size of 3
KeyError: 'image_rules'
content-length mismatch
case sensitive input name
the input is case-sensitive
input names are case insensitive text
The file is flagged as corrupt
image is blocked by robots.txt
request rejected: width must be a multiple of 8
Prompt rejected: too long
connection refused to host
the module contains children
the input does not contain children nodes
frame rate limit is 30
failed to load weights: size mismatch
""".strip().splitlines()


@pytest.mark.parametrize("words", DECLINED)
def test_makers_decline_in_words_of_their_own(table, words):
    error = failed(table(), words)
    assert isinstance(error, Refused)
    assert error.reason == words


@pytest.mark.parametrize("words", FULL)
def test_a_machine_that_is_full_is_no_fault_of_the_prompt(table, words):
    error = failed(table(), words)
    assert isinstance(error, Unavailable)
    assert error.detail == words


@pytest.mark.parametrize("words", FAULTS)
def test_any_other_fault_keeps_the_makers_words_for_the_log(table, words):
    error = failed(table(), words)
    assert type(error) is BadOutput
    assert error.detail == words


@pytest.mark.parametrize(
    ("output", "logs"),
    [
        ([], None),
        ([], "Using seed: 7"),
        (None, "Using seed: 7\nNSFW content detected in image 0"),
        ([None], "Potential NSFW content was detected in one or more images."),
        ("", "The image was flagged by the safety checker."),
    ],
)
@pytest.mark.parametrize("shape", ["uri", "uris"])
def test_no_picture_after_a_safety_filter_is_a_refusal(table, shape, output, logs):
    with pytest.raises(Refused):
        output_of(table(output=shape), output, logs)


@pytest.mark.parametrize(("output", "logs"), [(None, None), ([None], "Using seed: 7"), (None, "100%|###| 4/4")])
def test_no_picture_for_another_reason_is_no_refusal(table, output, logs):
    with pytest.raises(BadOutput):
        output_of(table(output="uris"), output, logs)


def test_a_picture_beside_one_that_was_withheld_is_taken(table):
    log = "NSFW content detected in image 1"
    assert output_of(table(output="uris"), ["https://x/a.png"], log) == "https://x/a.png"
