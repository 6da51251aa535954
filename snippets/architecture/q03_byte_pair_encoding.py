"""Byte-pair encoding from a few words of text: learn merges, encode with them, decode."""

from whiteboard.architecture.bpe_trainer import count_words, train_bpe
from whiteboard.architecture.byte_pair_encoding import BytePairEncoding, merge_steps

text = "low lower lowest, new newer newest, wide wider widest"
merges = train_bpe(count_words([text]), 10)
print("merges:", " ".join(f"{a.decode()}+{b.decode()}" for a, b in merges))

bpe = BytePairEncoding(merges)
for pieces in merge_steps(b" slower", bpe.ranks):  # a word that was not in the text
    print("|".join(piece.decode() for piece in pieces))

unseen = "naïve 👍"
ids = bpe.encode(unseen)
print(len(bpe.ids), "pieces;", len(ids), "tokens for", len(unseen.encode()), "bytes")
print("comes back:", bpe.decode(ids) == unseen)
