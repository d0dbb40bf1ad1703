// HostMemory+Names.swift - kinds of memory in words.

extension HostMemory {
    private static let named: [(name: String, kind: HostMemory)] = [
        ("swap", .swap), ("huge", .huge), ("hugetlb", .hugetlb), ("collapse", .collapse), ("nodes", .nodes), ("device", .device),
        ("controller", .controller),
    ]

    /// "swap,huge"; "none" for none.
    public var names: String {
        isEmpty ? "none" : Self.named.filter { contains($0.kind) }.map(\.name).joined(separator: ",")
    }

    /// Nil if a word names no kind.
    public init?(names: String) {
        self = []
        for word in names.split(separator: ",") where word != "none" {
            guard let kind = Self.named.first(where: { $0.name == word })?.kind else { return nil }
            insert(kind)
        }
    }
}
