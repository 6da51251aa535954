"""One packed row of two conversations: who sees whom, and which tokens are learnt."""

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from whiteboard.architecture.packing import Example, document_mask, pack
from whiteboard.figures import COLOURS, subplots

# Prompt and answer lengths of two conversations, in a row of 14 tokens.
PARTS = ((4, 3), (3, 2))


def figure() -> Figure:
    examples = [Example([1] * (p + a), [False] * p + [True] * a) for p, a in PARTS]
    _, documents, counted = (part[0] for part in pack(examples, 14))
    mask = np.asarray(document_mask(jnp.asarray(documents)[None])[0])
    fig, axes = subplots(figsize=(4.4, 4.4))
    for token, seen in np.argwhere(mask):
        if documents[token]:
            colour = COLOURS["accent" if counted[token] else "muted"]
            axes.add_patch(Rectangle((seen, token), 0.88, 0.88, color=colour))
    for place in range(len(documents)):
        kind = "accent" if counted[place] else "muted" if documents[place] else "rule"
        axes.add_patch(Rectangle((place, -1.6), 0.88, 0.88, color=COLOURS[kind]))
    for start, text in ((0, "conversation 1"), (7, "conversation 2"), (12, "padding")):
        axes.text(start, -2, text, fontsize=9, color=COLOURS["ink"])
    axes.text(7.4, 2.4, "nothing of\nconversation 1\nlooks here", color=COLOURS["ink"], fontsize=9)
    axes.text(0, 10.4, "nothing of\nconversation 2\nlooks here", color=COLOURS["ink"], fontsize=9)
    axes.set_xlim(-0.2, 15)
    axes.set_ylim(14, -3)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("token that is read")
    axes.set_ylabel("token that reads")
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    return fig


if __name__ == "__main__":
    figure()
