"""The names by which journals of earlier versions find their code. Changing one strands every game that is running.

A workflow whose sequence of steps changes gets a new name (`Play.playing.2`), and the old one stays here with it.
"""

from dbos._dbos import _get_or_create_dbos_registry
from dbos._registrations import get_dbos_func_name

import telephone.bootstrap  # noqa: F401  # registers every workflow
from telephone import enqueued
from tests.support.app import running_app

NAMES = {
    "Battling": (
        "calling closing leading waiting",
        "_await_round _call_off _close _end_early _length _measure _open_voting _reopen _seconds_left _send_in _show"
        " _show_end",
    ),
    "Erasing": ("erasing", "_conclude _erase _forget_vectors _stop _take_back"),
    "Hosting": (
        "hosting",
        "_await_round _close_rounds _collect _end _gather _open _reveal _rounds _show _to_reveal",
    ),
    "Measuring": ("measuring", "_attempt _scale _show"),
    "Play": (
        "closing closing.2 minding opening opening.2 playing playing.2 realigning settling",
        "_answer _ask _await_primary _close _collect _edit_card _edit_summary _end_early _finish _give_place _length"
        " _look_after _measure _open _realign _reopen _reveal _scale _seconds_until _show _submit _summarise"
        " _tell_place _to_reveal",
    ),
    "Rescoring": ("working", "_conclude _post _stretch"),
    "Seating": ("changed", "_follow"),
}
"""Class in the journal: its workflows, and their steps."""
INSTANCES = {
    "Battling/battle",
    "Erasing/erasing",
    "Hosting/party",
    "Measuring/measuring",
    "Play/play",
    "Rescoring/rescore",
    "Seating/seat",
}
"""The class and the name of the one instance of each."""


def test_every_workflow_and_step_keeps_its_name():
    known = _get_or_create_dbos_registry().workflow_info_map
    for name, (workflows, steps) in NAMES.items():
        assert {f"{name}.{one}" for one in workflows.split()} == _of(known, f"{name}.")
        assert {f"{name}.{one}" for one in steps.split()} == _of(known, f"<temp>.{name}.")


async def test_every_instance_keeps_its_name(tmp_path):
    async with running_app(tmp_path):
        assert set(_get_or_create_dbos_registry().instance_info_map) == INSTANCES


async def test_what_other_processes_enqueue_is_named_as_it_is_registered(tmp_path):
    async with running_app(tmp_path):
        known = _get_or_create_dbos_registry()
        for one in enqueued.ALL:
            assert get_dbos_func_name(one.function) in known.workflow_info_map
            assert f"{one.class_name}/{one.instance}" in known.instance_info_map


def _of(known, beginning):
    """Names that begin so, without what DBOS puts before a step's."""
    return {name.removeprefix("<temp>.") for name in known if name.startswith(beginning)}
