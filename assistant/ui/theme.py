"""How the page looks: style sheets, script and theme, all from this package, none from the network."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr

# Gradio's own themes ask Google for their fonts. These names are of fonts a machine has, or has not.
SANS = ("-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "system-ui", "sans-serif")
STYLES = ("colours.css", "layout.css", "tabs.css", "reading.css", "sheets.css", "library.css", "map.css")
SCRIPTS = ("tabs.js", "page.js", "library.js", "map.js")
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace")


def static(name: str) -> str:
    """Read a file of the page's own."""
    return (files("assistant.ui") / "static" / name).read_text(encoding="utf-8")


def theme() -> gr.themes.Base:
    """Give Gradio's plainest theme in the page's colours, so that nothing flashes before the style sheet is there."""
    base = gr.themes.Base(font=SANS, font_mono=MONO)
    return base.set(
        body_background_fill="#faf8f4",
        body_background_fill_dark="#161513",
        body_text_color="#1d1b18",
        body_text_color_dark="#ece7de",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_shadow="none",
    )


def head() -> str:
    """Give what goes into the page's ``<head>``.

    The style sheets go here and not through Gradio's ``css``, which rewrites selectors and does not know nested rules.
    """
    styles = "".join(f"<style>{static(name)}</style>" for name in STYLES)
    scripts = "".join(f"<script>{static(name)}</script>" for name in SCRIPTS)
    return f'{styles}{scripts}<meta name="color-scheme" content="light dark">'
