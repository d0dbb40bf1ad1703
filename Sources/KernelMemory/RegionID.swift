// RegionID.swift - one holder of frames outside page tables: a memory region, a pin, a pipe.

/// One holder of frames outside page tables: a memory region, a pin, a pipe.
public typealias RegionID = Identifier<IdentifierKind.Region>
