# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A language model from nothing
#
# This lab makes an assistant out of text files, by the steps that make the large ones: learn a
# tokenizer, [pre-train](question:6), fine-tune on conversations, train on
# [preferences](question:8). The model is small enough that two cores need a minute or two for all
# of it. Every loss and every sample stands as it came, the failures with the rest.
#
# ## The text
#
# One part of the text is Python's documentation. The other is an atlas of countries that do not
# exist, each with its capital, told in five wordings: what the model says about them it can only
# have from here. Fine-tuning will ask about some of the countries. It will not ask about the
# *kept* ones, and no text at all tells of the *unheard* ones.

# %%
import numpy as np

from whiteboard.data import python_topics
from whiteboard.data.atlas import atlas

topics = list(python_topics().values())
documentation = "\n\n".join(text for n, text in enumerate(topics) if n % 10)
held_out = "\n\n".join(topics[::10])
places = atlas(72)
asked, kept, unheard = places[:24], places[24:48], places[48:]
random = np.random.default_rng(0)


def article(place):
    wordings = random.permutation(place.sentences)
    return "\n".join(wordings[: random.integers(1, 6)])


told, groups = asked + kept, {"asked": asked, "kept": kept, "unheard": unheard}
articles = [article(told[n]) for _ in range(40) for n in random.permutation(len(told))]
print(f"{len(documentation):,} characters of documentation, {len(articles):,} articles:\n")
print(articles[0], articles[1], sep="\n\n")

# %% [markdown]
# ## The tokenizer
#
# Byte-pair encoding starts from the 256 bytes and joins, again and again, the pair that is most
# frequent now ([question 3](question:3)). The first merges could be of any English text. The last
# ones say what this one is about.

# %%
from whiteboard.architecture.bpe_trainer import count_words, train_bpe
from whiteboard.lm.tokenizer import Tokenizer

merges = train_bpe(count_words([documentation, *articles]), 766)
for part in (merges[:8], merges[-8:]):
    print([(left + right).decode() for left, right in part])
tokenizer = Tokenizer.from_merges(merges)
for place in (kept[0], unheard[0]):
    print([tokenizer.decode([i]) for i in tokenizer.encode(f"Is {place.name} immutable?")])
ids = np.array(tokenizer.encode(documentation), np.int32)
print(f"{tokenizer.vocab_size} pieces, {len(documentation) / len(ids):.1f} characters a token")
assert tokenizer.decode(tokenizer.encode(held_out)) == held_out
assert len(documentation) / len(ids) > 2.2

# %% [markdown]
# A country that is told of often has become one or two pieces. One that never was falls apart, and
# to speak of it the model must copy every piece. Keep that in mind.
#
# ## Before any training
#
# A Llama-shaped decoder of two layers. An untrained model should guess evenly, so its loss on the
# held-out documentation should be the logarithm of the vocabulary's size. Look at that first: it
# finds many mistakes before they cost anything.

# %%
import jax
from flax import nnx

from whiteboard.architecture.packing import Packed
from whiteboard.lm import Decoder, DecoderConfig, LanguageModel
from whiteboard.training.packed_rows import packed_loss

TIME, BATCH = 96, 20
config = DecoderConfig.tiny(vocab_size=tokenizer.vocab_size)
decoder = Decoder(config, rngs=nnx.Rngs(0))


def all_counted(rows):
    return Packed(rows, np.ones_like(rows), np.ones(rows.shape, bool))


test = np.array(tokenizer.encode(held_out), np.int32)
test = all_counted(test[: 64 * TIME].reshape(64, TIME))
loss_of = jax.jit(packed_loss)
guess = np.log(config.vocab_size)
first = float(loss_of(decoder, test))
print(f"{config.num_parameters:,} weights, loss {first:.2f} nats a token, a guess {guess:.2f}")
print(LanguageModel(decoder, tokenizer).generate("The", max_new_tokens=20))
assert abs(first - guess) < 0.2

# %% [markdown]
# ## Pre-training
#
# Rows of text, and every token counts. Three rows in five are documentation. On the way, look at
# three things: the loss on text that is never trained on, a sample, and how many of the kept
# countries' capitals complete a sentence.

# %%
atlas_ids = np.array(tokenizer.encode("\n".join(articles)), np.int32)


def windows(ids, count):
    starts = random.integers(0, len(ids) - TIME, count)
    return ids[starts[:, None] + np.arange(TIME)]


def text_batch():
    return all_counted(np.concatenate([windows(ids, 12), windows(atlas_ids, 8)]))


def recalled(decoder):
    starts = [f"The capital of {place.name} is" for place in kept]
    model = LanguageModel(decoder, tokenizer)
    ends = model.generate(starts, max_new_tokens=8, stop=".")
    return sum(end.strip() == place.capital for end, place in zip(ends, kept))


# %%
import optax

from whiteboard.training.step import fit

STEPS, curve = 600, {}


def watch(step):
    if step % (STEPS // 6) == 0:
        curve[step] = float(loss_of(decoder, test))
        model = LanguageModel(decoder, tokenizer)
        sample = model.generate("The", max_new_tokens=24, temperature=0.8, seed=2)
        print(f"{step:4} held-out loss {curve[step]:.2f}, {recalled(decoder):2} recalled,", end=" ")
        print(repr("The" + sample))


rate = optax.schedules.warmup_cosine_decay_schedule(0, 5e-3, STEPS // 20, STEPS)
optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, b2=0.95))
batches = (text_batch() for _ in range(STEPS))
training = fit(decoder, batches, loss=packed_loss, optimizer=optimizer, watch=watch)
watch(STEPS)
assert curve[STEPS] < 4.6 < guess - 2
assert recalled(decoder) >= 18

# %%
from whiteboard.figures import COLOURS, show, style, subplots

with style("pretraining"):
    figure, axes = subplots()
    axes.plot(training, color=COLOURS["muted"], linewidth=0.8, label="both texts, training")
    axes.plot(list(curve), list(curve.values()), "o-", label="documentation, held out")
    axes.axhline(guess, color=COLOURS["second"], linestyle=":", label="a guess")
    axes.set_xlabel("step")
    axes.set_ylabel("nats a token")
    axes.set_ylim(0, None)
    axes.legend()
show(
    figure,
    "Pre-training: both losses start at a guess and fall fast, then slowly. The training loss is "
    "lower because two rows in five are of an atlas that is soon known by heart.",
)

# %% [markdown]
# It writes what looks like documentation and means nothing, and it knows the atlas. It is not an
# assistant. Here is what it makes of questions in the chat format, two of each group, with the
# right capital in brackets:

# %%
SYSTEM = {"role": "system", "content": "Capitals."}


def question(place):
    return [SYSTEM, {"role": "user", "content": f"Capital of {place.name}?"}]


def ask(decoder):
    some = [place for group in groups.values() for place in group[:2]]
    answers = LanguageModel(decoder, tokenizer).chat(
        list(map(question, some)), max_new_tokens=24, temperature=1.0
    )
    for place, answer in zip(some, answers):
        print(f"{place.name} ({place.capital}): {answer!r}")


ask(decoder)

# %% [markdown]
# ## Supervised fine-tuning
#
# The same loss, and only the answers count. Each country asked about comes with two good answers,
# a sentence and a word: like human writers, the examples do not agree on a style. The last line
# shows which tokens are learned; the others are only read.

# %%
from whiteboard.architecture.packing import pack
from whiteboard.training.chat_example import chat_example


def sentence_about(place):
    return f"The capital of {place.name} is {place.capital}."


def answered(place, answer):
    return [*question(place), {"role": "assistant", "content": answer}]


def examples(places):
    return [
        chat_example(tokenizer, answered(place, answer))
        for place in places
        for answer in (sentence_about(place), f"{place.capital}.")
    ]


tokens, counted = examples(asked)[0]
print(tokenizer.decode(tokens, special=True))
print("learned:", [tokenizer.decode([t], special=True) for t, c in zip(tokens, counted) if c])

# %% [markdown]
# To measure: an answer is a sentence, a word, or neither, and it is right or not. Four answers are
# sampled for each question at temperature 1, so the shares are those of the model's own
# distribution.

# %%
import re

STYLES = {"sentence": r"The capital of \w+ is \w+\.", "word": r"\w+\."}


def style_of(answer):
    return next((s for s, form in STYLES.items() if re.fullmatch(form, answer)), "neither")


def is_right(place, answer):
    return answer in (sentence_about(place), f"{place.capital}.")


def survey(decoder, name):
    model, row = LanguageModel(decoder, tokenizer), {"stage": name}
    row["loss"], row["recalled"] = float(loss_of(decoder, test)), recalled(decoder)
    for group, some in groups.items():
        some = [place for place in some for _ in range(4)]
        answers = model.chat(list(map(question, some)), max_new_tokens=24, temperature=1.0)
        styles = [style_of(answer) for answer in answers]
        row[group] = {s: styles.count(s) / len(styles) for s in (*STYLES, "neither")}
        row[group]["right"] = np.mean([is_right(p, a) for p, a in zip(some, answers)])
    return row


# %%
def table(stages):
    print(f"{'':23}about    sentence  word  neither  right")
    for row in stages:
        for group in groups:
            start = {"asked": f"loss {row['loss']:.2f}", "kept": f"recalled {row['recalled']}"}
            start = f"{row['stage'] if group == 'asked' else '':8}{start.get(group, ''):14}"
            share = [f"{value:.0%}" for value in row[group].values()]
            print(f"{start} {group:9}{share[0]:>7}{share[1]:>7}{share[2]:>8}{share[3]:>8}")


stages = [survey(decoder, "base")]
table(stages)

# %% [markdown]
# Of each batch more than half is text of the pre-training, or the model forgets it: to the loss
# these are rows in which everything counts. Look at the loss on the answers about the other two
# groups, which nobody trains on.

# %%
SFT_STEPS, answer_loss = 150, {"asked": {}, "kept": {}, "unheard": {}}
tuned = nnx.clone(decoder)
rows = {name: pack(examples(group), TIME) for name, group in groups.items()}


def conversation_batch():
    some = random.integers(0, len(rows["asked"].tokens), 16)
    picked = Packed(*(part[some] for part in rows["asked"]))
    return Packed(*map(np.concatenate, zip(picked, text_batch())))


def watch(step):
    if step % 10 == 0:
        for name, curve in answer_loss.items():
            curve[step] = float(loss_of(tuned, rows[name]))
    if step % 50 == 0:
        answer = LanguageModel(tuned, tokenizer).chat(question(kept[0]), max_new_tokens=24)
        print(f"{step:4}", *(f"{name} {c[step]:.2f}" for name, c in answer_loss.items()), end=" ")
        print(f"about {kept[0].name}: {answer!r}")


rate = optax.linear_schedule(2e-3, 0, SFT_STEPS)
batches = (conversation_batch() for _ in range(SFT_STEPS))
fit(tuned, batches, loss=packed_loss, optimizer=optax.adam(rate), watch=watch)
watch(SFT_STEPS)

# %%
with style("sft"):
    figure, axes = subplots()
    for (name, curve), line in zip(answer_loss.items(), ("-", "--", ":")):
        axes.plot(list(curve), list(curve.values()), line, label=f"answers, {name}")
    axes.set_xlabel("step")
    axes.set_ylabel("nats a token")
    axes.set_ylim(0, None)
    axes.legend()
show(
    figure,
    "Fine-tuning: the loss on all answers falls at once, which is the form. Then it goes on "
    "falling only for the countries asked about, which are learned by heart.",
)

# %%
ask(tuned)
stages.append(survey(tuned, "SFT"))
table(stages)
assert answer_loss["asked"][SFT_STEPS] < 0.7 < 3 < answer_loss["asked"][0]
assert stages[-1]["kept"]["neither"] < 0.6
assert stages[-1]["recalled"] >= 15

# %% [markdown]
# The form is there, in both styles, also for countries that fine-tuning never asked about. The
# facts hardly are. The model still completes the sentence about nearly every kept country, but
# asked for it, it mostly speaks of another one: copying a name out of the question is not learned.
# To store a fact and to find it from a new side are two skills, as [question 6](question:6)
# measures.
#
# ## Preferences
#
# Fine-tuning taught two styles, and now someone says which is wanted. Let a reader prefer a
# sentence to a word, and a right answer to a wrong one. The model answers each question eight
# times, and the best and the worst answer that have a style make a pair. DPO raises the one
# against the other, measured from the fine-tuned model, which is the reference.

# %%
from whiteboard.lm.chat_template import encode
from whiteboard.training.preference_training import preference_pairs, with_reference


def preferred(place, answer):
    return 2 * (style_of(answer) == "sentence") + is_right(place, answer)


def tokens_of(answer):
    return [*tokenizer.encode(answer), tokenizer.eos_id]


# %%
model, triples, right = LanguageModel(tuned, tokenizer), [], {style: [] for style in STYLES}
for place in asked:
    answers = model.chat([question(place)] * 8, max_new_tokens=24, temperature=1.0)
    answers = [answer for answer in answers if style_of(answer) in STYLES]
    for answer in answers:
        right[style_of(answer)].append(is_right(place, answer))
    ranked = sorted((preferred(place, answer), answer) for answer in answers)
    if ranked and ranked[0][0] < ranked[-1][0]:
        best, worst = ranked[-1][1], ranked[0][1]
        triples.append((encode(tokenizer, question(place)), tokens_of(best), tokens_of(worst)))
        if len(triples) <= 3:
            print(f"{place.name}: {best!r}, not {worst!r}")
pairs = with_reference(tuned, preference_pairs(triples, time=TIME), batch=len(triples))
print(len(triples), "pairs;", *(f"{np.mean(r):.0%} right by {s}," for s, r in right.items()))

# %% [markdown]
# The loss begins at the logarithm of 2, because the policy still is its reference. Look at the two
# log-probabilities: DPO asks only that they part.

# %%
from functools import partial

from whiteboard.training.preference_training import dpo_objective, pair_log_probs

DPO_STEPS, parted = 40, {}
policy = nnx.clone(tuned)


def pair_batch():
    some = random.permutation(len(triples))[:8]
    return jax.tree.map(lambda part: part[some], pairs)


def watch(step):
    parted[step] = np.mean(pair_log_probs(policy, pairs), axis=0)
    if step % 10 == 0:
        print(f"{step:3} log p: {parted[step][0]:5.1f} preferred, {parted[step][1]:5.1f} other")
    if step in (10, DPO_STEPS):
        stages.append(survey(policy, f"DPO {step}"))


objective = partial(dpo_objective, beta=0.1)
batches = (pair_batch() for _ in range(DPO_STEPS))
dpo_losses = fit(policy, batches, loss=objective, optimizer=optax.adam(2e-4), watch=watch)
watch(DPO_STEPS)

# %%
with style("dpo"):
    figure, (above, below) = subplots(2, 1, figsize=(5.2, 4.6), sharex=True)
    above.plot(dpo_losses)
    above.axhline(np.log(2), color=COLOURS["second"], linestyle=":")
    above.set_ylabel("DPO loss")
    for column, (name, line) in enumerate({"preferred": "-", "other": "--"}.items()):
        below.plot([pair[column] for pair in parted.values()], line, label=name)
    below.set_xlabel("step")
    below.set_ylabel("log p of the answer")
    below.legend()
show(
    figure,
    "DPO: the loss falls from log 2 towards 0. The preferred answers gain a little at first; the "
    "others lose far more, and go on losing.",
)

# %%
ask(policy)
table(stages)
sft, dpo = stages[1]["asked"], stages[2]["asked"]
assert dpo_losses[-5:].mean() < 0.45 < dpo_losses[0]
assert dpo["word"] < sft["word"] - 0.1
assert dpo["sentence"] > sft["sentence"] + 0.1

# %% [markdown]
# A few steps moved the style. More answers are right about the countries asked about, because
# sentences were right more often than words: a sentence is the form in which the facts are
# stored. About the others it still knows little. Both styles were in the model before; DPO chose.
# After that the loss keeps falling, there is little left to gain, and other text pays: compare the
# held-out losses of the last two stages. [Question 8](question:8) shows how far that goes on a
# real model.
#
# ## Try it
#
# Change one thing, guess what the tables will say, and run the lab again.
#
# 1. Learn a third of the merges. Which loss can still be compared, that of a token or of a
#    character? ([Question 3](question:3))
# 2. Leave `text_batch()` out of the fine-tuning. What is still recalled? ([Question 6](question:6))
# 3. Let the model see the end token without learning it: clear its mark in `counted`. Which column
#    shows that?
# 4. Ask about twice as many countries, and tell of more. At how many does the model begin to copy
#    names, and to be right about kept ones?
# 5. Prefer the word. Then prefer the right answer alone, whatever its style. What does `right` do
#    in each group? ([Question 8](question:8))
# 6. Put IPO's loss in place of DPO's. Does the other answers' log-probability still fall without
#    end? ([Question 8](question:8))
