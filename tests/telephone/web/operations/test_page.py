"""What an operator's tools are told of a process."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from telephone import metrics
from telephone.domain.operations import Figures
from telephone.errors import Misconfigured
from telephone.settings import HEALTHY, Settings
from telephone.web.operations import OperationsPage
from telephone.web.operations import page as operations_page
from tests.telephone.web.drawing.studio import free_port

MONITORING = Path(__file__).resolve().parents[4] / "docs" / "monitoring"


@dataclass
class Process:
    """A process that lacks what the test says."""

    lacks: dict[str, str] = field(default_factory=dict)
    silent: bool = False

    def missing(self) -> dict[str, str]:
        return self.lacks

    async def figures(self) -> Figures:
        if self.silent:
            await asyncio.Event().wait()
        return Figures({"playing": 3, "waiting": 2}, taken_usd=1.25, cap_usd=5.0)


@pytest.fixture
async def page(tmp_path):
    opened = OperationsPage(Settings(_env_file=None, data_dir=tmp_path, operations_port=free_port()))
    await opened.open()
    yield opened
    await opened.close()


async def ask(page: OperationsPage, path: str) -> tuple[int, str]:
    address = f"http://127.0.0.1:{page._settings.operations_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


async def test_a_process_that_starts_lives_and_is_not_ready(page):
    assert await ask(page, "/healthz") == (200, HEALTHY)
    status, said = await ask(page, "/readyz")
    assert (status, "still starting" in said) == (503, True)


async def test_it_is_ready_where_nothing_is_missing_and_else_names_what_is(page):
    page.watch(Process())
    assert await ask(page, "/readyz") == (200, '{"ready": true, "missing": {}}')
    page.watch(Process({"discord": "not connected to Discord yet"}))
    status, said = await ask(page, "/readyz")
    assert (status, "not connected to Discord yet" in said) == (503, True)


async def test_a_silent_database_makes_it_unready_and_hides_no_other_figure(page, monkeypatch):
    monkeypatch.setattr(operations_page, "ANSWER_WITHIN", 0.05)
    page.watch(Process(silent=True))
    status, said = await ask(page, "/readyz")
    assert (status, "did not answer" in said) == (503, True)
    status, said = await ask(page, "/metrics")
    assert status == 200
    assert "telephone_store_up 0.0" in said
    assert "telephone_sweeps" in said


async def test_the_figures_are_those_of_the_database_and_of_the_process(page):
    page.watch(Process())
    metrics.STEPS.labels("stickers", "picture").inc()
    _, said = await ask(page, "/metrics")
    for line in (
        'telephone_games{state="playing"} 3.0',
        'telephone_games{state="waiting"} 2.0',
        "telephone_taken_today_usd 1.25",
        "telephone_cap_usd 5.0",
        "telephone_store_up 1.0",
    ):
        assert line in said
    assert re.search(r'telephone_steps_total\{kind="picture",player="stickers"\} [1-9]', said)
    assert "process_resident_memory_bytes" in said


async def test_the_lateness_of_the_loop_is_measured(page, monkeypatch):
    before = metrics.LATE.collect()[0].samples[-2].value
    await asyncio.sleep(operations_page.LOOK_EVERY * 2.5)
    assert metrics.LATE.collect()[0].samples[-2].value > before


async def test_a_port_that_is_taken_is_told_with_the_setting(page, tmp_path):
    other = OperationsPage(Settings(_env_file=None, data_dir=tmp_path, operations_port=page._settings.operations_port))
    with pytest.raises(Misconfigured, match="TELEPHONE_OPERATIONS_PORT"):
        await other.open()


async def test_without_the_setting_no_port_is_opened(tmp_path):
    page = OperationsPage(Settings(_env_file=None, data_dir=tmp_path))
    await page.open()
    assert page._runner is None
    await page.close()


def test_the_dashboard_and_the_alerts_ask_for_figures_that_there_are():
    counted = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    known = {family.name for value in counted for family in value.describe()}
    asked = "".join(path.read_text(encoding="utf-8") for path in MONITORING.iterdir())
    named = set(re.findall(r"\btelephone_[a-z_]+", asked))
    assert named
    assert {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in named} <= known
    alerts = yaml.safe_load((MONITORING / "alerts.yaml").read_text(encoding="utf-8"))
    assert all(rule["annotations"]["summary"] for group in alerts["groups"] for rule in group["rules"])
