"""The settings of scenes: skies above the horizon, grounds below it, and the words for both."""

from dataclasses import dataclass
from typing import Final

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """One half of a setting.

    `far` and `near` are its colours: for a sky the top and the horizon, for a ground the horizon and
    the bottom. `words` in a text name it, `like` describes it to MiniLM, `phrases` name it in captions. `light` is how
    a sky dims and tints the ground, for red, green and blue.
    """

    name: str
    far: Colour
    near: Colour
    indoors: bool
    words: tuple[str, ...]
    like: str
    phrases: tuple[str, ...]
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)


def _place(
    name: str,
    far: Colour,
    near: Colour,
    words: str,
    like: str,
    *,
    phrases: str,
    indoors: bool = False,
    light: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Backdrop:
    return Backdrop(name, far, near, indoors, tuple(words.split(", ")), like, tuple(phrases.split(" | ")), light)


SKIES: Final = (
    _place(
        "blue",
        (70, 152, 234),
        (192, 228, 248),
        "blue sky, clear sky, sky, clear day, clear spring day, spring day, bright day, sunny day, sunny, day, "
        "outdoors, daylight, noon, afternoon, summer",
        "a sunny day outdoors",
        phrases="under a bright blue sky | on a clear sunny day | beneath a wide blue sky",
    ),
    _place(
        "sunset",
        (106, 66, 142),
        (255, 158, 86),
        "sunset, dusk, evening, orange sky, twilight, setting, evening sky",
        "sunset at dusk in the evening",
        phrases="at sunset | under an orange evening sky | in the glow of the sunset",
        light=(1.0, 0.9, 0.84),
    ),
    _place(
        "night",
        (14, 20, 56),
        (52, 66, 124),
        "night, night sky, starry night, midnight, moonlight, nighttime, dark sky, late at night",
        "night, darkness, moonlight",
        phrases="at night | under a dark night sky | on a starry night",
        light=(0.6, 0.66, 0.84),
    ),
    _place(
        "space",
        (6, 5, 16),
        (26, 16, 44),
        "outer space, space, galaxy, cosmos, universe, orbit, deep space, international space station",
        "outer space among the stars",
        phrases="in outer space | in front of the stars of outer space | out in deep space",
        light=(0.66, 0.66, 0.76),
    ),
    _place(
        "storm",
        (82, 90, 104),
        (154, 164, 176),
        "storm, stormy, gray sky, rainy, storm clouds, overcast, cloudy, fog, bad weather, rainy day",
        "rain, storm and gray clouds",
        phrases="under gray storm clouds | on a rainy day | in stormy weather",
        light=(0.86, 0.88, 0.9),
    ),
    _place(
        "dawn",
        (176, 160, 222),
        (255, 208, 206),
        "dawn, sunrise, morning, pink sky, early morning, daybreak, pink morning sky",
        "early morning, dawn and sunrise",
        phrases="at dawn | under a pink morning sky | in the early morning",
    ),
    _place(
        "haze",
        (228, 168, 74),
        (252, 222, 140),
        "sunlight, sunlight streaming, golden light, golden haze, sunbeams, warm light, haze, golden sunlight, dusty",
        "warm golden sunlight streaming in",
        phrases="in golden sunlight | in a warm golden haze | bathed in golden light",
        light=(1.0, 0.97, 0.9),
    ),
    _place(
        "indigo",
        (58, 30, 132),
        (198, 104, 196),
        "indigo sky, alien sky, purple sky, violet sky, exoplanet, distant exoplanet, alien world, alien planet, "
        "strange planet, another world, alien civilization, aurora",
        "the sky of an alien planet, fantasy and magic",
        phrases="under a violet alien sky | on an alien world | beneath an indigo sky",
        light=(0.86, 0.82, 0.96),
    ),
    _place(
        "room",
        (238, 222, 192),
        (218, 196, 158),
        "room, indoors, kitchen, living room, bedroom, house, home, wall, cozy room, bright room, interior, cafe, "
        "from a window, through the window",
        "indoors in a room at home",
        phrases="in a bright room | indoors | in a cozy room",
        indoors=True,
    ),
    _place(
        "hall",
        (66, 38, 40),
        (120, 72, 54),
        "hall, great hall, banquet hall, medieval banquet hall, castle hall, theater, theatre, stage, cave, tavern, "
        "dim hall, palace hall, ballroom, concert hall, library",
        "a grand medieval hall inside a castle",
        phrases="in a dim great hall | in a torchlit hall | inside a grand old hall",
        indoors=True,
        light=(0.82, 0.74, 0.7),
    ),
    _place(
        "lab",
        (150, 206, 210),
        (212, 238, 236),
        "lab, laboratory, high tech lab, hospital, clinic, workshop, high tech, futuristic, control room, office, "
        "factory floor, classroom",
        "a futuristic high-tech laboratory full of machines",
        phrases="in a laboratory | in a high-tech lab | inside a bright laboratory",
        indoors=True,
    ),
)

GROUNDS: Final = (
    _place(
        "grass",
        (128, 190, 88),
        (66, 138, 62),
        "grass, green grass, park, lush green park, green park, field, meadow, lawn, garden, hills, countryside, farm, "
        "grassy field, green meadow, green hills, forest floor, jungle",
        "grass in a green park, garden or field, with animals and flowers",
        phrases="on green grass | in a green meadow | in a grassy field",
    ),
    _place(
        "sand",
        (240, 212, 148),
        (212, 170, 104),
        "sand, desert, beach, dunes, desert sand, sandy beach, middle eastern city, ancient city, oasis, sandy desert, "
        "sand dunes, marketplace in an ancient",
        "sand in a desert or on a beach, an ancient market with camels",
        phrases="on desert sand | in a sandy desert | among sand dunes",
    ),
    _place(
        "water",
        (64, 148, 200),
        (20, 84, 150),
        "water, sea, ocean, lake, river, blue water, open sea, blue sea, underwater, pond, waves, alien ocean, harbor, "
        "glistening ocean",
        "water, the sea, a lake with boats and fish",
        phrases="on blue water | out at sea | by the blue sea",
    ),
    _place(
        "snow",
        (226, 236, 244),
        (186, 208, 230),
        "snow, snowy, ice, winter, white snow, snowy field, frozen, glacier, arctic, snowy mountains",
        "snow and ice in winter",
        phrases="on white snow | in a snowy field | in the snow",
    ),
    _place(
        "street",
        (122, 124, 134),
        (84, 86, 98),
        "street, city street, busy city street, city, road, highway, downtown, gray street, avenue, traffic, "
        "parking lot, sidewalk, urban",
        "a city street with cars, traffic and tall buildings",
        phrases="on a city street | on a gray street | in the city",
    ),
    _place(
        "cobbles",
        (176, 146, 124),
        (138, 108, 92),
        "cobblestone, cobblestones, cobblestone alleyway, alley, alleyway, old town, european town, town, "
        "village square, courtyard, plaza, square, marketplace, market, cobbled square",
        "a cobblestone alley in an old European town, a market place",
        phrases="on old cobblestones | in a cobbled square | in an old town",
    ),
    _place(
        "rock",
        (92, 76, 92),
        (52, 42, 56),
        "rock, rocks, dark rock, moon surface, crater, rocky ground, lava, canyon, crystalline structures, crystals, "
        "rocky planet, stone ground",
        "dark rock on the surface of a moon or planet, crystals",
        phrases="on dark rock | on rocky ground | among dark rocks",
    ),
    _place(
        "wood",
        (176, 118, 70),
        (126, 78, 44),
        "wooden floor, wood floor, floor, floorboards, wooden floorboards, deck",
        "a wooden floor in a room or kitchen",
        phrases="on a wooden floor | on brown floorboards | on the floor",
        indoors=True,
    ),
    _place(
        "carpet",
        (186, 44, 58),
        (134, 24, 44),
        "carpet, red carpet, rug, red rug, stage floor, throne room",
        "a red carpet in a theatre or palace, royalty and a feast",
        phrases="on a red carpet | on a red rug | on a long red carpet",
        indoors=True,
    ),
    _place(
        "tiles",
        (206, 214, 222),
        (160, 172, 188),
        "tiles, tiled floor, white tiles, bathroom, laboratory floor, marble floor, station floor, metal floor",
        "a clean tiled floor in a laboratory, hospital or station",
        phrases="on a tiled floor | on pale tiles | on a floor of tiles",
        indoors=True,
    ),
)


@dataclass(frozen=True, slots=True)
class DrawingPaper:
    """The paper that `doodles` draws on: its colour, and those of its lines and of the pen."""

    name: str
    sheet: Colour
    lines: Colour
    ink: Colour
    like: str
    phrases: tuple[str, ...]


def _paper(name: str, sheet: Colour, lines: Colour, ink: Colour, like: str, *, phrases: str) -> DrawingPaper:
    return DrawingPaper(name, sheet, lines, ink, like, tuple(phrases.split(" | ")))


INK: Final = (46, 44, 60)
CHALK: Final = (236, 236, 226)
PAPERS: Final = (
    _paper(
        "lined", (248, 244, 230), (228, 230, 232), INK, "school, writing, an ordinary day", phrases="on lined paper"
    ),
    _paper(
        "squared",
        (238, 242, 246),
        (222, 230, 240),
        INK,
        "science, machines, numbers, a city",
        phrases="on squared paper",
    ),
    _paper(
        "kraft",
        (208, 178, 138),
        (198, 166, 126),
        INK,
        "desert, old times, market, wood, animals",
        phrases="on brown paper",
    ),
    _paper(
        "sky", (196, 222, 240), (184, 212, 232), INK, "sea, water, sky, snow and winter", phrases="on light blue paper"
    ),
    _paper(
        "green", (206, 226, 188), (194, 216, 174), INK, "garden, grass, park and plants", phrases="on pale green paper"
    ),
    _paper(
        "rose", (246, 214, 212), (240, 202, 202), INK, "love, food, sweets, blossom, morning", phrases="on pink paper"
    ),
    _paper("slate", (44, 62, 60), (52, 70, 68), CHALK, "night, darkness, indoors, evening", phrases="on a blackboard"),
    _paper(
        "navy", (34, 38, 76), (44, 50, 90), CHALK, "outer space, planets, aliens, stars", phrases="on dark blue paper"
    ),
)
