"""The eval harness: asks the assistant, scores its answers, reports."""
