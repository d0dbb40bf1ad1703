// Platform: see ARCHITECTURE.md.
