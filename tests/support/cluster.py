"""The cluster of docker/compose.yaml as processes of this machine: its commands and environments, a Postgres, an S3."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import psycopg
import yaml
from moto.server import ThreadedMotoServer

from tests.limits import LIMIT
from tests.standin.loopback import Standin
from tests.standin.process import ROOT, BotProcess
from tests.telephone.web.drawing.studio import free_port

GATEWAYS = ("gateway-0", "gateway-1")
WORKERS = ("worker-1", "worker-2")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def environments() -> dict[str, dict[str, str]]:
    """What compose.yaml sets for each process of the cluster, by service."""
    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))["services"]
    return {
        name: {key: _DEFAULT.sub(r"\1", str(value)) for key, value in service["environment"].items()}
        for name, service in services.items()
        if service.get("image") == "ai-telephone" and service.get("profiles") == ["cluster"]
    }


def command() -> list[str]:
    """What the image runs, with this Python."""
    [words] = re.findall(r"^CMD (\[.*\])$", (ROOT / "docker/Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    program, *rest = json.loads(words)
    assert program == "python"
    return [sys.executable, *rest]


@contextmanager
def running_storage() -> Iterator[str]:
    """The address of an S3 server with the bucket of compose.yaml."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        keys = {"aws_access_key_id": "telephone", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="telephone")
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@dataclass
class Cluster:
    """Its processes by service, each with the port of its operator's page, and the port of the page to draw on."""

    standin: Standin
    database: str
    storage: str
    folder: Path
    page_port: int = field(default_factory=free_port)
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, BotProcess] = field(default_factory=dict)

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    async def start(self, service: str, **more: str) -> BotProcess:
        """Starts a process with what compose.yaml sets, on this machine's addresses; returns at once."""
        self.ports[service] = free_port()
        env = {
            **environments()[service],
            "TELEPHONE_DATA_DIR": str(self.folder / service),
            "TELEPHONE_DATABASE_URL": self.database,
            "TELEPHONE_HTTP_HOST": "127.0.0.1",
            "TELEPHONE_HTTP_PORT": str(self.page_port),
            "TELEPHONE_OPERATIONS_PORT": str(self.ports[service]),
            "TELEPHONE_PUBLIC_URL": self.public_url,
            "TELEPHONE_SECRET": "one secret for all",
            "AWS_ENDPOINT_URL": self.storage,
            **more,
        }
        self.processes[service] = process = await self.standin.run_bot(command(), env=env, wait=False)
        return process

    async def ready(self, service: str, within: float = LIMIT) -> None:
        """Waits until a process says that it is ready."""
        async with asyncio.timeout(within):
            while (await self.asked(service, "readyz"))[0] != 200:
                process = self.processes[service]
                assert process.running, f"{service} ended with {process.exit_status}:\n{process.log}"
                await asyncio.sleep(0.1)

    async def asked(self, service: str, path: str) -> tuple[int, str]:
        """The status and the body of a page of operators; 0 where nobody answers."""
        try:
            address = f"http://127.0.0.1:{self.ports[service]}/{path}"
            async with aiohttp.ClientSession() as session, session.get(address) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    async def rows(self, query: str, *parameters: Any) -> list[Any]:
        """What a query of the database finds."""
        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


@asynccontextmanager
async def running_cluster(
    standin: Standin, database: str, storage: str, folder: Path, more: Mapping[str, str] | None = None
) -> AsyncIterator[Cluster]:
    """The cluster, every process ready. The stand-in kills what still runs at its end."""
    cluster = Cluster(standin, database, storage, folder)
    for service in environments():
        await cluster.start(service, **(more or {}))
    for service in cluster.processes:
        await cluster.ready(service)
    yield cluster
