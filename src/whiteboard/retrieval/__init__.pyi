from .bm25 import BM25 as BM25
from .capacity import (
    flat_bytes as flat_bytes,
)
from .capacity import (
    hnsw_bytes as hnsw_bytes,
)
from .capacity import (
    in_flight as in_flight,
)
from .capacity import (
    nodes_for as nodes_for,
)
from .capacity import (
    scan_queries_per_second as scan_queries_per_second,
)
from .capacity import (
    share_of_slow_answers as share_of_slow_answers,
)
from .chunking import (
    semantic_chunks as semantic_chunks,
)
from .chunking import (
    sentence_chunks as sentence_chunks,
)
from .chunking import (
    structure_chunks as structure_chunks,
)
from .citations import citation_problems as citation_problems
from .coverage import TokenCounts as TokenCounts
from .coverage import without_copies as without_copies
from .database import DatabaseIndex as DatabaseIndex
from .database import connect as connect
from .dense import cosine_scores as cosine_scores
from .dense import top_k as top_k
from .drift import (
    mmd2 as mmd2,
)
from .drift import (
    mmd_test as mmd_test,
)
from .drift import (
    rbf_kernel as rbf_kernel,
)
from .drift import (
    shuffled_windows as shuffled_windows,
)
from .extraction import extract as extract
from .fusion import convex_fusion as convex_fusion
from .fusion import reciprocal_rank_fusion as reciprocal_rank_fusion
from .grades import WHOLE as WHOLE
from .grades import graded_answers as graded_answers
from .hybrid import HybridIndex as HybridIndex
from .hybrid import fuse as fuse
from .hybrid import python_index as python_index
from .hyde import (
    PROMPTS as PROMPTS,
)
from .hyde import (
    feedback_vector as feedback_vector,
)
from .hyde import (
    hyde_vector as hyde_vector,
)
from .hyde import (
    hypothetical_documents as hypothetical_documents,
)
from .hyde import (
    unit as unit,
)
from .labels import answers as answers
from .late_interaction import (
    TokenVectors as TokenVectors,
)
from .late_interaction import (
    maxsim as maxsim,
)
from .late_interaction import (
    token_vectors as token_vectors,
)
from .passages import Chunk as Chunk
from .passages import fixed_chunks as fixed_chunks
from .rag_metrics import (
    Cited as Cited,
)
from .rag_metrics import (
    answer_relevance as answer_relevance,
)
from .rag_metrics import (
    citation_precision as citation_precision,
)
from .rag_metrics import (
    citation_recall as citation_recall,
)
from .rag_metrics import (
    faithfulness as faithfulness,
)
from .reflection import Segment as Segment
from .reflection import Weights as Weights
from .reflection import segment_beam as segment_beam
from .rerankers import Ranked as Ranked
from .rerankers import rerank as rerank
from .rerankers import untrained_gain as untrained_gain
from .search_loop import Budget as Budget
from .search_loop import Move as Move
from .search_policies import rule_policy as rule_policy
from .search_tool import parse_call as parse_call
from .sentences import sentence_places as sentence_places
from .structure import blocks as blocks
