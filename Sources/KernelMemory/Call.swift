// Call.swift - one actor and the operation it is at.

/// One actor and the operation it is at.
struct Call {
    let actor: ActorID
    let operation: Operation

    var process: ProcessID { operation.process }
}
