"""Still pictures as SVG text: what stands in a figure's place while it loads, or where scripts are off."""

from collections.abc import Iterable, Sequence
from html import escape

from course_lib.figures.sources import colours


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(value) < 0.005 else "-0", 1)


class Picture:
    """An SVG drawing in the figures' colours.

    Colours are names of the style sheet: as an image of its own the drawing shows the light theme's,
    inside a page it follows the page's theme.

    Parameters
    ----------
    alt : str
        What the picture shows, in a sentence.
    width, height : float
        Size in pixels.
    """

    def __init__(self, alt: str, width: float = 640, height: float = 360) -> None:
        self.alt = alt
        self.width = width
        self.height = height
        self._parts: list[str] = []
        self.rect(0, 0, width, height, fill="paper", radius=12)

    def _add(self, tag: str, content: str = "", **attributes: object) -> None:
        paints = {key: str(attributes[key]) for key in ("fill", "stroke") if attributes.get(key)}
        classes = " ".join(f"{key}-{name}" for key, name in paints.items() if name in colours())
        text = "".join(
            f' {key.replace("_", "-")}="{_attribute(value)}"'
            for key, value in attributes.items()
            if value is not None
        )
        self._parts.append(
            f"<{tag}{f' class={chr(34)}{classes}{chr(34)}' if classes else ''}{text}>{content}</{tag}>"
        )

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        stroke: str | None = None,
        radius: float | None = None,
        opacity: float | None = None,
    ) -> None:
        """Draw a rectangle; `x` and `y` are its upper left corner."""
        self._add(
            "rect", x=x, y=y, width=width, height=height, fill=fill, stroke=stroke, rx=radius, opacity=opacity
        )

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        *,
        fill: str = "none",
        stroke: str | None = None,
        width: float = 2,
    ) -> None:
        """Draw a circle."""
        self._add(
            "circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=width if stroke else None
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        stroke: str = "ink",
        width: float = 2,
        dash: str | None = None,
    ) -> None:
        """Draw a straight line."""
        self._add(
            "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, stroke_dasharray=dash
        )

    def path(
        self,
        points: Iterable[tuple[float, float]],
        *,
        stroke: str = "ink",
        width: float = 2,
        dash: str | None = None,
    ) -> None:
        """Draw a line through points."""
        places = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._add(
            "polyline", points=places, fill="none", stroke=stroke, stroke_width=width, stroke_dasharray=dash
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        fill: str = "ink",
        size: float = 13,
        bold: bool = False,
        turn: bool = False,
    ) -> None:
        """Write text; `anchor` is start, middle or end, `turn` writes upwards."""
        self._add(
            "text",
            escape(words),
            x=x,
            y=y,
            text_anchor=None if anchor == "start" else anchor,
            fill=fill,
            font_size=size,
            font_weight="bold" if bold else None,
            transform=f"rotate(-90 {_number(x)} {_number(y)})" if turn else None,
        )

    def point(self, x: float, y: float, target: float, size: float = 4.5) -> None:
        """Draw a data point: class 1 a filled blue disc, class 0 an open orange square."""
        if target:
            self.circle(x, y, size, fill="one", stroke="paper", width=1)
        else:
            self.rect(x - 0.85 * size, y - 0.85 * size, 1.7 * size, 1.7 * size, fill="paper", stroke="zero")

    def __str__(self) -> str:
        """Return the drawing as SVG text."""
        size = f"{_number(self.width)} {_number(self.height)}"
        content = f"<title>{escape(self.alt)}</title>{''.join(self._parts)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_number(self.width)}" '
            f'height="{_number(self.height)}" role="img" aria-label="{escape(self.alt)}" '
            f'font-family="system-ui, sans-serif">{content}</svg>'
        )


def _attribute(value: object) -> str:
    if isinstance(value, (int, float)):
        return _number(value)
    return escape(colours().get(str(value), str(value)))


class Axes:
    """Two labelled axes on a picture: `x` and `y` turn values into places.

    Parameters
    ----------
    picture : Picture
        The drawing to put them on.
    x_range, y_range : pair of float
        The values at both ends of each axis.
    x_label, y_label : str
        What the axes show.
    x_ticks, y_ticks : sequence of float
        The values written along each axis.
    box : four floats, optional
        Left, top, right and bottom edge in pixels; the whole picture if absent.
    """

    def __init__(
        self,
        picture: Picture,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        x_label: str,
        y_label: str,
        x_ticks: Sequence[float] = (),
        y_ticks: Sequence[float] = (),
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        whole = (56.0, 16.0, picture.width - 16, picture.height - 48)
        self.left, self.top, self.right, self.bottom = box or whole
        self._x_range, self._y_range = x_range, y_range
        for value in x_ticks:
            picture.line(self.x(value), self.top, self.x(value), self.bottom, stroke="line", width=1)
            picture.text(
                self.x(value), self.bottom + 17, f"{value:g}".replace("-", "−"), anchor="middle", fill="soft"
            )
        for value in y_ticks:
            picture.line(self.left, self.y(value), self.right, self.y(value), stroke="line", width=1)
            picture.text(
                self.left - 7, self.y(value) + 4, f"{value:g}".replace("-", "−"), anchor="end", fill="soft"
            )
        picture.text((self.left + self.right) / 2, self.bottom + 38, x_label, anchor="middle")
        picture.text(self.left - 40, (self.top + self.bottom) / 2, y_label, anchor="middle", turn=True)

    def x(self, value: float) -> float:
        """Return the horizontal place of a value."""
        low, high = self._x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return the vertical place of a value."""
        low, high = self._y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)
