// IdentifierKind.swift - tags for `Identifier`; never instantiated.

/// Tags for `Identifier`; never instantiated.
public enum IdentifierKind {
    public enum Actor: Sendable {}
    public enum Process: Sendable {}
    public enum Page: Sendable {}
    public enum Frame: Sendable {}
    public enum Backing: Sendable {}
    public enum SwapSlot: Sendable {}
    public enum Region: Sendable {}
    public enum Variable: Sendable {}
    public enum Peer: Sendable {}
}
