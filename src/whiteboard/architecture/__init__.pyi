from .associative_recall import Recall as Recall
from .attention import causal_mask as causal_mask
from .attention import dot_product_attention as dot_product_attention
from .attention_numpy import dot_product_attention_numpy as dot_product_attention_numpy
from .block_hashes import chain_hashes as chain_hashes
from .block_tree import BlockTree as BlockTree
from .blocked_attention import scanned_attention as scanned_attention
from .bpe_trainer import count_words as count_words
from .bpe_trainer import train_bpe as train_bpe
from .byte_pair_encoding import (
    BytePairEncoding as BytePairEncoding,
)
from .byte_pair_encoding import (
    bpe_merges_widget as bpe_merges_widget,
)
from .byte_pair_encoding import (
    merge_steps as merge_steps,
)
from .cache_bytes import (
    DTYPES as DTYPES,
)
from .cache_bytes import (
    bytes_per_token as bytes_per_token,
)
from .cache_bytes import (
    kv_cache_bytes as kv_cache_bytes,
)
from .cache_bytes import (
    kv_layers as kv_layers,
)
from .cache_bytes import (
    latent_layers as latent_layers,
)
from .caching_break_even import (
    Traffic as Traffic,
)
from .caching_break_even import (
    bill as bill,
)
from .caching_break_even import (
    break_even_hit_rate as break_even_hit_rate,
)
from .caching_break_even import (
    break_even_uses as break_even_uses,
)
from .caching_break_even import (
    relative_cost as relative_cost,
)
from .collectives import totals as totals
from .data_parallel import data_parallel_gradient as data_parallel_gradient
from .expert_collapse import experts_in_use as experts_in_use
from .expert_parallelism import (
    all_to_all_bytes as all_to_all_bytes,
)
from .expert_parallelism import (
    expert_parallel as expert_parallel,
)
from .flash_attention_tiles import Tile as Tile
from .flash_attention_tiles import visible_blocks as visible_blocks
from .flash_attention_traffic import (
    flash_bytes as flash_bytes,
)
from .flash_attention_traffic import (
    score_matrix_bytes as score_matrix_bytes,
)
from .flash_attention_traffic import (
    standard_bytes as standard_bytes,
)
from .grouped_query_attention import cached_attention as cached_attention
from .grpo import (
    group_advantages as group_advantages,
)
from .grpo import (
    leave_one_out_advantages as leave_one_out_advantages,
)
from .iso_flop import parabola_minimum as parabola_minimum
from .kl_estimators import (
    k1 as k1,
)
from .kl_estimators import (
    k2 as k2,
)
from .kl_estimators import (
    k3 as k3,
)
from .kl_estimators import (
    kl_divergence as kl_divergence,
)
from .kl_estimators import (
    regularised_optimum as regularised_optimum,
)
from .kv_cache import (
    LayerCache as LayerCache,
)
from .kv_cache import (
    init_cache as init_cache,
)
from .kv_cache import (
    valid_mask as valid_mask,
)
from .kv_cache import (
    write as write,
)
from .latent_attention import (
    LatentAttention as LatentAttention,
)
from .latent_attention import (
    LatentAttentionConfig as LatentAttentionConfig,
)
from .latent_attention import (
    naive_latent_attention as naive_latent_attention,
)
from .load_balancing import load_balancing_loss as load_balancing_loss
from .mixture_of_experts import (
    ExpertWeights as ExpertWeights,
)
from .mixture_of_experts import (
    capacity_experts as capacity_experts,
)
from .mixture_of_experts import (
    dropless_experts as dropless_experts,
)
from .mixture_of_experts import (
    expert_capacity as expert_capacity,
)
from .multi_head_attention import MultiHeadAttention as MultiHeadAttention
from .online_preferences import (
    History as History,
)
from .online_preferences import (
    answers as answers,
)
from .online_preferences import (
    log_policy as log_policy,
)
from .online_preferences import (
    reference_table as reference_table,
)
from .online_preferences import (
    true_reward as true_reward,
)
from .online_softmax import empty as empty
from .online_softmax import finish as finish
from .online_softmax import fold as fold
from .online_softmax import merge as merge
from .packing import (
    Example as Example,
)
from .packing import (
    Packed as Packed,
)
from .packing import (
    document_mask as document_mask,
)
from .packing import (
    pack as pack,
)
from .positions import (
    alibi_slopes as alibi_slopes,
)
from .positions import (
    is_permutation_equivariant as is_permutation_equivariant,
)
from .positions import (
    sinusoidal_positions as sinusoidal_positions,
)
from .ppo import clipped_surrogate as clipped_surrogate
from .preference_losses import (
    answer_log_probs as answer_log_probs,
)
from .preference_losses import (
    dpo_loss as dpo_loss,
)
from .preference_losses import (
    implicit_reward as implicit_reward,
)
from .preference_losses import (
    ipo_loss as ipo_loss,
)
from .preference_losses import (
    kto_loss as kto_loss,
)
from .preference_losses import (
    optimal_policy as optimal_policy,
)
from .preference_losses import (
    orpo_loss as orpo_loss,
)
from .preference_losses import (
    simpo_loss as simpo_loss,
)
from .published_caches import LLAMA_3_70B as LLAMA_3_70B
from .published_caches import fit as fit
from .published_experts import (
    DEEPSEEK_V3 as DEEPSEEK_V3,
)
from .published_experts import (
    MIXTRAL_8X7B as MIXTRAL_8X7B,
)
from .published_experts import (
    distinct_experts as distinct_experts,
)
from .published_experts import (
    parameters as parameters,
)
from .published_laws import (
    BESIROGLU as BESIROGLU,
)
from .published_laws import (
    GOPHER_BUDGET as GOPHER_BUDGET,
)
from .published_laws import (
    HOFFMANN_1 as HOFFMANN_1,
)
from .published_laws import (
    HOFFMANN_3 as HOFFMANN_3,
)
from .published_laws import (
    HOFFMANN_3_UNROUNDED as HOFFMANN_3_UNROUNDED,
)
from .published_laws import (
    KAPLAN as KAPLAN,
)
from .published_laws import (
    PUBLISHED as PUBLISHED,
)
from .quantized_cache import dequantize as dequantize
from .quantized_cache import quantize as quantize
from .reward_model import bradley_terry_loss as bradley_terry_loss
from .reward_model import ranking_loss as ranking_loss
from .ring_cache import ring_mask as ring_mask
from .ring_cache import write_ring as write_ring
from .roofline import plan as plan
from .rope import (
    rotary_attention as rotary_attention,
)
from .rope import (
    rotary_tables as rotary_tables,
)
from .rope import (
    rotate as rotate,
)
from .rope import (
    rotate_interleaved as rotate_interleaved,
)
from .rope import (
    to_interleaved as to_interleaved,
)
from .rope_scaling import (
    METHODS as METHODS,
)
from .rope_scaling import (
    RopeScaling as RopeScaling,
)
from .rope_scaling import (
    scaled_frequencies as scaled_frequencies,
)
from .router import route as route
from .scaling_laws import (
    compute_optimal as compute_optimal,
)
from .scaling_laws import (
    optimum as optimum,
)
from .scaling_laws import (
    serving_optimal as serving_optimal,
)
from .sharding import (
    bytes_per_device as bytes_per_device,
)
from .sharding import (
    make_mesh as make_mesh,
)
from .sharding import (
    measured_bytes as measured_bytes,
)
from .sharding import (
    named as named,
)
from .syllables import (
    END as END,
)
from .syllables import (
    LENGTH as LENGTH,
)
from .syllables import (
    draw_prompts as draw_prompts,
)
from .syllables import (
    is_word as is_word,
)
from .syllables import (
    verified_reward as verified_reward,
)
from .syllables import (
    word_classes as word_classes,
)
from .training_flops import compiled_flops as compiled_flops
from .training_flops import serving_flops as serving_flops
