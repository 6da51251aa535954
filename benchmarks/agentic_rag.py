"""The loop's policies on the labelled questions: what each asks, and what that costs.

    python benchmarks/agentic_rag.py           # about six minutes on two idle cores

All policies are put to the development half; there the model's better one is chosen, and goes on to
the held-out half. The queries are recorded: what they find can be computed from them again.
"""

import time
from dataclasses import replace

from _record import record
from whiteboard import lm
from whiteboard.retrieval.search_loop import Policy
from whiteboard.retrieval.search_policies import choosing_policy, rule_policy, writing_policy
from whiteboard.retrieval.studies.agentic_search import CALLS, K, Study, python_study


def put(study: Study, policy: Policy, split: str) -> dict:
    """One half of the questions, one at a time: queries, tokens and processor seconds of each."""
    study, found = replace(study, _ranked={}), {}
    for query in (q for q in study.queries if q.split == split):
        begun = time.process_time()
        trajectory = study.run(query.text, policy)
        found[query.text] = {
            "asked": [step.query for step in trajectory.steps],
            "tokens": [step.tokens for step in trajectory.steps],
            "seconds": round(time.process_time() - begun, 4),
            "stopped": trajectory.stopped,
        }
    return found


def answered(study: Study, recorded: dict, split: str) -> int:
    asked = {text: row["asked"] for text, row in recorded.items()}
    return int(study.answered(asked)[study.rows(split=split), -1].sum())


def one_search(study: Study, split: str) -> dict:
    """Processor seconds of a single search, for each question."""
    study, found = replace(study, _ranked={}), {}
    for query in (q for q in study.queries if q.split == split):
        begun = time.process_time()
        study.search(query.text)
        found[query.text] = round(time.process_time() - begun, 4)
    return found


def main() -> None:
    study, model = python_study(), lm.load("smollm2-135m")
    policies = {
        "rule": rule_policy(study.texts),
        "choose": choosing_policy(study.texts, model),
        "write": writing_policy(study.texts, model),
    }
    results: dict = {"k": K, "calls": CALLS, "policies": {}}
    results["one search"] = one_search(study, "development") | one_search(study, "held-out")
    for name, policy in policies.items():
        results["policies"][name] = put(study, policy, "development")
        right = answered(study, results["policies"][name], "development")
        print(f"{name}: {right} answered on development", flush=True)
        record("agentic_rag", results, packages=("jax", "flax"))
    models = {n: answered(study, results["policies"][n], "development") for n in list(policies)[1:]}
    results["chosen"] = max(models, key=lambda name: models[name])
    for name in ("rule", results["chosen"]):
        results["policies"][name] |= put(study, policies[name], "held-out")
    print(record("agentic_rag", results, packages=("jax", "flax")))


if __name__ == "__main__":
    main()
