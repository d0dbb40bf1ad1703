// InheritedDescriptors.swift - closes in a forked child what would keep its parent's names alive.
//
// Owns: a fixed table of descriptor numbers, written by the parent, read by the handler that runs in the child.
// Locking: the caller's (DeviceProcess) for replacements; a fork that falls into a replacement closes some of them twice or not, never a foreign one, because
// entries only ever name descriptors that are open: one that is to be closed is taken out first.

import Platform
import Synchronization

/// The descriptors that a forked child must not keep.
enum InheritedDescriptors {
    private static let capacity = 2048
    nonisolated(unsafe) private static var numbers: UnsafeMutablePointer<Int32>?
    nonisolated(unsafe) private static var count = 0

    static func replace(by descriptors: [Int32]) {
        if unsafe numbers == nil {
            unsafe numbers = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
            do {
                try ForkGuard.registerChildHandler { InheritedDescriptors.closeAll() }
            } catch {
                Host.writeStandardError("verbena: forked children will keep descriptors open: \(error)\n")
            }
        }
        for (index, number) in descriptors.prefix(capacity).enumerated() { unsafe numbers?[index] = number }
        unsafe count = min(descriptors.count, capacity)
    }

    private static func closeAll() {
        guard let table = unsafe numbers else { return }
        for index in unsafe 0..<count { _ = unsafe OwnedDescriptor(adopting: table[index]) }
        unsafe count = 0
    }
}
