"""Prompts are improved on a suite: edits are proposed from failures and a person's rules, and kept if they gain elsewhere.

After PROMST (Chen et al. 2024, arXiv:2402.08702, section 3): the feedback on failures is made by rules that people wrote, a
model proposes edits from it, and a beam of one is kept. Its learned model of scores, which spares trials, is left out: a
trial here costs one small suite, and its answers are stored.
"""
