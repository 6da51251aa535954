"""Beyond plain generation: prompts read once, prefixes kept, answers confined."""
