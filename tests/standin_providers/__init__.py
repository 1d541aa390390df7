"""OpenAI, Replicate and Cog on this machine: stateful, honest about what was billed, and able to misbehave."""

from tests.standin_providers.faults import (
    answers,
    cut,
    cut_after_doing,
    done_then,
    floods,
    half,
    redirects,
    says,
    silent,
    slow,
)
from tests.standin_providers.server import StandinApis

__all__ = [
    "StandinApis",
    "answers",
    "cut",
    "cut_after_doing",
    "done_then",
    "floods",
    "half",
    "redirects",
    "says",
    "silent",
    "slow",
]
