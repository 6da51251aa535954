"""Four ways to get worse, and what each of four monitors says."""

import jax.numpy as jnp
import numpy as np
from scipy.stats import ortho_group

from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.drift import mmd_test, rbf_kernel, shuffled_windows
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.studies.drift_weeks import answered, python_traffic

SIZE, traffic, passages = 100, python_traffic(), python_index().vectors
turned = traffic.vectors @ jnp.asarray(ortho_group.rvs(384, random_state=0), jnp.float32)
everything, half = np.arange(951), np.arange(475)
# The share of paraphrases before and now; the queries' vectors and the indexed passages now.
CAUSES = {
    "nothing changed": (0.3, 0.3, traffic.vectors, everything),
    "domain mismatch": (0.9, 0.9, traffic.vectors, everything),
    "query drift": (0.3, 0.9, traffic.vectors, everything),
    "corpus drift": (0.3, 0.3, traffic.vectors, half),
    "version skew": (0.3, 0.3, turned, everything),
}


def p(first, second):
    return float(mmd_test(rbf_kernel(jnp.concatenate([first, second])), SHUFFLES)[1])


SHUFFLES, draw, seen = shuffled_windows(SIZE, SIZE, 999, seed=0), np.random.default_rng(21), {}
for cause, (before, now, vectors, kept) in CAUSES.items():
    scores = jnp.full((82, 951), -2.0).at[:, kept].set(cosine_scores(vectors, passages[kept]))
    ndcg, mrr = answered(scores)[1]
    weeks = [traffic.week(share, SIZE, draw) for share in (before, now)]
    asked = p(traffic.vectors[weeks[0]], vectors[weeks[1]])
    stock = p(*(passages[draw.choice(rows, SIZE)] for rows in (everything, kept)))
    shares = zip((before, now), (traffic.ndcg, ndcg), strict=True)
    users = [float(np.average(row, weights=traffic.chances(share))) for share, row in shares]
    seen[cause] = {"golden": float(ndcg.mean()), "users": users, "p": (asked, stock)}
    alarms = ["ALARM" if value <= 0.01 else "quiet" for value in (asked, stock)]
    golden = f"golden nDCG {ndcg.mean():.2f} MRR {mrr.mean():.2f}"
    print(f"{cause:15}  {golden}  users {users[0]:.2f} to {users[1]:.2f}", *alarms)
