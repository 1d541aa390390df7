"""Cuts the fonts that ship in telephone/media/fonts out of Noto's whole ones.

    apt-get download fonts-noto-core fonts-noto-cjk     # and unpack both with dpkg-deb -x
    npm pack @expo-google-fonts/noto-emoji              # and unpack it
    python tools/fonts.py FOLDER

FOLDER holds the unpacked files, in whatever folders. Matplotlib brings DejaVu Sans, which draws Latin, Greek, Cyrillic,
Hebrew, Arabic and more; these fonts add what it lacks. Of Chinese, Japanese and Korean the characters of their common
standards are kept (GB 2312, Big5's first level, JIS X 0208), and all syllables of Hangul. Hints are dropped.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parent.parent / "telephone" / "media" / "fonts"
SCRIPTS = (
    "Thai", "Devanagari", "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya",
    "Sinhala", "Khmer", "Myanmar", "Ethiopic", "Cherokee", "Thaana", "Mongolian",
)  # fmt: skip
VERTICAL = ("vert", "vrt2", "vkrn", "vpal", "valt", "vhal", "halt", "palt", "chws", "vchw", "locl", "ruby", "hwid",
            "fwid", "pwid", "aalt", "dlig", "ljmo", "vjmo", "tjmo")  # fmt: skip
"""Features of the font for Chinese, Japanese and Korean that a line of text across needs not."""


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    whole = {path.name: path for path in Path(sys.argv[1]).rglob("Noto*.tt[fc]")}
    for script in SCRIPTS:
        name = f"NotoSans{script}-Regular.ttf"
        font = TTFont(whole[name])
        cut(font, TARGET / name, (code for code in font.getBestCmap() if code == ord(" ") or code > 0x7F))
    cjk = TTFont(whole["NotoSansCJK-Regular.ttc"], fontNumber=2)
    cut(cjk, TARGET / "NotoSansCJKsc-Regular.otf", common(), without=VERTICAL)
    emoji = TTFont(whole["NotoEmoji_400Regular.ttf"])
    cut(emoji, TARGET / "NotoEmoji-Regular.ttf", emoji.getBestCmap())
    letters = TTFont(whole["NotoSansMath-Regular.ttf"])
    cut(letters, TARGET / "NotoSansMath-Regular.ttf", [ord(" "), *range(0x1D400, 0x1D800)])
    size = sum(path.stat().st_size for path in TARGET.iterdir())
    print(f"{size / 1e6:.1f} MB in {len(list(TARGET.iterdir()))} files")


def common() -> Iterable[int]:
    """The code points of common Chinese, Japanese and Korean, with punctuation, kana, bopomofo and wide letters."""
    yield from [
        ord(" "),
        *range(0x3000, 0x3400),
        *range(0xAC00, 0xD7A4),
        *range(0x1100, 0x1200),
        *range(0xFE30, 0xFE50),
    ]
    yield from [*range(0xFF01, 0xFFF0), *range(0x2E80, 0x2FE0), 0x20BB7]
    for encoding, leads in (("gb2312", range(0xB0, 0xF8)), ("big5", range(0xA4, 0xC7)), ("euc_jp", range(0xB0, 0xF5))):
        for lead in leads:
            for trail in range(0x40, 0xFF):
                yield from map(ord, bytes([lead, trail]).decode(encoding, "ignore"))


def cut(font: TTFont, path: Path, codes: Iterable[int], *, without: Iterable[str] = ()) -> None:
    """Writes the part of a font that draws these code points."""
    options = Options()
    options.hinting, options.layout_features, options.name_IDs = False, ["*"], ["*"]
    options.notdef_outline = options.recommended_glyphs = True
    if without:
        options.layout_features = sorted({*features(font)} - {*without})
    options.drop_tables += ["DSIG", "vhea", "vmtx", "VORG", "BASE"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=list(codes))
    subsetter.subset(font)
    font.save(path)
    print(f"{path.name:32} {path.stat().st_size / 1e3:7.0f} KB, {len(font.getBestCmap())} characters")


def features(font: TTFont) -> set[str]:
    """The tags of a font's layout features."""
    tables = [font[name].table for name in ("GSUB", "GPOS") if name in font]
    return {record.FeatureTag for table in tables for record in table.FeatureList.FeatureRecord}


if __name__ == "__main__":
    main()
