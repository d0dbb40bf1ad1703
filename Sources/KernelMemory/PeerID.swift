// PeerID.swift - one peer of the message bus.

/// One peer of the message bus.
public typealias PeerID = Identifier<IdentifierKind.Peer>
