// Fabric: see ARCHITECTURE.md.
