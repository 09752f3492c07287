"""``vouched bench``: performance figures kept in one store, each beside a baseline that was measured in the same run."""
