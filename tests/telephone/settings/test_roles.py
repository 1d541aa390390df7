"""What each role needs is said in one sentence when it is missing."""

import pytest

from telephone.errors import Misconfigured
from telephone.settings import Settings, roles

POSTGRES = "postgresql://bot@host/telephone"
SHARED = {"database_url": POSTGRES, "storage_url": "s3://bucket/pictures", "discord_token": "t", "secret": "s"}


def settings(role: str, **changes) -> Settings:
    return Settings(_env_file=None, role=role, **changes)


@pytest.mark.parametrize("role", ["gateway", "worker", "page"])
def test_what_a_role_needs_is_enough(role):
    roles.check(settings(role, **SHARED, public_url="https://draw.example.org"))


def test_one_process_needs_a_token_alone_and_may_have_shards():
    roles.check(settings("all", discord_token="t"))
    roles.check(settings("all", discord_token="t", shards="4", shard_ids="0-2, 3"))


@pytest.mark.parametrize(
    ("role", "changes", "said"),
    [
        ("all", {"discord_token": None}, "Set DISCORD_TOKEN"),
        ("worker", {"discord_token": None}, "Set DISCORD_TOKEN"),
        ("worker", {"database_url": None}, "TELEPHONE_ROLE=worker shares its database with other processes"),
        ("gateway", {"database_url": "sqlite:///x.sqlite"}, "or TELEPHONE_ROLE to all."),
        ("worker", {"storage_url": None}, "set TELEPHONE_STORAGE_URL to a bucket"),
        ("page", {"storage_url": "file:///srv/pictures"}, "and then TELEPHONE_STORAGE_SHARED to yes."),
        ("gateway", {"secret": None}, "set TELEPHONE_SECRET to one long random text"),
        # A worker keeps orders of deletion under it, which a restore is to know members by.
        ("worker", {"secret": None}, "set TELEPHONE_SECRET to one long random text"),
        ("page", {"secret": None}, "set TELEPHONE_SECRET to one long random text"),
        ("page", {}, "set TELEPHONE_PUBLIC_URL"),
        ("worker", {"shards": 2}, "leave them out for TELEPHONE_ROLE=worker."),
        ("gateway", {"shard_ids": (1,)}, "TELEPHONE_SHARDS is not"),
        ("gateway", {"shards": 2, "shard_ids": "1-2"}, "names shard 2, and TELEPHONE_SHARDS=2 makes the last one 1."),
    ],
)
def test_what_is_missing_is_said(role, changes, said):
    with pytest.raises(Misconfigured) as refused:
        roles.check(settings(role, **{**SHARED, **changes}))
    assert said in refused.value.sentence
    assert "\n" not in refused.value.sentence


def test_a_folder_that_all_machines_have_is_enough_when_that_is_said():
    roles.check(settings("worker", **{**SHARED, "storage_url": "file:///srv/pictures", "storage_shared": "yes"}))
    with pytest.raises(Misconfigured):
        roles.check(settings("worker", **{**SHARED, "storage_url": None, "storage_shared": "yes"}))


@pytest.mark.parametrize("written", ["a", "3-1", "-1", "1-", "10000"])
def test_shards_that_are_none_are_refused(written, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_SHARD_IDS", written)
    with pytest.raises(Misconfigured, match="TELEPHONE_SHARD_IDS cannot be used"):
        Settings.load()


def test_shards_are_read_as_people_write_them(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_SHARDS", " 8 ")
    monkeypatch.setenv("TELEPHONE_SHARD_IDS", "5, 0-2 2")
    read = Settings.load()
    assert (read.shards, read.shard_ids) == (8, (0, 1, 2, 5))
