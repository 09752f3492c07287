"""Fitted weights that ship with Vouched, beside the scripts that made them."""
