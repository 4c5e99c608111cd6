"""The colours of charts can be distinguished in both themes, also by colour-blind readers.

Distances are those of OKLab, in which 0.02 is a difference that just shows side by side.
"""

import math
import re
from itertools import combinations

import pytest

from batch_dashboard.settings import PROJECT_ROOT

Colour = tuple[float, float, float]

SERIES = [f"series-{number}" for number in range(1, 9)]
# What lies in the linear light of a screen for those who lack one kind of cone
# (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def blocks() -> list[dict[str, str]]:
    """The variables of each theme: light, the system’s dark, the chosen dark, on paper."""
    text = (PROJECT_ROOT / "static/css/tokens.css").read_text()
    return [
        dict(re.findall(r"--([\w-]+): ([^;]+);", body))
        for body in re.findall(r":root[^{]*\{([^}]*)\}", text)
    ]


def apply(matrix: tuple[Colour, ...], colour: Colour) -> Colour:
    first, second, third = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return first, second, third


def light_of(value: str) -> Colour:
    """The linear light of `#rrggbb`."""
    parts = (int(value[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def oklab(light: Colour) -> Colour:
    red, green, blue = (min(1.0, max(0.0, part)) for part in light)
    long, middle, short = apply(TO_CONES, (red, green, blue))
    return apply(TO_OKLAB, (math.cbrt(long), math.cbrt(middle), math.cbrt(short)))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2)."""
    weights = (0.2126, 0.7152, 0.0722)
    dark, bright = sorted(
        sum(w * part for w, part in zip(weights, light_of(value), strict=True))
        for value in (one, other)
    )
    return (bright + 0.05) / (dark + 0.05)


def hue(value: str) -> float:
    _, a, b = oklab(light_of(value))
    return math.degrees(math.atan2(b, a)) % 360


LIGHT, DARK, CHOSEN_DARK, _PAPER = blocks()


def test_dark_is_the_same_whoever_asks_for_it() -> None:
    assert DARK == CHOSEN_DARK
    assert set(DARK) < set(LIGHT)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_ecosystems_are_told_apart_from_each_other_and_from_runner_systems(
    theme: dict[str, str],
) -> None:
    lights = {name: light_of(theme[name]) for name in [*SERIES, "series-other", "macos", "linux"]}
    pairs = [pair for pair in combinations(lights, 2) if pair != ("macos", "linux")]
    for one, other in pairs:
        distance = math.dist(oklab(lights[one]), oklab(lights[other]))
        assert distance >= 0.1, (one, other, distance)
        for sight, matrix in SIGHTS.items():
            seen = [oklab(apply(matrix, lights[name])) for name in (one, other)]
            # The sum of the smallest ones has a mark of its own, a cross.
            least = 0.04 if "series-other" in (one, other) else 0.065
            assert math.dist(*seen) >= least, (one, other, sight, math.dist(*seen))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_stand_out_from_their_ground(theme: dict[str, str]) -> None:
    for name in [*SERIES, "series-other", "macos", "linux", "chart-budget"]:
        assert contrast(theme[name], theme["surface"]) >= 3, name


def test_an_ecosystem_has_one_colour_by_day_and_by_night() -> None:
    for name in SERIES:
        turned = abs(hue(LIGHT[name]) - hue(DARK[name]))
        assert min(turned, 360 - turned) < 5, name
