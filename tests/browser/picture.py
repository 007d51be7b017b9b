"""An odd picture, and the quadrants that most of them show."""

import dataclasses

WIDTH, HEIGHT = 64, 48
RED, GREEN, BLUE, YELLOW = (200, 40, 40), (40, 180, 60), (50, 60, 200), (230, 220, 120)
COLORS = [RED, GREEN, BLUE, YELLOW]  # top left, top right, bottom left, bottom right
GREYS = [60, 120, 180, 230]
ALPHAS = [255, 128, 0, 64]


@dataclasses.dataclass
class Picture:
    """A file, and the reason why it is odd."""
    name: str
    content: bytes
    reason: str
    lossy: bool = False   # colours of neighbours mix, and rounding differs: a wider tolerance
    cut: bool = False     # damaged: a viewer may leave a part of the picture empty
    clear: bool = False   # a viewer may show it transparent as a whole

    @property
    def kind(self):
        """Returns png, jpeg, gif, webp or avif."""
        return self.name.split("-")[0]


def quadrant(x, y, width=WIDTH, height=HEIGHT):
    return (2 * x >= width) + 2 * (2 * y >= height)


def color_at(x, y):
    return COLORS[quadrant(x, y)]


def textured_at(x, y):
    """Colours of the quadrants with a texture, so that compressed data are long enough to be cut."""
    return tuple(sample + (x * 5 + y * 11 + x * y) % 16 for sample in COLORS[quadrant(x, y)])
