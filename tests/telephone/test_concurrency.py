"""What leaves the event loop."""

import asyncio
import sys
import threading

import pytest

from telephone.concurrency import imported


async def test_a_library_is_imported_once_and_beside_the_loop(tmp_path, monkeypatch):
    lines = ("import threading", "import builtins", "builtins.imported_by.append(threading.get_ident())")
    (tmp_path / "heavy_library.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    threads = []
    monkeypatch.setattr("builtins.imported_by", threads, raising=False)
    await asyncio.gather(*(imported("heavy_library") for _ in range(3)))
    await imported("heavy_library")
    assert "heavy_library" in sys.modules
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


async def test_a_library_that_is_not_there_is_said_each_time():
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError):
            await imported("no_such_library_here")
