// LocalSocket+Descriptor.swift - sockets kept as bare numbers, for those who hold many of them in a list.
//
// Owns: nothing; whoever releases a socket closes it later by adopting it again.

extension LocalSocket {
    /// Gives the descriptor away.
    public consuming func release() -> Int32 { descriptor.release() }

    /// Takes over a bare descriptor.
    public init(adopting number: Int32) { self.init(adopting: OwnedDescriptor(adopting: number)) }

    /// The next connection on a listener kept as a bare number.
    public static func accept(on listener: Int32) throws(SystemError) -> LocalSocket {
        let borrowed = LocalSocket(adopting: listener)
        do throws(SystemError) {
            let connection = try borrowed.accept()
            _ = borrowed.release()
            return connection
        } catch {
            _ = borrowed.release()
            throw error
        }
    }
}
