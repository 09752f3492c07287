"""Training of the packaged reader and verifier: `python -m assistant.models.train --help`."""
