// Object.swift - what every object of the verbs has: an end.

/// A handle that a C function gave us. It is destroyed once: by the case, or when the bench ends.
class Object {
    private(set) final var isGone = false

    /// Calls the C function that destroys it.
    func destroyNow() -> Int32 { fatalError("abstract") }

    final func destroy() -> Int32 {
        let code = destroyNow()
        if code == 0 { isGone = true }
        return code
    }
}
