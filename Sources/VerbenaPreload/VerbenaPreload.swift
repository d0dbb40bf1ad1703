// VerbenaPreload: see ARCHITECTURE.md.
