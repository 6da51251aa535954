"""How a page's picture is drawn: one style for light and dark."""

from whiteboard.figures.drawing import (
    COLOURS,
    FigureError,
    draw,
    drawn_by,
    heatmap,
    show,
    style,
    subplots,
)

__all__ = ["COLOURS", "FigureError", "draw", "drawn_by", "heatmap", "show", "style", "subplots"]
