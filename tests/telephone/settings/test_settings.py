"""Every setting is checked when a process starts: what cannot be used is one sentence that says what to write."""

import codecs
from pathlib import Path

import pytest

from telephone.errors import Misconfigured
from telephone.settings import Settings, secret_named

NAMES = {(field.alias or name).upper() for name, field in Settings.model_fields.items()}


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """An empty folder, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def loaded(monkeypatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    field = next(key for key, info in Settings.model_fields.items() if (info.alias or key).upper() == name)
    found = getattr(Settings.load(), field)
    return found.get_secret_value() if hasattr(found, "get_secret_value") else found


@pytest.mark.parametrize(
    ("name", "value", "write"),
    [
        ("OPENAI_BASE_URL", "localhost:11434/v1", "write http://localhost:11434/v1."),
        ("OPENAI_BASE_URL", "127.0.0.1:11434", "write http://127.0.0.1:11434."),
        ("OPENAI_BASE_URL", "[::1]:11434/v1", "write http://[::1]:11434/v1."),
        ("OPENAI_BASE_URL", "ollama:11434/v1", "write http://ollama:11434/v1."),
        ("OPENAI_BASE_URL", "http:/localhost/v1", "write http://localhost/v1."),
        ("OPENAI_BASE_URL", "//models.example.org/v1", "write https://models.example.org/v1."),
        ("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1/chat/completions", "write http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://127.0.0.1:99999/v1", "write one such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://127.0.0.300/v1", "write one such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://", "write one such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://my server/v1", "write one such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "ftp://127.0.0.1/v1", "write an address such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://127.0.0.1/v1?key=1", "write it without ? and #"),
        ("OPENAI_BASE_URL", "http://me:hush@127.0.0.1/v1", "write the address alone"),
        ("REPLICATE_BASE_URL", "api.replicate.com", "write https://api.replicate.com."),
        ("DISCORD_API_BASE", "https://discord.com", "write https://discord.com/api/v10."),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg", "such as wss://gateway.discord.gg."),
        ("TELEPHONE_PUBLIC_URL", "draw.example.org", "write https://draw.example.org."),
        ("TELEPHONE_BUDGET_SERVER", "2,50", "a point, such as 2.50."),
        ("TELEPHONE_BUDGET_SERVER", "$2", "a point, such as 2.50."),
        ("TELEPHONE_BUDGET_MEMBER", "-1", "from 0 to 10000"),
        ("TELEPHONE_BUDGET_OPERATOR", "nan", "a number"),
        ("TELEPHONE_BUDGET_OPERATOR", "unlimited", "a number"),
        ("TELEPHONE_HTTP_PORT", ":8787", "from 0 to 65535, such as 8787."),
        ("TELEPHONE_HTTP_PORT", "70000", "from 0 to 65535, such as 8787."),
        ("TELEPHONE_HTTP_PORT", "8787.5", "from 0 to 65535, such as 8787."),
        ("TELEPHONE_HTTP_HOST", "http://0.0.0.0", "write 127.0.0.1, or 0.0.0.0 for all."),
        ("TELEPHONE_HTTP_HOST", "0.0.0.0:8787", "write 127.0.0.1, or 0.0.0.0 for all."),
        ("TELEPHONE_ROLE", "everything", "write all, gateway, worker or page."),
        ("TELEPHONE_MODERATION", "false", "write openai, offline or off."),
        ("TELEPHONE_DATABASE_URL", "mysql://root@localhost/x", "postgresql://user:password@host/name."),
        ("TELEPHONE_DATABASE_URL", "games.sqlite", "sqlite:////srv/telephone.sqlite"),
        ("TELEPHONE_DATABASE_URL", "sqlite://data/games.sqlite", "three slashes"),
        ("TELEPHONE_DATABASE_URL", "sqlite:///data/what?/games.sqlite", "write a ? in a name %3F."),
        ("TELEPHONE_DATABASE_URL", "postgresql://me:hu@sh@host/name", "write @ as %40"),
        ("TELEPHONE_DATABASE_URL", "postgresql://me:hu#sh@host/name", "# as %23"),
        ("TELEPHONE_DATABASE_URL", "postgresql://me@host:port/name", "postgresql://user:password@host/name."),
        ("TELEPHONE_STORAGE_URL", "s3:/bucket", "s3://bucket/folder"),
        ("TELEPHONE_STORAGE_URL", "s3://", "names no bucket"),
        ("TELEPHONE_STORAGE_URL", "my-bucket", "s3://bucket/folder"),
        ("TELEPHONE_STORAGE_URL", "ftp://host/pictures", "s3://bucket/folder"),
        ("TELEPHONE_STORAGE_URL", "file://srv/pictures", "such as file:///srv/pictures."),
        ("TELEPHONE_STORAGE_URL", "file:///srv/bot#1", "# is written %23"),
        ("TELEPHONE_DOWNLOAD_HOSTS", "https://cdn.example.org/pictures", "write cdn.example.org,"),
        ("TELEPHONE_DOWNLOAD_HOSTS", "good.example, 127.0.0.1:8080", "write 127.0.0.1,"),
        ("TELEPHONE_DOWNLOAD_HOSTS", "*", "write cdn.example.org,"),
        ("OPENAI_API_KEY", "sk-one sk-two", "copy it again"),
        ("REPLICATE_API_TOKEN", "r8_\N{HORIZONTAL ELLIPSIS}", "copy it again"),
        ("DISCORD_TOKEN", "\N{LEFT DOUBLE QUOTATION MARK}hush", "copy it again"),
        ("TELEPHONE_DATA_DIR", "caf\udce9", "write it with letters that are."),
        ("TELEPHONE_DATA_DIR", "$NOPE/x", "names $NOPE, which is not set; set it, or write the path"),
        ("TELEPHONE_DATA_DIR", "/srv/${NOPE}/x", "names ${NOPE}, which is not set"),
        ("TELEPHONE_DATA_DIR", "%APPDATA%/x", "names %APPDATA%, which is not set"),
        ("TELEPHONE_DATA_DIR", "~nobody-of-that-name/x", "write ~/ for your own"),
        ("TELEPHONE_DATA_DIR", "file:///srv/x", "write a path such as /srv/telephone."),
        ("TELEPHONE_MODELS", "s3://b/models.toml", "write a path such as /srv/telephone."),
        ("TELEPHONE_DATABASE_URL", "sqlite:///$NOPE/games.sqlite", "names $NOPE, which is not set"),
        ("TELEPHONE_DATABASE_URL", "postgresql://me:hush@host:99999/name", "from 1 to 65535"),
        ("TELEPHONE_DATABASE_URL", "postgresql://me:hush@host:0/name", "from 1 to 65535"),
        ("TELEPHONE_DATABASE_URL", "me:$hush@host/name", "postgresql://user:password@host/name."),
        ("TELEPHONE_STORAGE_URL", "$NOPE/pictures", "names $NOPE, which is not set"),
        ("TELEPHONE_STORAGE_URL", "s3://b?region=x", "write it without ? and #"),
        ("TELEPHONE_STORAGE_URL", "s3://user:hush@b", "write the address alone, such as s3://bucket/folder"),
        ("DISCORD_API_BASE", "https://discord.com/api", "write https://discord.com/api/v10."),
        ("DISCORD_API_BASE", "https://discord.com/api/v9/gateway", "write https://discord.com/api/v9."),
        ("DISCORD_API_BASE", "https://discord.com/v10", "write https://discord.com/api/v10."),
        ("DISCORD_API_BASE", "https://api.example.org/proxy/api/", "write https://api.example.org/proxy/api/v10."),
        ("OPENAI_BASE_URL", "http//localhost/v1", "write http://localhost/v1."),
        ("OPENAI_BASE_URL", "https//api.x.com/v1", "write https://api.x.com/v1."),
        ("OPENAI_BASE_URL", "https:/localhost/v1", "write https://localhost/v1."),
        ("OPENAI_BASE_URL", "http;//localhost/v1", "write http://localhost/v1."),
        ("OPENAI_BASE_URL", "http://h/v1;", "write http://h/v1."),
        ("OPENAI_BASE_URL", "http://h/v1,", "write http://h/v1."),
        ("OPENAI_BASE_URL", "http://h:0/v1", "write one such as http://127.0.0.1:11434/v1."),
        ("OPENAI_BASE_URL", "http://h/v1/v1", "write http://h/v1."),
        ("OPENAI_BASE_URL", "http://h/v1/embeddings", "write http://h/v1."),
        ("OPENAI_BASE_URL", "https://h/api/v1/audio/speech", "write https://h/api/v1."),
        ("OPENAI_BASE_URL", "http://h:11434/api/generate", "write http://h:11434/v1."),
        ("OPENAI_BASE_URL", "http://h:11434/api/chat", "write http://h:11434/v1."),
        ("REPLICATE_BASE_URL", "https://api.replicate.com/v1/predictions", "write https://api.replicate.com."),
        ("REPLICATE_BASE_URL", "https://api.replicate.com/v1/v1", "write https://api.replicate.com."),
        ("REPLICATE_API_TOKEN", "REPLICATE_API_TOKEN=r8_hush", "write what stands after its ="),
        ("OPENAI_API_KEY", "$OPENAI_API_KEY", "write the key itself"),
        ("OPENAI_API_KEY", "${OPENAI_API_KEY}", "write the key itself"),
        ("OPENAI_API_KEY", "%OPENAI_API_KEY%", "write the key itself"),
        ("OPENAI_API_KEY", "sk-hush,", "ends with a comma or semicolon; leave that out"),
        ("DISCORD_TOKEN", "bot hush;", "ends with a comma or semicolon; leave that out"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_write(monkeypatch, name, value, write):
    with pytest.raises(Misconfigured) as told:
        loaded(monkeypatch, name, value)
    sentence = told.value.sentence
    assert sentence.startswith(f"The setting {name} cannot be used: ")
    assert write in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "hush" not in sentence, "a password is never repeated"


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("OPENAI_BASE_URL", " HTTP://127.0.0.1:11434/v1/ ", "http://127.0.0.1:11434/v1"),
        ("OPENAI_BASE_URL", "http://my_server.local/v1", "http://my_server.local/v1"),
        ("OPENAI_BASE_URL", "http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("REPLICATE_BASE_URL", "https://api.replicate.com/v1", "https://api.replicate.com"),
        ("OPENAI_API_KEY", '"sk-abc"', "sk-abc"),
        ("OPENAI_API_KEY", "\N{LEFT DOUBLE QUOTATION MARK}sk-abc\N{RIGHT DOUBLE QUOTATION MARK}", "sk-abc"),
        ("OPENAI_API_KEY", "sk-abc\r\n", "sk-abc"),
        ("OPENAI_API_KEY", "\ufeffsk-abc\u200b", "sk-abc"),
        ("DISCORD_TOKEN", "Bot abc.def", "abc.def"),
        ("DISCORD_TOKEN", "bot abc.def", "abc.def"),
        ("OPENAI_API_KEY", "QUJDRA==", "QUJDRA=="),
        ("OPENAI_BASE_URL", "https://gateway.example.org/v1/me/openai", "https://gateway.example.org/v1/me/openai"),
        ("OPENAI_BASE_URL", "http://webui.example.org/api", "http://webui.example.org/api"),
        ("TELEPHONE_DATABASE_URL", "Postgresql://me@Host/Name", "postgresql://me@Host/Name"),
        ("TELEPHONE_DATABASE_URL", "SQLite:////srv/games.sqlite", "sqlite:////srv/games.sqlite"),
        ("TELEPHONE_DATA_DIR", "/srv/cost $5 %41%42/a$", Path("/srv/cost $5 %41%42/a$")),
        ("TELEPHONE_STORAGE_URL", "abfss://box@me.dfs.core.windows.net/x", "abfss://box@me.dfs.core.windows.net/x"),
        ("TELEPHONE_HTTP_PORT", "'8080'", 8080),
        ("TELEPHONE_HTTP_PORT", '""', 8787),
        ("TELEPHONE_HTTP_HOST", "[::]", "::"),
        ("TELEPHONE_BUDGET_SERVER", " 3 ", 3.0),
        ("TELEPHONE_ROLE", "All", "all"),
        ("TELEPHONE_MODERATION", "OFF", "off"),
        ("TELEPHONE_MODERATION", "  ", None),
        ("TELEPHONE_EMBEDDER", "MiniLM", "minilm"),
        (
            "TELEPHONE_DOWNLOAD_HOSTS",
            "a.example; *.B.example,\n b\u00fccher.example",
            "a.example *.b.example xn--bcher-kva.example",
        ),
        ("TELEPHONE_DOWNLOAD_HOSTS", "localhost [::1]", "localhost ::1"),
        ("TELEPHONE_STORAGE_URL", "S3://Bucket/folder", "s3://Bucket/folder"),
        (
            "TELEPHONE_DATABASE_URL",
            "postgres://me:p%40ss@host/name?sslmode=require",
            "postgres://me:p%40ss@host/name?sslmode=require",
        ),
        ("TELEPHONE_PUBLIC_URL", "https://example.org/telephone/", "https://example.org/telephone"),
    ],
)
def test_blanks_quotes_and_capitals_do_not_matter(monkeypatch, name, value, meant):
    assert loaded(monkeypatch, name, value) == meant


def test_the_engine_keeps_its_journal_in_the_same_postgres(monkeypatch):
    monkeypatch.setenv("TELEPHONE_DATABASE_URL", "postgres://me:p%40ss@host:5432/name?sslmode=require")
    assert Settings.load().engine_url == "postgresql://me:p%40ss@host:5432/name?sslmode=require"


ENV = "# größe\nTELEPHONE_HTTP_PORT=9000\nMY_KEY=k\n"


@pytest.mark.parametrize(
    "written",
    [
        ENV.encode(),
        ENV.encode("utf-8-sig"),
        codecs.BOM_UTF8 + ENV.partition("\n")[2].encode(),
        ENV.encode("utf-16"),
        codecs.BOM_UTF16_BE + ENV.encode("utf-16-be"),
        ENV.replace("\n", "\r\n").encode(),
        ENV.replace("9000", '"9000"').replace("TEL", "export TEL").encode(),
    ],
    ids=["UTF-8", "with a mark", "with a mark before a setting", "UTF-16", "big-endian", "CRLF", "export and quotes"],
)
def test_however_an_editor_saves_the_file_it_is_read(tmp_path, written):
    (tmp_path / ".env").write_bytes(written)
    assert Settings.load().http_port == 9000
    assert secret_named("MY_KEY").get_secret_value() == "k"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (ENV.encode("latin-1"), "Line 1 of {} is not in UTF-8; save the file as UTF-8 in your editor."),
        (b"A=1\nB=\xff\n", "Line 2 of {} is not in UTF-8; save the file as UTF-8 in your editor."),
        ("A=1\n".encode("utf-16-le"), "{} is not in UTF-8; save the file as UTF-8 in your editor."),
        (codecs.BOM_UTF16_LE + b"A", "Line 1 of {} is not in UTF-8; save the file as UTF-8 in your editor."),
        (b"A=1\nDISCORD_TOKEN: abc\n", "Line 2 of {} is no setting; write NAME=value."),
        (b"A=1\n\nTELEPHONE_HTTP_PORT 80\n", "Line 3 of {} is no setting; write NAME=value."),
    ],
    ids=["Latin-1", "a byte", "UTF-16 without a mark", "half a letter", "a colon", "a blank"],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, written, says):
    (tmp_path / ".env").write_bytes(written)
    for read in (Settings.load, lambda: secret_named("KEY")):
        with pytest.raises(Misconfigured) as told:
            read()
        assert told.value.sentence == says.format(tmp_path / ".env")


def test_a_folder_in_place_of_the_file_is_said_to_be_one(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(Misconfigured, match=r"\.env is a folder; make it a file such as \.env\.example"):
        Settings.load()


def test_the_environment_stands_over_the_file_unless_it_is_empty(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("TELEPHONE_HTTP_PORT=9000\ntelephone_role=worker\nTELEPHONE_CHAT=writer\n")
    monkeypatch.setenv("TELEPHONE_HTTP_PORT", "")
    monkeypatch.setenv("TELEPHONE_CHAT", "other")
    settings = Settings.load()
    assert (settings.http_port, settings.role, settings.chat) == (9000, "worker", "other")


def test_names_that_are_no_settings_are_found_with_what_they_may_mean(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("TELEPHONE_DATADIR=x\nOPENAI_KEY=k\nMY_SERVER_KEY=k\nAWS_REGION=eu\n")
    monkeypatch.setenv("TELEPHONE_SHINE", "1")
    monkeypatch.setenv("OPENAI_APIKEY", "another program's")
    found = Settings.unknown()
    assert found["TELEPHONE_DATADIR"] == "TELEPHONE_DATA_DIR"
    assert found["TELEPHONE_SHINE"] == ""
    assert set(found) <= {"TELEPHONE_DATADIR", "TELEPHONE_SHINE", "OPENAI_KEY"}


def test_a_key_of_a_table_that_can_be_none_is_named(monkeypatch):
    monkeypatch.setenv("MY_SERVER_KEY", "one two")
    with pytest.raises(Misconfigured, match=r"The setting MY_SERVER_KEY cannot be used: .*copy it again"):
        secret_named("MY_SERVER_KEY")
