// QueuePair+Transfer.swift - moves bytes between the scratch lists by the kernel.
//
// Owns: lists longer than one system call moves, and finding out which side a fault was on.
// Counterpart: process_vm_readv(2), process_vm_writev(2), which survive any fault on either side.
// Locking: `sendLock` held.

import Platform
import Verbs

extension QueuePair {
    /// Moves all bytes of the local list from or to the remote list of `remoteCount` pieces.
    @inline(__always)
    func transfer(
        _ direction: TransferDirection, _ payload: GatheredPayload, remoteCount: Int, process pid: Int32
    ) -> TransferResult {
        let moved = unsafe move(
            direction, localPieces.address, payload.pieceCount, remotePieces.address, remoteCount, pid)
        if moved == Int(payload.byteCount) { return .moved }
        return transferSlowly(direction, payload, remoteCount: remoteCount, process: pid, result: moved)
    }

    @inline(__always)
    private func move(
        _ direction: TransferDirection, _ local: UnsafeMutablePointer<IOVector>, _ localCount: Int,
        _ remote: UnsafeMutablePointer<IOVector>, _ remoteCount: Int, _ pid: Int32
    ) -> Int {
        switch direction {
        case .write:
            unsafe ProcessMemory.write(
                to: pid, local: local, localCount: localCount, remote: remote, remoteCount: remoteCount)
        case .read:
            unsafe ProcessMemory.read(
                from: pid, local: local, localCount: localCount, remote: remote, remoteCount: remoteCount)
        }
    }

    /// The kernel stopped early: because of its limit on one call (2 GiB less a page), or at a page it cannot touch.
    @inline(never)
    private func transferSlowly(
        _ direction: TransferDirection, _ payload: GatheredPayload, remoteCount: Int, process pid: Int32, result: Int
    ) -> TransferResult {
        var local = PieceCursor((0..<payload.pieceCount).map { localPieces[$0] })
        var remote = PieceCursor((0..<remoteCount).map { remotePieces[$0] })
        var result = result
        while result > 0 {
            local.advance(UInt64(result))
            remote.advance(UInt64(result))
            if local.rest.isEmpty { return .moved }
            if remote.rest.isEmpty { return .remoteFault }
            result = continueMoving(direction, local.rest, remote.rest, pid)
        }
        if result == -Int(ErrorNumber.noSuchProcess) || result == -Int(ErrorNumber.notPermitted) { return .gone }
        // The kernel stopped at a page that it cannot touch; the next byte of ours tells whose page it is.
        guard let piece = local.first else { return .remoteFault }
        return isReachable(piece, forWriting: direction == .read) ? .remoteFault : .localFault
    }

    private func continueMoving(
        _ direction: TransferDirection, _ local: [IOVector], _ remote: [IOVector], _ pid: Int32
    ) -> Int {
        var (local, remote) = (local, remote)
        return unsafe local.withUnsafeMutableBufferPointer { near in
            unsafe remote.withUnsafeMutableBufferPointer { far in
                guard let nearBase = near.baseAddress, let farBase = far.baseAddress else { return 0 }
                return unsafe move(direction, nearBase, near.count, farBase, far.count, pid)
            }
        }
    }

    /// Whether one byte of this process can be read, or written where the transfer would write it.
    private func isReachable(_ piece: IOVector, forWriting: Bool) -> Bool {
        let pid = process.member.identity.pid
        var byte: UInt8 = 0
        return unsafe withUnsafeMutableBytes(of: &byte) { scratch in
            var near = IOVector(base: UInt64(UInt(bitPattern: scratch.baseAddress)), length: 1)
            var far = IOVector(base: piece.base, length: 1)
            guard unsafe ProcessMemory.read(from: pid, local: &near, localCount: 1, remote: &far, remoteCount: 1) == 1 else {
                return false
            }
            return unsafe !forWriting
                || ProcessMemory.write(to: pid, local: &near, localCount: 1, remote: &far, remoteCount: 1) == 1
        }
    }
}
