// VerbsABI: see ARCHITECTURE.md.
