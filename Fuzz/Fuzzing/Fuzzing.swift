// Fuzzing.swift - starts libFuzzer's loop over a target written in Swift.

import CFuzzer

/// The loop.
public enum Fuzzing {
    nonisolated(unsafe) private static var target: (inout ByteSource) -> Void = { _ in }

    /// Runs until libFuzzer's own options say that it is enough; the status to exit with.
    public static func run(_ body: @escaping (inout ByteSource) -> Void) -> Int32 {
        unsafe target = body
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        return unsafe LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
            var input = unsafe ByteSource(bytes, count: count)
            unsafe Fuzzing.target(&input)
            return 0
        }
    }

    /// Ends the run with an input that broke a promise.
    public static func require(_ holds: Bool, _ promise: @autoclosure () -> String) {
        if !holds { fatalError(promise()) }
    }
}
