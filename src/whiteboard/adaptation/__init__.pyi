from .lora import add_lora as add_lora
