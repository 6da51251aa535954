"""Entropy and gradient of a softmax over random scores, against the head's width."""

import math

from matplotlib.figure import Figure

from whiteboard.architecture.attention_at_init import attention_at_init
from whiteboard.figures import COLOURS, subplots

WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512)
NUM_KEYS = 64


def figure() -> Figure:
    fig, (top, bottom) = subplots(2, 1, figsize=(4.8, 4.6), sharex=True)
    for label, colour, power in (("divided by √d", "accent", -0.5), ("not divided", "second", 0)):
        found = [attention_at_init(d, scale=d**power, num_keys=NUM_KEYS) for d in WIDTHS]
        options = {"color": COLOURS[colour], "label": label}
        top.plot(WIDTHS, [each.entropy for each in found], **options)
        bottom.plot(WIDTHS, [each.median_gradient for each in found], **options)
    top.axhline(math.log(NUM_KEYS), color=COLOURS["muted"], linewidth=1, linestyle=":")
    top.annotate("uniform", (WIDTHS[-1], math.log(NUM_KEYS)), (0, 3),
                  textcoords="offset points", ha="right", fontsize=9)  # fmt: skip
    top.set_ylim(0, 4.6)
    top.set_ylabel("entropy, nats")
    bottom.set_ylabel("median gradient")
    bottom.set_ylim(0, 0.26)
    bottom.set_xscale("log", base=2)
    bottom.set_xticks(WIDTHS, WIDTHS)
    bottom.set_xlabel("head width $d_k$")
    top.legend(loc="center right", bbox_to_anchor=(1, 0.55))
    return fig


if __name__ == "__main__":
    for width in WIDTHS:
        print(width, attention_at_init(width, scale=1.0))
