// NullRegion.swift - a region that stands for no memory.

import CVerbs

@safe
final class NullRegion: Object {
    private let pointer: UnsafeMutablePointer<ibv_mr>

    init(_ pointer: UnsafeMutablePointer<ibv_mr>) { unsafe self.pointer = unsafe pointer }

    var localKey: UInt32 { unsafe pointer.pointee.lkey }

    override func destroyNow() -> Int32 { unsafe ibv_dereg_mr(pointer) }
}
