"""A few lists, one depth: the middle line of 40, asked of the real model."""

from whiteboard import lm
from whiteboard.retrieval.studies.depth_trials import NAMES, TEMPLATES, Trials, depth_trials
from whiteboard.retrieval.studies.lost_in_the_middle import sweep

model = lm.load("smollm2-135m")
template, trials = TEMPLATES["plain"], depth_trials(40, 40, [0.5], seed=0)
few = Trials(*(rows[:3] for rows in trials))
asked = NAMES[few.names[0, 20]]
prompt = template.context(few, 0, asked) + template.ask.format(name=asked)
print(f"{len(model.tokenizer.encode(prompt))} tokens, the last of them:")
print("\n".join(prompt.splitlines()[-5:]))
middle = sweep(model, template, few)
print("log p of the codes, in nats:", *(f"{nats:.1f}" for nats in middle.log_probs[:, 0]))
