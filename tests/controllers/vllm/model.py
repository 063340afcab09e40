"""Writes a language model of random weights to MODEL_DIR: weights, tokenizer, chat template, and a LoRA adapter of it."""

import json
import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

RANK = 8
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """Every byte is a token, so that every text has some."""
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet)
    bare.train_from_iterator(["a server of a language model", "the user and the assistant speak of a model"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bare, bos_token="<s>", eos_token="</s>", pad_token="</s>", chat_template=TEMPLATE
    )


def main(target: Path, shape: dict[str, int]) -> None:
    torch.manual_seed(1)
    words = tokenizer()
    words.save_pretrained(target)
    config = LlamaConfig(
        vocab_size=len(words),
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        tie_word_embeddings=False,
        initializer_range=0.5,
        **shape,
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(target)
    adapter = target / "adapter"
    adapter.mkdir()
    weights = {}
    for layer in range(config.num_hidden_layers):
        for name, size in {"q_proj": config.num_attention_heads, "v_proj": config.num_key_value_heads}.items():
            prefix = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{prefix}.lora_A.weight"] = torch.randn(RANK, config.hidden_size)
            weights[f"{prefix}.lora_B.weight"] = torch.randn(size * config.head_dim, RANK)
    save_file(weights, adapter / "adapter_model.safetensors")
    described = {"peft_type": "LORA", "r": RANK, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"], "bias": "none"}
    (adapter / "adapter_config.json").write_text(json.dumps(described))
    print(json.dumps({"parameters": model.num_parameters(), "vocabulary": len(words)}))


if __name__ == "__main__":
    main(Path(os.environ["MODEL_DIR"]), json.loads(os.environ["SHAPE"]))
