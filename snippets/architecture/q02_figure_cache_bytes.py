"""Cache of one sequence against its length, for five ways to keep keys and values."""

from matplotlib.figure import Figure

from whiteboard.architecture.cache_bytes import cache_bytes, kv_layers, latent_layers
from whiteboard.figures import COLOURS, subplots

# Llama 3 70B's 80 layers and 64 query heads of 128: MHA has 64 KV heads, GQA 8, MQA 1.
KINDS = {
    "MHA": [kv_layers(80, num_kv_heads=64, head_dim=128)],
    "GQA": [kv_layers(80, num_kv_heads=8, head_dim=128)],
    "GQA, windows": [
        # As in Gemma 3, five of six layers keep 1,024 tokens.
        kv_layers(67, num_kv_heads=8, head_dim=128, window=1024),
        kv_layers(13, num_kv_heads=8, head_dim=128),
    ],
    "MLA": [latent_layers(80, kv_lora_rank=512, qk_rope_head_dim=64)],
    "MQA": [kv_layers(80, num_kv_heads=1, head_dim=128)],
}
TOKENS = [2**power for power in range(8, 18)]


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.4, 3.4))
    colours = [COLOURS[name] for name in ("second", "accent", "third", "fourth", "muted")]
    # Names at the ends of the lines, moved apart where lines end close together.
    for (name, layers), colour, shift in zip(KINDS.items(), colours, (0, 0, 0, 6, -7)):
        sizes = [cache_bytes(layers, tokens=tokens) / 1e9 for tokens in TOKENS]
        axes.plot(TOKENS, sizes, color=colour)
        axes.annotate(name, (TOKENS[-1], sizes[-1]), (6, shift), textcoords="offset points",
                      va="center", fontsize=9, color=colour)  # fmt: skip
    axes.axhline(80, color=COLOURS["muted"], linewidth=1, linestyle=":")
    axes.annotate("one H100, 80 GB", (TOKENS[0], 80), (0, 3), textcoords="offset points",
                  fontsize=9)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(TOKENS[::3], [f"{tokens:,}" for tokens in TOKENS[::3]])
    axes.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    axes.set_xlim(TOKENS[0], TOKENS[-1] * 1.05)
    axes.minorticks_off()
    axes.set_xlabel("tokens in the cache")
    axes.set_ylabel("GB a sequence, bf16")
    return fig


if __name__ == "__main__":
    for name, layers in KINDS.items():
        print(f"{name!r}: {cache_bytes(layers, tokens=TOKENS[-1]) / 1e9:.1f} GB")
