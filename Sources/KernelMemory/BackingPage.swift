// BackingPage.swift - one page of a file, of shared memory or of a device: what a mapping can be backed by.

/// One page of a file, of shared memory or of a device: what a mapping can be backed by.
public typealias BackingPage = Identifier<IdentifierKind.Backing>
