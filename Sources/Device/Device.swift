// Device: see ARCHITECTURE.md.
