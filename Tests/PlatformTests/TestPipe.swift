// TestPipe.swift - a pipe that shows whether any copy of its writing end is still open.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

/// A pipe whose reading end it owns. The writing end is the test's to close.
final class TestPipe {
    let reader: Int32
    let writer: Int32
    private let owner: OwnedDescriptor

    init() throws {
        var ends: (reader: Int32, writer: Int32) = (-1, -1)
        let made = unsafe verbena_test_pipe(&ends.reader, &ends.writer)
        try #require(made)
        (reader, writer) = ends
        owner = OwnedDescriptor(adopting: reader)
    }

    /// Whether every copy of the writing end is closed now.
    var isAtEnd: Bool {
        var byte: UInt8 = 0
        return unsafe read(reader, &byte, 1) == 0
    }

    /// Waits until it is. Another test's forked child may hold a copy for a moment.
    func expectEnd() throws { try waitUntil { isAtEnd } }
}
