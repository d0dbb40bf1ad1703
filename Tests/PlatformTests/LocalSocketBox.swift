// LocalSocketBox.swift - a socket that tests can put into tuples and arrays, and close when they like.
import Platform

/// Holds a socket until `close` or the end.
final class LocalSocketBox {
    private var held: LocalSocket?

    init(_ socket: consuming LocalSocket) { held = consume socket }

    var socket: LocalSocket {
        _read {
            guard held != nil else { fatalError("closed") }
            yield held!
        }
    }

    func close() { held = nil }
}
