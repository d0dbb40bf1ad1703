// QueuePair+Transfer.swift - moves bytes between the scratch lists by the kernel, or else by the target's agent.
//
// Owns: lists longer than one system call moves, and finding out which side a fault was on.
// Counterpart: process_vm_readv(2), process_vm_writev(2), which survive any fault on either side.
// Locking: `sendLock` held.

import Platform
import Verbs

extension QueuePair {
    /// Moves all bytes of the local list from or to the remote list of `remoteCount` pieces, which is `place` translated.
    @inline(__always)
    func transfer(
        _ direction: TransferDirection, _ payload: GatheredPayload, remoteCount: Int, _ place: RemotePlace, _ target: Int
    ) -> TransferResult {
        let pid = responder(at: target).process
        // Frames are their owner's alone to touch: the target's by its agent, and ours before they get there.
        guard pid != 0, !touchesFrames(payload.pieceCount, remoteCount) else { return transferByAgent(direction, payload, place, target) }
        // The kernel's copy out of another process pins what it reads, and a pin unshares it. The owner's loads do not.
        if direction == .read, responder(at: target).view.header.sharesFrames.load() != 0, readsShared(remoteCount, of: pid) {
            return transferByAgent(direction, payload, place, target)
        }
        let moved = unsafe move(
            direction, localPieces.address, payload.pieceCount, remotePieces.address, remoteCount, pid)
        if moved == Int(payload.byteCount) { return .moved }
        let result = transferSlowly(direction, payload, remoteCount: remoteCount, target: target, result: moved)
        if let result, result != .remoteFault { return result }
        // Refused, or a device's pages, behind which the kernel's copy finds no frames: the owner's loads and stores reach
        // them. From the beginning: what has arrived arrives once more.
        return transferByAgent(direction, payload, place, target)
    }

    @inline(__always)
    private func touchesFrames(_ localCount: Int, _ remoteCount: Int) -> Bool {
        var addresses: UInt64 = 0
        for index in 0..<localCount { addresses |= localPieces[index].base }
        for index in 0..<remoteCount { addresses |= remotePieces[index].base }
        return FrameAddress.isFrames(addresses)
    }

    /// Whether the target may not be alone in having what the remote list names; also where the kernel does not tell.
    @inline(never)
    private func readsShared(_ remoteCount: Int, of pid: Int32) -> Bool {
        guard let map = try? PageMap(pid: pid) else { return true }
        return (0..<remoteCount).contains { index in
            let piece = remotePieces[index]
            return (try? map.mayBeShared(from: piece.base, byteCount: piece.length)) ?? true
        }
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
    /// Nil when it refuses us this process's memory altogether.
    @inline(never)
    private func transferSlowly(
        _ direction: TransferDirection, _ payload: GatheredPayload, remoteCount: Int, target: Int, result: Int
    ) -> TransferResult? {
        let pid = responder(at: target).process
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
        if isRefused(result, target) { return nil }
        // The kernel stopped at a page that it cannot touch; the next byte of ours tells whose page it is.
        guard let piece = local.first else { return .remoteFault }
        return isReachable(piece, forWriting: direction == .read) ? .remoteFault : .localFault
    }

    /// Whether the kernel, or a filter with whichever number it likes, refused the call rather than met a bad page. Then
    /// the target is gone, or its agent copies from now on.
    @inline(never)
    func isRefused(_ result: Int, _ target: Int) -> Bool {
        guard result < 0, result != -Int(ErrorNumber.badAddress) else { return false }
        loseReach(target)
        return true
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
        var byte: UInt8 = 0
        return unsafe withUnsafeMutableBytes(of: &byte) { scratch in
            let near = UInt64(UInt(bitPattern: scratch.baseAddress))
            return GuardedCopy.copyAnywhere(to: near, from: piece.base, byteCount: 1)
                && (!forWriting || GuardedCopy.copyAnywhere(to: piece.base, from: near, byteCount: 1))
        }
    }
}
