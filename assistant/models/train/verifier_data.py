"""What the verifier learns from: public pairs by source with a cap each, and statements written over abstracts."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models.train.reader_data import OWN, lines
from assistant.models.train.rewriting import reworded, swapped
from assistant.packing import Packed, pack_checking, tokenizer, tokens
from ingestion.embedding import PACKAGED_FOLDER
from ingestion.sentences import split_sentences

STATEMENTS = OWN.with_name("statements.jsonl.gz")  # written for this project, over papers of many fields
CLAIMS = OWN.with_name("claims.jsonl.gz")  # likewise, over texts of many kinds
WRITTEN = {"entailed": "entailment", "neutral": "neutral", "contradicted": "contradiction"}
APART = 12  # of so many texts, one is for measuring
SCIFACT = "scifact"  # has no held-out pairs of its own in the public file
LABELS = {"entailment": 0, "neutral": 1, "contradiction": 2, "not_entailment": 3}  # the last is neutral or contradiction
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)")
FLIPS = (
    ("outperforms", "underperforms"), ("improves", "worsens"), ("increases", "decreases"), ("higher", "lower"),
    ("more", "less"), ("better", "worse"), ("faster", "slower"), ("larger", "smaller"), ("reduces", "raises"),
    ("increase", "decrease"), ("improve", "worsen"), ("reduce", "raise"), ("gains", "losses"), ("strong", "weak"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement with what is to support it."""

    premise: str
    hypothesis: str
    label: int
    source: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A pair as token ids."""

    packed: Packed
    label: int
    source: str


def kept_apart(text: str) -> bool:
    """Tell whether what hangs on a text (a paper, a claim) is for measuring: one in twelve, the same in every run."""
    return zlib.crc32(text.encode()) % APART == 0


def public_pairs(path: Path, caps: dict[str, int], seed: int) -> list[Pair]:
    """Take of each public source as many pairs as its cap allows, at random; a source without a cap is left out."""
    by_source: dict[str, list[Pair]] = {}
    for row in lines(path):
        if row["source"] in caps and not (row["source"] == SCIFACT and kept_apart(row["hypothesis"])):
            pair = Pair(row["premise"], row["hypothesis"], LABELS[row["label"]], row["source"])
            by_source.setdefault(row["source"], []).append(pair)
    draw = random.Random(seed)  # noqa: S311 (no secret)
    taken = []
    for source, pairs in sorted(by_source.items()):
        draw.shuffle(pairs)
        taken += pairs[: caps[source]]
    return taken


def titled(rows: Iterable[dict[str, Any]], share: float, seed: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Give each paper with what its quotes are to begin with: for a share of the papers their title, else nothing."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    for row in rows:
        yield row, f"{row['title']}. " if "title" in row and draw.random() < share else ""


def written_pairs(path: Path, seed: int, share: float = 1.0, titles: float = 0.0) -> Iterator[Pair]:
    """Give the statements written over abstracts: supported by their evidence, look-alikes, and beside the point.

    Of the papers, only a share is taken, another with another seed.
    """
    draw = random.Random(seed)  # noqa: S311 (no secret)
    for row, title in titled(lines(path), titles, seed):
        if draw.random() >= share:
            continue
        sentences, qa = row["sentences"], row["qa"]
        for place, item in enumerate(qa):
            evidence = " ".join(sentences[i] for i in sorted(item["e"]))
            wide = " ".join(sentences[max(0, min(item["e"]) - 2) : max(item["e"]) + 3])
            premise = title + draw.choice((evidence, evidence, evidence, wide, wide, " ".join(sentences)))
            yield Pair(premise, item["s"], LABELS["entailment"], "written")
            yield Pair(premise, item["w"], LABELS["not_entailment"], "written")
            other = qa[(place + 1) % len(qa)]
            if not set(other["e"]) & set(item["e"]):
                beside = " ".join(sentences[i] for i in sorted(other["e"]))
                yield Pair(title + beside, item["s"], LABELS["neutral"], "written-beside")


def own_statements(seed: int, share: float = 1.0, titles: float = 0.0, *, held_out: bool = False) -> Iterator[Pair]:
    """Give the project's own statements, each with the sentences it is about, those around them, or the whole abstract."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    for row, title in titled(lines(STATEMENTS), titles, seed):
        sentences = row["sentences"]
        for item in row["statements"] if kept_apart(row["id"]) == held_out and draw.random() < share else ():
            first, last = min(item["e"]), max(item["e"])
            near = [sentences[i] for i in sorted(item["e"])]
            premise = draw.choice((near, sentences[max(0, first - 1) : last + 2], sentences))
            yield Pair(title + " ".join(premise), item["text"], LABELS[WRITTEN[item["label"]]], "own-statements")


def own_claims(
    data: Path, config: dict[str, Any], seed: int, share: float = 1.0, titles: float = 0.0, *, held_out: bool = False
) -> Iterator[Pair]:
    """Give the project's own claims, each with its whole text; those over PubMed abstracts need that set beside them."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    public = data / config["pubmed"]
    texts = {row["id"]: row["context"] for row in lines(public)} if public.exists() else {}
    for row, title in titled(lines(CLAIMS), titles, seed):
        text = row.get("premise") or texts.get(row["id"])
        if text and kept_apart(row["id"]) == held_out and draw.random() < share:
            for item in row["statements"]:
                yield Pair(title + text, item["text"], LABELS[WRITTEN[item["label"]]], f"own-{row['genre']}")


def made_up(path: Path, count: int, seed: int) -> Iterator[Pair]:
    """Change one thing in a verbatim sentence: a number, or the direction of a claim. Half the pairs are left unchanged."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    made = 0
    for row in lines(path):
        sentences = row["sentences"]
        place = draw.randrange(len(sentences))
        said = sentences[place]
        premise = " ".join(sentences[max(0, place - 1) : place + 2])
        changed = _changed(said, draw)
        if changed is None:
            continue
        yield Pair(premise, changed, LABELS["contradiction"], "made-up")
        yield Pair(premise, said, LABELS["entailment"], "made-up")
        made += 2
        if made >= count:
            return


def _changed(said: str, draw: random.Random) -> str | None:
    numbers = list(NUMBER.finditer(said))
    flips = [(m, new) for old, new in FLIPS for m in re.finditer(rf"\b{old}\b", said)]
    flips += [(m, old) for old, new in FLIPS for m in re.finditer(rf"\b{new}\b", said)]
    if numbers and (not flips or draw.random() < 0.5):
        found = draw.choice(numbers)
        value = float(found.group()) * draw.choice((0.5, 0.8, 1.1, 1.3, 2.0)) + draw.choice((0, 1))
        decimals = len(found.group().partition(".")[2])
        new = f"{value:.{decimals}f}"
        if new == found.group():
            return None
        return said[: found.start()] + new + said[found.end() :]
    if flips:
        match, new = draw.choice(flips)
        return said[: match.start()] + new + said[match.end() :]
    return None


def said_again(path: Path, count: int, seed: int, *, held_out: bool = False) -> Iterator[Pair]:
    """Say sentences of abstracts again by rule: rightly, and with names, numbers or directions changed (`rewriting`)."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    every = max(1, 60_000 // max(count, 1) // (APART if held_out else 1))
    made = 0
    for number, row in enumerate(lines(path)):
        if number % every != seed % every or kept_apart(row["id"]) != held_out:
            continue
        sentences = [row["abstract"][s.start : s.end] for s in split_sentences(row["abstract"])]
        able = [place for place, said in enumerate(sentences) if 8 <= len(said.split()) <= 45]
        draw.shuffle(able)
        for place in able:
            said = sentences[place]
            changed = swapped(said, draw) if draw.random() < 0.7 else _changed(said, draw)
            right = reworded(said, draw)
            if changed is None or right == said:
                continue
            premise = " ".join(draw.choice(([said], [said], sentences[max(0, place - 1) : place + 2])))
            yield Pair(premise, right, LABELS["entailment"], "said-again")
            yield Pair(premise, reworded(changed, draw), LABELS["contradiction"], "said-again")
            made += 2
            break
        if made >= count:
            return


def summaries(folder: Path, count: int, seed: int) -> Iterator[Pair]:
    """Give authors' one-sentence summaries with their abstract, and with another's."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    abstracts = {row["_id"]: row["text"] for row in lines(folder / "corpus.jsonl.gz")}
    ids = sorted(abstracts)
    rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    draw.shuffle(rows)
    for row in rows[: count // 2]:
        own = row["_id"].rpartition("-")[0]
        if own in abstracts:
            yield Pair(abstracts[own], row["text"], LABELS["entailment"], "scitldr")
            yield Pair(abstracts[draw.choice(ids)], row["text"], LABELS["neutral"], "scitldr")


def mixture(data: Path, config: dict[str, Any], epoch: int) -> list[Pair]:
    """Put the training pairs of an epoch together: each has its stage, and the last stage goes on."""
    name = config["stages"][min(epoch, len(config["stages"]) - 1)]
    stage = config[name]
    seed = config["seed"] + epoch
    pairs = public_pairs(data / config["public"], stage["caps"], seed)
    for path in [*(data / name for name in config["written"]), OWN]:
        if path.exists():
            pairs += written_pairs(path, seed, stage["written_share"], stage["titles"])
            pairs += made_up(path, stage["made_up"] // 2, seed)
    pairs += summaries(data / config["summaries"], stage["summaries"], seed)
    if name == "broad":
        return pairs
    share, titles = stage["own_share"], stage["titles"]
    pairs += said_again(data / config["pool"], stage["said_again"], seed)
    return [*pairs, *own_statements(seed, share, titles), *own_claims(data, config, seed, share, titles)]


def dev_pairs(data: Path, config: dict[str, Any]) -> list[Pair]:
    """Give the held-out pairs: public ones, and statements over held-out papers and texts."""
    found = [
        Pair(row["premise"], row["hypothesis"], LABELS[row["label"]], row["source"])
        for path in (data / config["public"], data / config["dev"][0])
        for row in lines(path)
        if path.name != Path(config["public"]).name or (row["source"] == SCIFACT and kept_apart(row["hypothesis"]))
    ]
    seed, titles = config["seed"], config["close"]["titles"]
    found += written_pairs(data / config["dev"][1], seed, titles=titles)
    found += own_statements(seed, titles=titles, held_out=True)
    found += said_again(data / config["pool"], 600, seed, held_out=True)
    return [*found, *own_claims(data, config, seed, titles=titles, held_out=True)]


def encoded(pairs: list[Pair]) -> list[Checked]:
    """Tokenize pairs."""
    spell = tokenizer(PACKAGED_FOLDER / "tokenizer.json")
    ids = tokens(spell, [text for pair in pairs for text in (pair.hypothesis, pair.premise)])
    return [Checked(pack_checking(ids[2 * i], ids[2 * i + 1]), pair.label, pair.source) for i, pair in enumerate(pairs)]
