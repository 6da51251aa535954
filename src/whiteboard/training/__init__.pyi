from .emulation import emulated as emulated
from .packed_rows import packed_loss as packed_loss
from .preference_training import (
    dpo_objective as dpo_objective,
)
from .preference_training import (
    pair_log_probs as pair_log_probs,
)
from .preference_training import (
    preference_pairs as preference_pairs,
)
from .preference_training import (
    with_reference as with_reference,
)
from .rlhf import RlhfConfig as RlhfConfig
from .rlhf import train_policy as train_policy
from .rlhf_stages import (
    compare as compare,
)
from .rlhf_stages import (
    fit_reward_model as fit_reward_model,
)
from .rlhf_stages import (
    reward as reward,
)
from .rlhf_stages import (
    sample as sample,
)
from .rlhf_stages import (
    scorer as scorer,
)
from .rlhf_stages import (
    supervised_policy as supervised_policy,
)
from .sharded_run import batch_of as batch_of
from .sharded_step import (
    StepConfig as StepConfig,
)
from .sharded_step import (
    build as build,
)
from .sharded_step import (
    make_step as make_step,
)
from .sharded_step import (
    summed_loss as summed_loss,
)
from .sharding_comparison import (
    BATCH as BATCH,
)
from .sharding_comparison import (
    DECODER as DECODER,
)
from .sharding_comparison import (
    NUM_EXPERTS as NUM_EXPERTS,
)
from .sharding_comparison import (
    TIME as TIME,
)
from .step import fit as fit
from .step import next_token_loss as next_token_loss
