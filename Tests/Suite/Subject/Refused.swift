// Refused.swift - a function that must work for a case to begin with did not.

import Glibc

/// A function refused although nothing was wrong with what it was asked: the case cannot even begin.
struct Refused: Error, CustomStringConvertible {
    let function: String
    let code: Int32

    init(function: String, code: Int32 = errno) {
        self.function = function
        self.code = code
    }

    var description: String { "\(function) failed with \(ErrorName.of(code))" }
}
