// ProcessID.swift - one address space (Linux: mm_struct).

/// One address space (Linux: mm_struct).
public typealias ProcessID = Identifier<IdentifierKind.Process>
