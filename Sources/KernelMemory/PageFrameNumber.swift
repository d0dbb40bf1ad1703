// PageFrameNumber.swift - one physical page frame (Linux: pfn).

/// One physical page frame (Linux: pfn).
public typealias PageFrameNumber = Identifier<IdentifierKind.Frame>
