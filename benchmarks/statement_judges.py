"""What SmolLM2 says of every labelled statement, by label likelihood, under five prompts.

    python benchmarks/statement_judges.py

About two minutes on two idle cores. A score is log p(yes) - log p(no). Of each statement it is read
twice: with its passage, and with "N/A" in its place, which shows what the model would say anyhow.
The prompt that `whiteboard.evaluation.statement_judge` uses is the one that orders the statements
of the development half best when the second is subtracted.
"""

import jax.numpy as jnp
import numpy as np

from _record import record, table
from whiteboard import lm
from whiteboard.data.judged_statements import judged_statements
from whiteboard.evaluation.statement_judge import label_log_odds, question, share_in_order
from whiteboard.lm import LanguageModel, chat_template


def chat(model: LanguageModel, content: str) -> list[int]:
    return chat_template.encode(model.tokenizer, [{"role": "user", "content": content}])


def prompts(model: LanguageModel) -> dict:
    """Name: how a passage and a statement become tokens, and the two labels."""
    encode = model.tokenizer.encode
    return {
        "is it right": (lambda p, s: question(model.tokenizer, p, s), "Yes", "No"),
        "does it follow": (
            lambda p, s: chat(
                model,
                f"Passage: {p}\n\nStatement: {s}\n\n"
                "Does the statement follow from the passage? Answer Yes or No.",
            ),
            "Yes",
            "No",
        ),
        "true or false": (
            lambda p, s: chat(model, f"{p}\n\nAccording to the text, is this true or false? {s}"),
            "True",
            "False",
        ),
        "completion, true or false": (
            lambda p, s: encode(f"{p}\n\nStatement: {s}\nTrue or false:"),
            " True",
            " False",
        ),
        "completion, yes or no": (
            lambda p, s: encode(
                f"{p}\n\nQuestion: Is it true that {s[0].lower()}{s[1:-1]}?\nAnswer:"
            ),
            " Yes",
            " No",
        ),
    }


def main() -> None:
    model, statements = lm.load("smollm2-135m"), judged_statements()
    development = np.array([each.half == "development" for each in statements])
    supported = jnp.array([each.supported for each in statements])
    found, rows = {}, {}
    for name, (prompt, yes, no) in prompts(model).items():
        pairs = [(each.passage, each.text) for each in statements]
        alone = [("N/A", each.text) for each in statements]
        asked = [prompt(*pair) for pair in [*pairs, *alone, ("N/A", "N/A.")]]
        odds = label_log_odds(model, asked, yes, no)
        given, prior = odds[: len(pairs)], odds[len(pairs) : -1]
        found[name] = {
            "with_passage": np.round(np.asarray(given, np.float64), 3).tolist(),
            "without_passage": np.round(np.asarray(prior, np.float64), 3).tolist(),
            "without_either": round(float(odds[-1]), 3),
        }
        labels = supported[development]
        rows[name] = {
            "raw": round(share_in_order(given[development], labels), 2),
            "less prior": round(share_in_order((given - prior)[development], labels), 2),
        }
    table(rows)
    best = max(rows, key=lambda name: rows[name]["less prior"])
    results = {"chosen": best, "in_order_on_development": rows, "log_odds": found}
    print(record("statement_judges", results, packages=("jax", "flax")))


if __name__ == "__main__":
    main()
