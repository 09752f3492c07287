"""The two networks: the packaged MiniLM as their encoder, and their heads."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from assistant.packing import CHECKING_TYPES, READ

ENTAILED, NEUTRAL, CONTRADICTED = 0, 1, 2
ABSENT = -30.0  # the evidence logit of padding, and of sentences that found no room


def encoder(folder: Path, dropout: float) -> BertModel:
    """Load the backbone. Attention keeps no dropout: without it, PyTorch can fuse attention, which halves the time."""
    config = BertConfig.from_pretrained(folder)
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = dropout, 0.0
    model = BertModel.from_pretrained(folder, config=config, add_pooling_layer=False, attn_implementation="sdpa")
    model.embeddings.word_embeddings.weight.requires_grad_(False)  # half of all weights, and good as they are
    types = model.embeddings.token_type_embeddings.weight
    types.data[1] = types.data[0]  # the backbone saw only the first type when it learnt to compare sentences
    return model


def head(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Two layers; the last begins at zero, so that at first nothing speaks but what the backbone knows."""
    last = nn.Linear(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(inputs, width), nn.GELU(), last)


class ReaderNetwork(nn.Module):
    """Reads a question with an abstract, in one pass: which sentences answer, and is it answered at all?

    The question and each sentence are the means over their tokens. A sentence with [CLS] and its product with the
    question gives its evidence logit, to which their cosine is added: the backbone was made to compare sentences, and
    so knows something from the first step. [CLS] with the mean of the sentences, weighted by the softmax of those
    logits, and its product with the question give the answered logit.
    """

    def __init__(self, encoder: BertModel) -> None:
        """Put heads on an encoder."""
        super().__init__()
        self.encoder = encoder
        d = encoder.config.hidden_size
        self.evidence = head(3 * d, d, 1)
        self.answered = head(3 * d, d, 1)
        self.cosine = nn.Parameter(torch.tensor(8.0))

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, sentence_of: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give evidence logits of shape (n, s) and answered logits of shape (n,); ``places`` is 1 to s."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        belongs = (sentence_of.unsqueeze(1) == places.view(1, -1, 1)).to(hidden.dtype)  # (n, s, length)
        count = belongs.sum(-1, keepdim=True)
        sentences = belongs @ hidden / count.clamp(min=1.0)
        asked = (attention_mask - token_type_ids).unsqueeze(-1).to(hidden.dtype)
        question = (hidden * asked).sum(1, keepdim=True) / asked.sum(1, keepdim=True)
        whole = hidden[:, :1]
        seen = torch.cat([sentences, whole.expand_as(sentences), sentences * question], -1)
        logits = self.evidence(seen).squeeze(-1).float()
        logits = logits + self.cosine * (functional.cosine_similarity(sentences.float(), question.float(), dim=-1) - 0.5)
        logits = logits.masked_fill(count.squeeze(-1) == 0, ABSENT)
        weights = logits.softmax(-1).to(hidden.dtype)
        chosen = weights.unsqueeze(1) @ sentences
        return logits, self.answered(torch.cat([whole, chosen, chosen * question], -1)).flatten().float()


class VerifierNetwork(nn.Module):
    """Holds a statement against a quote: entailed, neutral or contradicted, from [CLS] and the mean of the quote."""

    def __init__(self, encoder: BertModel) -> None:
        """Put a head on an encoder, which learns to tell six types of tokens; see `assistant.packing.pack_checking`."""
        super().__init__()
        d = encoder.config.hidden_size
        types = encoder.embeddings.token_type_embeddings.weight[:1].detach().repeat(CHECKING_TYPES, 1)
        encoder.embeddings.token_type_embeddings = nn.Embedding(CHECKING_TYPES, d, _weight=types)
        self.encoder = encoder
        self.verdict = head(4 * d, d, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Give logits of shape (n, 3): entailed, neutral, contradicted."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        read = ((token_type_ids >= READ) * attention_mask).unsqueeze(-1).to(hidden.dtype)
        said = ((token_type_ids < READ) * attention_mask).unsqueeze(-1).to(hidden.dtype)
        quote = (hidden * read).sum(1) / read.sum(1).clamp(min=1.0)
        statement = (hidden * said).sum(1) / said.sum(1).clamp(min=1.0)
        features = torch.cat([hidden[:, 0], statement, quote, statement * quote], -1)
        logits: Tensor = self.verdict(features)
        return logits.float()
