"""The study against its own index and labels; what was recorded, put again."""

import numpy as np
import pytest

from whiteboard.data import record
from whiteboard.retrieval.search_policies import choosing_policy, rule_policy, writing_policy
from whiteboard.retrieval.studies.agentic_search import CALLS, GROUPS, K, agentic_study

RESULTS = record("agentic_rag")["results"]
POLICIES = RESULTS["policies"]


def asked(name):
    return {text: row["asked"] for text, row in POLICIES[name].items()}


def test_groups_and_halves():
    study = agentic_study()
    sizes = {group: int(study.rows(group).sum()) for group in GROUPS}
    assert sizes == {"one passage": 82, "two passages": 53, "chained": 28}
    assert study.rows(split="held-out").sum() == 82 == (~study.rows(split="development")).sum()


def test_a_search_is_the_indexs_own():
    study, text = agentic_study(), "str.join iterable of bytes"
    hits = [hit.chunk for hit in study.index.search(text, K)]
    assert list(study.search(text)) == [f"{chunk.document}:{chunk.start}" for chunk in hits]
    assert study.texts(study.search(text)) == [chunk.text for chunk in hits]
    with pytest.raises(ValueError, match="a letter or a digit"):
        study.search("?!")


def test_answered_against_the_labelled_spans():
    """A span counts as held when a passage found so far has at least half of such words."""
    study, queries = agentic_study(), asked("rule")
    got = study.answered(queries)
    for row in (0, 60, 90, 139, 150, 160):
        query, held = study.queries[row], []
        for call in range(CALLS):
            for text in queries[query.text][call : call + 1]:
                held += study.search(text)
            spans = [np.asarray(study.relevant[row, n]).nonzero()[0] for n in (0, 1)]
            names = [{study.names[chunk] for chunk in span} for span in spans]
            assert got[row, call] == all(name & {*held} for name in names), query.text
        grades = study.grades({query.text: queries[query.text]})[row]
        assert grades[-1] == pytest.approx(study.grade(query.text, held))


def test_one_search_finds_more_the_more_it_hands_on():
    study = agentic_study()
    first = study.one_search(K)
    np.testing.assert_array_equal(first, study.answered(asked("rule"))[:, 0])
    assert (study.one_search(15) >= first).all()


def test_what_was_not_put_is_not_answered():
    study = agentic_study()
    assert not study.answered({}).any()
    assert not study.grades({}).any()


def test_the_rule_asks_what_was_recorded():
    study = agentic_study()
    policy = rule_policy(study.texts)
    for row in range(0, len(study.queries), 9):
        text = study.queries[row].text
        got = study.run(text, policy)
        assert [step.query for step in got.steps] == POLICIES["rule"][text]["asked"]
        assert got.stopped == POLICIES["rule"][text]["stopped"]


def test_no_policy_asked_more_often_than_it_may():
    for rows in POLICIES.values():
        assert all(0 < len(row["asked"]) == len(row["tokens"]) <= CALLS for row in rows.values())
        assert all(row["tokens"][0] == 0 for row in rows.values())


def test_the_choice_of_a_policy_was_made_on_the_development_half():
    study = agentic_study()
    rows = study.rows(split="development")
    right = {n: study.answered(asked(n))[rows, -1].sum() for n in ("choose", "write")}
    assert RESULTS["chosen"] == max(right, key=right.get)
    assert {q.text for q, d in zip(study.queries, rows) if d} == {*POLICIES["write"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "policy"), [("choose", choosing_policy), ("write", writing_policy)]
)
def test_the_models_queries_again(smollm2, name, policy):
    study = agentic_study()
    texts = list(POLICIES[name])[::4]
    same = []
    for text in texts:
        got = study.run(text, policy(study.texts, smollm2))
        same.append([step.query for step in got.steps] == POLICIES[name][text]["asked"])
    assert np.mean(same) > 0.9
