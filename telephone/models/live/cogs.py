"""The state, the version and the schema of each Cog container that a table names."""

from typing import Any, Final

from telephone.models.live.asking import LiveModels
from telephone.models.live.schemas import compared

NEEDS: Final = "name a container in TELEPHONE_MODELS; docs/models.md shows how"


async def cogs(live: LiveModels) -> None:
    """Each container: what its health check says, its versions, and whether our table fits it. Free."""
    tables = live.ready("cog")
    if not tables:
        live.leave_out("containers of Cog", NEEDS)
    for table in tables:
        health = await live.ask("GET", f"{table.url}/health-check")
        setup = health.get("setup") or {}
        live.note(
            f"{table.name}: health check",
            health,
            container=health.get("status"),
            setup=setup.get("status"),
            keys=sorted(health.body) if isinstance(health.body, dict) else None,
            **_versions(health.get("version")),
        )
        schema = await live.ask("GET", f"{table.url}/openapi.json")
        info = schema.get("info") or {}
        facts = {"title": info.get("title"), "version": info.get("version"), "openapi": schema.get("openapi")}
        live.note(f"{table.name}: schema", schema, **(facts | compared(table, schema.body) if schema.ok else {}))


def _versions(version: Any) -> dict[str, Any]:
    """Cog names the versions of its parts in newer releases."""
    return {f"{name}_version": value for name, value in version.items()} if isinstance(version, dict) else {}
