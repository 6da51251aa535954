"""A page that keeps the whole contract, in a project of its own, for tests to break."""

from whiteboard.site.pages import load_page

FILLER = """
Attention compares one query with every key. The comparison is a dot product, so it grows with the
width of the head unless something holds it back. Dividing by the root of the width keeps the spread
of the logits near one at the start of training. The softmax then mixes the values, and its gradient
stays alive because no single key takes all the weight.
"""

PAGE = """\
---
number: 1
section: architecture
levels: [junior, mid, senior]
week: 1
tags: [attention, softmax]
cards:
  - {front: "Why divide?", back: "Logits have variance 64 at head_dim 64."}
  - {front: "By what?", back: "By the root of the head's width, not the model's."}
claims:
  - id: q01-c3
    says: "Dot products grow with the width."
    verdict: holds
    checks:
      - {expr: "spread(64)", value: 8.0}
  - id: q01-c6
    says: "Models of 11 billion parameters cannot train without it."
    verdict: corrected
    right: "T5 trains without it; the spread stays 0.90 of 1.0."
    checks:
      - {expr: "spread(64) / 8 * 0.9", value: 0.90}
  - id: q01-c7
    says: "The paper has 8 heads."
    verdict: cited
    source: "[Vaswani et al., table 3](#src-attention)"
left_out:
  q01-c9: "Nobody says where it comes from."
---

# Why is attention divided by the square root of d_k?

## The question

Why does attention divide the logits by a constant, and what happens without it?

## In 30 seconds

The dot product of two random vectors of width 64 has a standard deviation of 8. The softmax of such
logits is nearly one-hot, and its gradient is nearly zero.

## In two minutes

With unit variance in each component, $\\operatorname{Var}(q \\cdot k) = d_k = 64$.
FILLER
## At the whiteboard

![The entropy of the weights falls as the head widens.](figure:q01_figure_entropy)
FILLER
## In code

```{.python notest title="src/whiteboard/architecture/attention.py"}
--8<-- "src/whiteboard/architecture/attention.py"
```

```{.python title="The spread"}
def spread(width):
    return float(width) ** 0.5

print(f"{spread(64):.1f} for {1_048_576_000_000} bytes, {0.0314 * 1000:.1f} ms")
```

```{.text .output title="Output"}
8.0 for 1048576000000 bytes, 31.4 ms
```

```{.python continuation title="snippets/architecture/q01_attention.py"}
--8<-- "snippets/architecture/q01_attention.py"
```

## The numbers

It takes about 1.05 TB, or 0.95 TiB, and 31 ms.

| Model | Heads |
| --- | --- |
| base, [Vaswani et al., table 3](#src-attention) | 512 wide, 27.3 BLEU |

<!-- claims -->
FILLER
## Famous bugs

### Divided by the width itself { #bug-FIRST_BUG }

The weights are too even.

```{.python continuation}
print(judge(1, variant(1, "FIRST_NAME")))
```

### Something else { #bug-SECOND_BUG }

The weights are wrong.

```{.python continuation}
print(judge(1, variant(1, "SECOND_NAME")))
```
FILLER
## At ten times the load

Engines fuse the whole computation.
FILLER
## Follow-ups

??? question "And without the scale?"
    Fold it into the query's initialiser. See [grouped heads](question:9).

??? question "Does it hold after training?"

    No.

    ```text
    A fence of 4096 numbers is not prose.
    ```

## Sources

- Vaswani et al., arXiv 1706.03762, section 3.2: the scale and why. { #src-attention }
- Henry et al., arXiv 2010.04245: logits that stay bounded. { #src-qknorm }
"""

FILES = {
    "src/whiteboard/architecture/attention.py": "scale = 0.125\n",
    "tests/architecture/test_attention.py": "",
    "snippets/architecture/q01_attention.py": "heads = 16\n",
    "snippets/architecture/q01_figure_entropy.py": "",
}
NAME = "docs/architecture/q01-scaled-dot-product-attention.md"


def write(root, page, files=FILES):
    """The project with that page, read."""
    for name, text in {**files, NAME: page}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    return load_page(root / NAME)


def good(variants):
    """The page's text, on two of the real variants of question 1."""
    first, second = variants[:2]
    text = PAGE.replace("FILLER", FILLER * 3).replace("FIRST_NAME", first)
    text = text.replace("SECOND_NAME", second).replace("FIRST_BUG", first.replace("_", "-"))
    return text.replace("SECOND_BUG", second.replace("_", "-"))
