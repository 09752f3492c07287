"""The metrics, a module a group; `evals.metrics` puts them together."""
