"""Pictures: plain data in, SVG text out. No state, no widgets, no kernel."""
