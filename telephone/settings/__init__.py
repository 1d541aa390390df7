"""Every setting, read once from the environment and .env."""

import os
import secrets
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from telephone.domain.budgets import Caps
from telephone.errors import Misconfigured
from telephone.settings import checks, dotenv_file
from telephone.settings.checks import clean, written

HEALTHY: Final = "AI Telephone is well"
"""The answer of the health route of the bot's page; it tells the bot from other programs on its port."""

Role = Literal["all", "gateway", "worker", "page"]
YesNo = Literal["yes", "no"]
Check = Literal["openai", "offline", "off"]
Secret = Annotated[SecretStr | None, written(checks.secret)]
Dollars = Annotated[float, written(checks.dollars), Field(ge=0, le=10_000)]
Days = Annotated[int, written(checks.days), Field(ge=1, le=3_650)]
Name = Annotated[str | None, written(str.lower)]
"""The name of a model, however it is capitalised."""


def secret_named(name: str) -> SecretStr | None:
    """The secret in this variable of the environment or .env, as named in an operator's model table; None if unset.

    Raises Misconfigured for what can be no secret.
    """
    value = clean(os.environ.get(name) or dotenv_file.read().get(name) or "")
    try:
        return SecretStr(checks.secret(value)) if value else None
    except ValueError as error:
        raise Misconfigured(f"The setting {name} cannot be used: {error}.") from None


class Settings(BaseSettings):
    """Frozen; secrets are SecretStr and show as stars wherever they are printed."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True, validate_default=False
    )

    discord_token: Annotated[SecretStr | None, written(checks.discord_token)] = None
    discord_api_base: Annotated[str, written(checks.discord_address)] = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[str | None, written(checks.gateway_address)] = None
    openai_api_key: Secret = None
    openai_base_url: Annotated[str | None, written(checks.openai_address)] = None
    replicate_api_token: Secret = None
    replicate_base_url: Annotated[str, written(checks.replicate_address)] = "https://api.replicate.com"
    data_dir: Annotated[Path, written(checks.folder)] = Field(Path(".telephone"), alias="TELEPHONE_DATA_DIR")
    database_url: Annotated[str | None, written(checks.database)] = Field(None, alias="TELEPHONE_DATABASE_URL")
    storage_url: Annotated[str | None, written(checks.storage)] = Field(None, alias="TELEPHONE_STORAGE_URL")
    storage_shared: Annotated[YesNo, written(checks.one_of(*get_args(YesNo)))] = Field(
        "no", alias="TELEPHONE_STORAGE_SHARED"
    )
    orders_url: Annotated[str | None, written(checks.storage)] = Field(None, alias="TELEPHONE_ORDERS_URL")
    keep_journals: Days = Field(14, alias="TELEPHONE_KEEP_JOURNALS")
    keep_pictures: Days = Field(7, alias="TELEPHONE_KEEP_PICTURES")
    keep_servers: Days = Field(30, alias="TELEPHONE_KEEP_SERVERS")
    keep_backups: Days = Field(90, alias="TELEPHONE_KEEP_BACKUPS")
    models: Annotated[Path | None, written(checks.folder)] = Field(None, alias="TELEPHONE_MODELS")
    embedder: Name = Field(None, alias="TELEPHONE_EMBEDDER")
    chat: Name = Field(None, alias="TELEPHONE_CHAT")
    http_host: Annotated[str, written(checks.listening_host)] = Field("127.0.0.1", alias="TELEPHONE_HTTP_HOST")
    http_port: Annotated[int, written(checks.port)] = Field(8787, ge=0, le=65535, alias="TELEPHONE_HTTP_PORT")
    operations_port: Annotated[int | None, written(checks.port)] = Field(
        None, ge=0, le=65535, alias="TELEPHONE_OPERATIONS_PORT"
    )
    public_url: Annotated[str | None, written(checks.public_address)] = Field(None, alias="TELEPHONE_PUBLIC_URL")
    proxies: Annotated[str, written(checks.networks)] = Field("", alias="TELEPHONE_PROXIES")
    role: Annotated[Role, written(checks.one_of(*get_args(Role)))] = Field("all", alias="TELEPHONE_ROLE")
    shards: Annotated[int | None, written(checks.shards)] = Field(None, ge=1, le=10_000, alias="TELEPHONE_SHARDS")
    shard_ids: Annotated[tuple[int, ...], NoDecode, written(checks.shard_ids)] = Field((), alias="TELEPHONE_SHARD_IDS")
    budget_operator: Dollars = Field(5.0, alias="TELEPHONE_BUDGET_OPERATOR")
    budget_server: Dollars = Field(2.0, alias="TELEPHONE_BUDGET_SERVER")
    budget_member: Dollars = Field(0.5, alias="TELEPHONE_BUDGET_MEMBER")
    start_patience: Annotated[float, written(checks.seconds)] = Field(300.0, ge=0, alias="TELEPHONE_START_PATIENCE")
    """How long the bot waits in all, while it starts, for Discord and the database, in seconds."""
    secret: Annotated[SecretStr | None, written(str)] = Field(None, alias="TELEPHONE_SECRET")
    download_hosts: Annotated[str, written(checks.hosts)] = Field("", alias="TELEPHONE_DOWNLOAD_HOSTS")
    limits: Annotated[str, written(str)] = Field("", alias="TELEPHONE_LIMITS")
    moderation: Annotated[Check | None, written(checks.one_of(*get_args(Check)))] = Field(
        None, alias="TELEPHONE_MODERATION"
    )

    @classmethod
    def load(cls) -> "Settings":
        """Reads .env and, over it, the environment. Raises Misconfigured naming the variable and what to write."""
        written = {name.upper(): value for name, value in dotenv_file.read().items()}
        there = {name.upper() for name, value in os.environ.items() if clean(value)}
        from_file: dict[str, Any] = {
            key: written[name] for name, key in _keys().items() if name in written and name not in there
        }
        try:
            return cls(**from_file)
        except ValidationError as error:
            first = error.errors()[0]
            name, said = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
            raise Misconfigured(f"The setting {name} cannot be used: {said}.") from None

    @staticmethod
    def unknown() -> dict[str, str]:
        """Names in .env and the environment that look like settings and are none, and the setting each may mean."""
        known = list(_keys())
        written = {name.upper() for name in dotenv_file.read()}
        ours = {name.upper() for name in os.environ if name.upper().startswith("TELEPHONE_")}
        found = {}
        for name in sorted((written | ours) - set(known)):
            near = get_close_matches(name, known, 1, 0.8)
            if near or name.startswith("TELEPHONE_"):
                found[name] = near[0] if near else ""
        return found

    @property
    def store_url(self) -> str:
        """Where games are stored: SQLite in the data directory unless TELEPHONE_DATABASE_URL says otherwise."""
        return self.database_url or _sqlite(self.data_dir.resolve() / "telephone.sqlite")

    @property
    def engine_url(self) -> str:
        """Where the engine keeps its journal: beside the store on SQLite, in the same database on Postgres."""
        from sqlalchemy.engine import make_url

        store = make_url(self.store_url)
        if self.on_postgres:
            return store.set(drivername="postgresql").render_as_string(hide_password=False)
        return _sqlite(Path(str(store.database)).resolve().with_name("engine.sqlite"), "sqlite")

    @property
    def pictures_url(self) -> str:
        """Where pictures are stored: a folder in the data directory unless TELEPHONE_STORAGE_URL says otherwise."""
        return self.storage_url or (self.data_dir.resolve() / "pictures").as_uri()

    @property
    def deletions_url(self) -> str:
        """Where orders of deletion are kept: beside the pictures unless TELEPHONE_ORDERS_URL says otherwise."""
        if self.orders_url or self.storage_url:
            return self.orders_url or f"{str(self.storage_url).rstrip('/')}/orders"
        return (self.data_dir.resolve() / "orders").as_uri()

    @property
    def caps(self) -> Caps:
        """How much may be spent a day."""
        return Caps(self.budget_operator, self.budget_server, self.budget_member)

    @property
    def on_postgres(self) -> bool:
        return self.store_url.startswith("postgres")

    def signing_key(self) -> bytes:
        """The key that signs links and pseudonyms; made once in the data directory where none is set.

        Raises Misconfigured where it cannot be kept there.
        """
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.data_dir / "secret"
        try:
            if not path.exists():
                self.data_dir.mkdir(parents=True, exist_ok=True)
                path.write_text(secrets.token_hex(32), encoding="ascii")
                path.chmod(0o600)
            return path.read_text(encoding="ascii").strip().encode()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise Misconfigured(f"The secret in {path} cannot be used ({why}); set TELEPHONE_SECRET instead.") from None


def _keys() -> dict[str, str]:
    """The name of every setting in the environment, and the one that Settings is made with."""
    return {(field.alias or name).upper(): field.alias or name for name, field in Settings.model_fields.items()}


def _sqlite(path: Path, driver: str = "sqlite+aiosqlite") -> str:
    """The address of a SQLite file, with what its path holds escaped."""
    from sqlalchemy.engine import URL

    return URL.create(driver, database=str(path)).render_as_string(hide_password=False)
