from .agentic_search import CALLS as CALLS
from .agentic_search import GROUPS as GROUPS
from .agentic_search import K as K
from .chunkers import STRATEGIES as STRATEGIES
from .chunkers import not_beaten as not_beaten
from .depth_curve import named_unasked as named_unasked
from .depth_trials import NAMES as NAMES
from .depth_trials import TEMPLATES as TEMPLATES
from .depth_trials import Trials as Trials
from .drift_weeks import (
    BINS as BINS,
)
from .drift_weeks import (
    answered as answered,
)
from .drift_weeks import (
    mmd_tests as mmd_tests,
)
from .drift_weeks import (
    psi_test as psi_test,
)
from .drift_weeks import (
    python_traffic as python_traffic,
)
from .drift_weeks import (
    windows as windows,
)
from .hyde_gain import NUMBERS as NUMBERS
from .hyde_gain import held_out_gain as held_out_gain
from .hyde_gain import searched as searched
from .lost_in_the_middle import from_record as from_record
from .lost_in_the_middle import sweep as sweep
from .reranking import DEPTHS as DEPTHS
from .reranking import at_depth as at_depth
from .reranking import read as read
from .retrievers import (
    ONE_ANSWER as ONE_ANSWER,
)
from .retrievers import (
    of_kind as of_kind,
)
from .retrievers import (
    python_comparison as python_comparison,
)
from .retrievers import (
    tuned_weight as tuned_weight,
)
