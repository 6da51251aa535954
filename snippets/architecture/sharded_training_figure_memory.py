"""What one of eight chips holds of Llama 3.1 8B in training, by layout."""

from matplotlib.figure import Figure

from whiteboard.architecture.roofline import BY_NAME, plan
from whiteboard.data.accelerators import accelerators
from whiteboard.figures import COLOURS, subplots

LAYOUTS = {
    "data 8": {"data": 8},
    "fsdp 8": {"fsdp": 8},
    "tensor 8": {"tensor": 8},
    "fsdp 4, tensor 2": {"fsdp": 4, "tensor": 2},
    "data 2, fsdp 4": {"data": 2, "fsdp": 4},
}
PARTS = {
    "state": "float32 weights, gradients, Adam",
    "gathered": "bf16 weights in use",
    "activations": "activations",
}


def figure() -> Figure:
    model, chip = BY_NAME["Llama 3.1 8B"], accelerators()["H100 80 GB"]
    plans = [plan(model, chip, sizes, sequences=8, length=8192) for sizes in LAYOUTS.values()]
    fig, axes = subplots(figsize=(5.2, 3.1))
    left = [0.0] * len(plans)
    for (part, label), colour in zip(PARTS.items(), ("accent", "third", "fourth")):
        widths = [getattr(each, part) / 1e9 for each in plans]
        axes.barh(list(LAYOUTS), widths, left=left, label=label, color=COLOURS[colour])
        left = [a + b for a, b in zip(left, widths)]
    axes.axvline(chip.memory / 1e9, color=COLOURS["second"], linewidth=1.2)
    axes.text(chip.memory / 1e9 + 2, 4.42, "80 GB", color=COLOURS["second"], va="center")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("GB on each chip")
    fig.legend(loc="outside lower center", ncols=1)
    return fig


if __name__ == "__main__":
    figure()
