"""The map of the library: papers of one topic stand together, and each topic has a name of its papers' own words."""

from __future__ import annotations

import numpy as np

from assistant.atlas import atlas
from ingestion.library import Library


def test_papers_of_a_topic_stand_nearer_to_each_other_than_to_others() -> None:
    drawn = np.random.default_rng(1)
    middles = np.eye(8, 16)[:3]
    vectors = np.repeat(middles, 12, axis=0) + 0.1 * drawn.standard_normal((36, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"{'abc'[n // 12]}{n}" for n in range(36)]
    words = {"a": "Walnut harvest", "b": "Glacier melt", "c": "Bee dances"}
    found = atlas(ids, vectors, {id_: f"{words[id_[0]]} {id_}" for id_ in ids})
    assert {point.paper_id for point in found.points} == set(ids)
    assert all(0 <= point.x <= 1 and 0 <= point.y <= 1 for point in found.points)
    of_topic = {topic: {p.paper_id[0] for p in found.points if p.topic == topic} for topic in range(len(found.topics))}
    assert all(len(letters) == 1 for letters in of_topic.values())
    for topic, letters in of_topic.items():
        assert words[letters.pop()].split()[0] in found.topics[topic]
    spots = np.array([[point.x, point.y] for point in found.points])
    groups = np.array([point.topic for point in found.points])
    away = np.linalg.norm(spots[:, None] - spots[None], axis=2)
    same = groups[:, None] == groups[None]
    assert away[same].mean() < 0.5 * away[~same].mean()


def test_a_library_of_any_size_has_a_map(sample_library: Library) -> None:
    ids, vectors = sample_library.wholes()
    assert sorted(ids) == sorted(paper.id for paper in sample_library.papers())
    titles = {paper.id: paper.title for paper in sample_library.papers()}
    for count in (0, 1, 2, 3, 92):
        found = atlas(ids[:count], vectors[:count], titles)
        assert len(found.points) == count
        assert len(set(found.topics)) == len(found.topics)
    assert found == atlas(ids, vectors, titles)  # the same each time
