"""The functions of scipy.ndimage that the offline players use, with the same results and 22 MB less memory.

scipy.ndimage imports numpy's testing and f2py, unittest, charset_normalizer and scipy.special, and uses none of them
here. So only its two compiled modules are loaded; shapes are grown and shrunk by numpy. The names and the arguments are
those of scipy.ndimage, and the tests hold the results against it.
"""

import importlib
import importlib.util
import sysconfig
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Mask = NDArray[np.bool_]
Labels = NDArray[Any]
Window = tuple[slice, slice]

_MODES: Final = {"nearest": 0, "reflect": 2, "constant": 4}
"""How scipy numbers what lies beyond the border."""
_CROSS: Final[Mask] = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
_SQUARE: Final[Mask] = np.ones((3, 3), bool)


def _compiled(name: str) -> Any:
    """A compiled module of scipy.ndimage, loaded without the package around it where its file is found."""
    place = Path(scipy.__file__).parent / "ndimage" / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not place.is_file():
        return importlib.import_module(f"scipy.ndimage.{name}")
    loader = ExtensionFileLoader(name, str(place))
    spec = importlib.util.spec_from_file_location(name, place, loader=loader)
    module: Any = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


_filters, _labels = _compiled("_nd_image"), _compiled("_ni_label")


def binary_dilation(mask: Mask, *, iterations: int = 1, square: bool = False) -> Mask:
    """The shape, grown by its neighbours: four of each pixel, or eight with `square`."""
    for _ in range(iterations):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        beside = grown.copy() if square else mask
        grown[:, 1:] |= beside[:, :-1]
        grown[:, :-1] |= beside[:, 1:]
        mask = grown
    return mask


def binary_erosion(mask: Mask, *, iterations: int = 1, square: bool = False) -> Mask:
    """The shape without the pixels of which a neighbour is missing; beyond the border all are missing."""
    for _ in range(iterations):
        left = mask.copy()
        left[1:] &= mask[:-1]
        left[:-1] &= mask[1:]
        beside = left.copy() if square else mask
        left[:, 1:] &= beside[:, :-1]
        left[:, :-1] &= beside[:, 1:]
        left[[0, -1]] = left[:, [0, -1]] = False
        mask = left
    return mask


def binary_closing(mask: Mask, *, iterations: int = 1, square: bool = False) -> Mask:
    """The shape, grown and then shrunk: gaps that are narrower than it grows are closed."""
    grown = binary_dilation(mask, iterations=iterations, square=square)
    return binary_erosion(grown, iterations=iterations, square=square)


def binary_opening(mask: Mask, *, iterations: int = 1) -> Mask:
    """The shape, shrunk and then grown: parts that are thinner than it shrinks are gone."""
    return binary_dilation(binary_erosion(mask, iterations=iterations), iterations=iterations)


def binary_fill_holes(mask: Mask) -> Mask:
    """The shape with all that it surrounds."""
    outside, _ = label(np.pad(~mask, 1, constant_values=True))
    return np.asarray(outside[1:-1, 1:-1] != outside[0, 0])


def label(mask: Mask, *, square: bool = False) -> tuple[Labels, int]:
    """The number of the connected part that each pixel belongs to, 0 outside, and how many parts there are."""
    found = np.empty(mask.shape, np.int32)
    return found, int(_labels._label(mask, _SQUARE if square else _CROSS, found))


def find_objects(labels: Labels) -> list[Window]:
    """The smallest window around each number of `label`; all numbers up to the largest must occur."""
    windows: list[Window] = _filters.find_objects(labels, int(labels.max()))
    return windows


def distance_transform_edt(mask: Mask) -> NDArray[np.float64]:
    """How far each pixel of a shape is from the nearest one outside, in pixels; 0 outside."""
    nearest = np.zeros((2, *mask.shape), np.int32)
    _filters.euclidean_feature_transform(mask.astype(np.int8), None, nearest)
    away = (nearest - np.indices(mask.shape, np.int32)).astype(np.float64)
    return np.asarray(np.sqrt(np.add.reduce(away * away, axis=0)))


def gaussian_filter(values: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Values blurred along both axes, mirrored beyond the border, of the same type."""
    for axis in (0, 1):
        values = gaussian_filter1d(values, sigma, axis=axis, mode="reflect")
    return values


def gaussian_filter1d(values: NDArray[Any], sigma: float, *, axis: int, mode: str) -> NDArray[Any]:
    """Values blurred along one axis, of the same type; `mode` is "reflect" or "nearest" beyond the border."""
    reach = int(4.0 * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-reach, reach + 1) ** 2)
    blurred = np.zeros(values.shape, values.dtype)
    _filters.correlate1d(values, weights / weights.sum(), axis, blurred, _MODES[mode], 0.0, 0)
    return blurred


def zoom(values: NDArray[Any], factor: float) -> NDArray[Any]:
    """Values enlarged by a factor along both axes, straight lines between them, of the same type."""
    shape = tuple(round(side * factor) for side in values.shape)
    steps: ArrayLike = (np.array(values.shape) - 1) / (np.array(shape) - 1)
    enlarged = np.zeros(shape, values.dtype)
    _filters.zoom_shift(values, np.ascontiguousarray(steps), None, enlarged, 1, _MODES["constant"], 0.0, 0, False)
    return enlarged
