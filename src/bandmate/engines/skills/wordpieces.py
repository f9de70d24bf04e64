"""The word pieces of the encoder: the uncased English vocabulary of BERT (Google, Apache-2.0)."""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any


def tokenizer(longest: int) -> Any:
    """Return a tokenizer that reads at most ``longest`` pieces of a text, the marks at both ends included."""
    import tokenizers  # noqa: PLC0415 - an optional package: without it everything else still works
    from tokenizers import models, normalizers, pre_tokenizers, processors  # noqa: PLC0415 - as above

    pieces = gzip.decompress(_DATA.joinpath("wordpieces-uncased.txt.gz").read_bytes()).decode().split("\n")
    numbers = {piece: number for number, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 - a piece, no password
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"]))
    made.enable_truncation(longest)
    return made


_DATA = resources.files("bandmate.engines.skills") / "data"
