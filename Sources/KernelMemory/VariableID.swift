// VariableID.swift - one value that a scenario records.

/// One value that a scenario records.
public typealias VariableID = Identifier<IdentifierKind.Variable>
