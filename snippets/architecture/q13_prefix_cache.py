"""Three questions about one document: what the real model computes, and what it copies."""

from whiteboard import lm
from whiteboard.architecture.prompt_layout import lay_out
from whiteboard.data import python_topics
from whiteboard.decoding.prefix_cache import PrefixCache
from whiteboard.lm.generate import generate_tokens
from whiteboard.lm.sampling import Sampling

model = lm.load("smollm2-135m")
cache = PrefixCache(model.decoder, blocks=32, slots=512)


def prompt(minute, question, layout=lay_out):
    text = layout(
        tools={"search": "find a page", "add": "add two numbers"},
        system="You answer questions about Python in one sentence.",
        document=python_topics()["assert"],
        now=f"It is 09:{minute:02} on 23 November 2026.",
        question=question,
    )
    return model.tokenizer.encode(text)


same = []
for minute, question in enumerate(("What does assert do?", "What is raised?", "Is it fast?")):
    tokens = prompt(minute, question)
    answer, hit = cache.generate(tokens, tenant="a", max_new_tokens=8)
    plain = generate_tokens(model.decoder, [tokens], max_new_tokens=8, sampling=Sampling())
    same.append(answer == [int(token[0]) for token in plain])
    print(f"{len(tokens)} tokens, {hit} from the cache")
print("the tokens of no cache:", all(same))
