"""Seconds of a step of Llama 3.1 70B on 64 H100: the tensor axis against the size of the batch."""

from matplotlib.figure import Figure

from whiteboard.architecture.roofline import BY_NAME, plan
from whiteboard.data.accelerators import accelerators
from whiteboard.figures import COLOURS, subplots

SEQUENCES = (64, 128, 256, 512, 1024, 2048)


def figure() -> Figure:
    model, chip = BY_NAME["Llama 3.1 70B"], accelerators()["H100 80 GB"]
    fig, axes = subplots(figsize=(5.2, 3.0))
    for tensor, colour in ((1, "second"), (8, "third")):
        sizes = {"fsdp": 64 // tensor, "tensor": tensor}
        plans = [plan(model, chip, sizes, sequences=n, length=4096) for n in SEQUENCES]
        sent = [sum(each.collectives.values()) for each in plans]
        axes.plot(SEQUENCES, sent, color=COLOURS[colour], label=f"collectives, tensor {tensor}")
    compute = [each.compute for each in plans]
    axes.plot(SEQUENCES, compute, color=COLOURS["accent"], linestyle="--", label="arithmetic")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(SEQUENCES, SEQUENCES)
    axes.set_yticks((2, 5, 10, 20, 50), (2, 5, 10, 20, 50))
    axes.tick_params(which="minor", labelleft=False)
    axes.set_xlabel("sequences of 4,096 tokens in the batch")
    axes.set_ylabel("seconds, at least")
    axes.legend()
    return fig


if __name__ == "__main__":
    figure()
