"""Every setting, read once from the environment and .env."""

import os
import re
import secrets
from pathlib import Path
from typing import Final, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from telephone.domain.budgets import Caps
from telephone.errors import Misconfigured

HEALTHY: Final = "AI Telephone is well"
"""The answer of the health route of the bot's page; it tells the bot from other programs on its port."""


def secret_named(name: str) -> SecretStr | None:
    """The secret in this variable of the environment or .env, as named in an operator's model table; None if unset."""
    value = os.environ.get(name) or dotenv_values(".env").get(name)
    return SecretStr(value) if value else None


class Settings(BaseSettings):
    """Frozen; secrets are SecretStr and show as stars wherever they are printed."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    discord_token: SecretStr | None = None
    discord_api_base: str = "https://discord.com/api/v10"
    discord_gateway_url: str | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    replicate_api_token: SecretStr | None = None
    replicate_base_url: str = "https://api.replicate.com"
    data_dir: Path = Field(Path(".telephone"), alias="TELEPHONE_DATA_DIR")
    database_url: str | None = Field(None, alias="TELEPHONE_DATABASE_URL")
    storage_url: str | None = Field(None, alias="TELEPHONE_STORAGE_URL")
    models: Path | None = Field(None, alias="TELEPHONE_MODELS")
    embedder: str | None = Field(None, alias="TELEPHONE_EMBEDDER")
    chat: str | None = Field(None, alias="TELEPHONE_CHAT")
    http_host: str = Field("127.0.0.1", alias="TELEPHONE_HTTP_HOST")
    http_port: int = Field(8787, ge=0, le=65535, alias="TELEPHONE_HTTP_PORT")
    public_url: str | None = Field(None, alias="TELEPHONE_PUBLIC_URL")
    role: Literal["all", "gateway", "worker"] = Field("all", alias="TELEPHONE_ROLE")
    budget_operator: float = Field(5.0, ge=0, le=10_000, alias="TELEPHONE_BUDGET_OPERATOR")
    budget_server: float = Field(2.0, ge=0, le=10_000, alias="TELEPHONE_BUDGET_SERVER")
    budget_member: float = Field(0.5, ge=0, le=10_000, alias="TELEPHONE_BUDGET_MEMBER")
    secret: SecretStr | None = Field(None, alias="TELEPHONE_SECRET")
    download_hosts: str = Field("", alias="TELEPHONE_DOWNLOAD_HOSTS")
    limits: str = Field("", alias="TELEPHONE_LIMITS")
    moderation: Literal["openai", "offline", "off"] | None = Field(None, alias="TELEPHONE_MODERATION")

    @field_validator("public_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None and re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url) is None:
            raise ValueError("it is no address such as https://draw.example.org")
        return url

    @classmethod
    def load(cls) -> "Settings":
        """Reads the environment. Raises Misconfigured naming the variable and what it may be."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]).upper()
            sentence = f"The setting {name} cannot be used ({first['msg']}); .env.example shows how to write it."
            raise Misconfigured(sentence) from None

    @property
    def store_url(self) -> str:
        """Where games are stored: SQLite in the data directory unless TELEPHONE_DATABASE_URL says otherwise."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'telephone.sqlite'}"

    @property
    def engine_url(self) -> str:
        """Where the engine keeps its journal: beside the store on SQLite, in the same database on Postgres."""
        if self.on_postgres:
            return self.store_url.replace("postgresql+psycopg://", "postgresql://", 1)
        store = Path(self.store_url.partition(":///")[2]).expanduser().resolve()
        return f"sqlite:///{store.with_name('engine.sqlite')}"

    @property
    def pictures_url(self) -> str:
        """Where pictures are stored: a folder in the data directory unless TELEPHONE_STORAGE_URL says otherwise."""
        return self.storage_url or f"file://{self.data_dir.resolve() / 'pictures'}"

    @property
    def caps(self) -> Caps:
        """How much may be spent a day."""
        return Caps(self.budget_operator, self.budget_server, self.budget_member)

    @property
    def on_postgres(self) -> bool:
        return self.store_url.startswith("postgres")

    def signing_key(self) -> bytes:
        """The key that signs links and pseudonyms; made once in the data directory where none is set."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.data_dir / "secret"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(secrets.token_hex(32), encoding="ascii")
            path.chmod(0o600)
        return path.read_text(encoding="ascii").strip().encode()
