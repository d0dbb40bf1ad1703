// PageNumber.swift - one page of virtual address space.

/// One page of virtual address space.
public typealias PageNumber = Identifier<IdentifierKind.Page>
