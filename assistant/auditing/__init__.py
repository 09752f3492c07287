"""An audit: a text that someone else wrote is held against the library, sentence by sentence."""

from assistant.auditing.audit import Audit, Audited, Outcome, audit, audits
from assistant.auditing.drafts import Said, sentences

__all__ = ["Audit", "Audited", "Outcome", "Said", "audit", "audits", "sentences"]
