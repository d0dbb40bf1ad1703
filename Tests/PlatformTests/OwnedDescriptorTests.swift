// OwnedDescriptorTests.swift - a descriptor is closed exactly when its owner ends.
import Glibc
import Platform
import Testing

@Suite struct OwnedDescriptorTests {
    @Test func closesAtTheEndOfItsLife() throws {
        let pipe = try TestPipe()
        do {
            let writer = OwnedDescriptor(adopting: pipe.writer)
            #expect(!pipe.isAtEnd, "\(writer.number) is open")
        }
        try pipe.expectEnd()
    }

    @Test func releaseLeavesItOpen() throws {
        let pipe = try TestPipe()
        let writer = OwnedDescriptor(adopting: pipe.writer)
        let number = writer.release()
        #expect(!pipe.isAtEnd)
        #expect(close(number) == 0)
        try pipe.expectEnd()
    }

    @Test func errorsSayCallAndReason() throws {
        let error = SystemError(number: ErrorNumber.addressInUse, call: "bind")
        #expect(error.description == "bind: Address already in use (errno 98)")
    }
}
