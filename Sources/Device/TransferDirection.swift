// TransferDirection.swift - which way a copy between two processes goes.

/// Which way a copy between two processes goes, seen from the poster.
enum TransferDirection {
    case write
    case read
}
