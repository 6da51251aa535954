"""The same metrics from trec_eval's own code, as a team would call it: labels and runs by name."""

import pytrec_eval

LABELS = {
    "pad a number": {"zfill": 2, "rjust": 1, "center": 0},
    "cut a prefix": {"removeprefix": 2},
}
RUN = {
    "pad a number": {"center": 0.61, "rjust": 0.61, "format": 0.58, "zfill": 0.44},
    "cut a prefix": {"lstrip": 0.72, "removeprefix": 0.70},
}
MEASURES = {"success.3", "recall.3", "P.3", "recip_rank", "map_cut.3", "ndcg_cut.3"}

every = pytrec_eval.RelevanceEvaluator(LABELS, MEASURES).evaluate(RUN)
known = pytrec_eval.RelevanceEvaluator(LABELS, MEASURES, judged_docs_only_flag=True).evaluate(RUN)
for measure in sorted(every["pad a number"]):
    taken, left_out = (
        sum(query[measure] for query in found.values()) / len(found) for found in (every, known)
    )
    print(f"{measure:10}  {taken:.3f}  without the unjudged {left_out:.3f}")
