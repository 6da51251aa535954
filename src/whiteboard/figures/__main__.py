"""Draw one program's figure as SVG: `python -m whiteboard.figures PROGRAM`."""

import sys
from pathlib import Path

from whiteboard.figures.drawing import draw

print(draw(Path(sys.argv[1])))
