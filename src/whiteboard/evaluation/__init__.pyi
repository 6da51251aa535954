from .agreement import cohen_kappa as cohen_kappa
from .agreement import kappa_interval as kappa_interval
from .answer_ranks import (
    ranks as ranks,
)
from .answer_ranks import (
    recall_at as recall_at,
)
from .answer_ranks import (
    reciprocal_rank_at as reciprocal_rank_at,
)
from .intervals import (
    bootstrap_interval as bootstrap_interval,
)
from .intervals import (
    paired_difference as paired_difference,
)
from .intervals import (
    wilson_interval as wilson_interval,
)
from .rank_metrics import (
    average_precision as average_precision,
)
from .rank_metrics import (
    best_first as best_first,
)
from .rank_metrics import (
    hit_rate as hit_rate,
)
from .rank_metrics import (
    judged_share as judged_share,
)
from .rank_metrics import (
    ndcg as ndcg,
)
from .rank_metrics import (
    precision as precision,
)
from .rank_metrics import (
    precision_bounds as precision_bounds,
)
from .rank_metrics import (
    recall as recall,
)
from .sample_size import (
    Plan as Plan,
)
from .sample_size import (
    mcnemar as mcnemar,
)
from .sample_size import (
    queries_for as queries_for,
)
from .sample_size import (
    queries_needed as queries_needed,
)
from .sample_size import (
    two_sided as two_sided,
)
from .statement_judge import (
    share_in_order as share_in_order,
)
from .statement_judge import (
    similarity as similarity,
)
from .statement_judge import (
    tuned_threshold as tuned_threshold,
)
