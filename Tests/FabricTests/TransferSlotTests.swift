// TransferSlotTests.swift - who may leave a request to an agent in which state, and that none is lost.

import Platform
import Testing

@testable import Fabric

@Suite struct TransferSlotTests {
    @Test func aSlotIsThePostersUntilItIsClosed() throws {
        let segment = try TestSegment()
        let slot = try needed(segment.view.claimTransfer(as: segment.holder, recoverDead: false))
        slot.reset()
        #expect(!slot.begin(), "the agent leaves alone what is not complete")
        slot.open()
        #expect(slot.begin() && !slot.begin())
        slot.end()
        #expect(slot.begin(), "the next chunk")
        slot.end()
        slot.close()
        #expect(!slot.begin() && !slot.lock.isHeld)
    }

    @Test func theAgentFreesWhatThePosterGaveUp() throws {
        let segment = try TestSegment()
        let slot = try needed(segment.view.claimTransfer(as: segment.holder, recoverDead: false))
        slot.reset()
        slot.open()
        #expect(slot.begin())
        slot.close()
        #expect(slot.lock.isHeld, "its buffers are still being read")
        slot.end()
        #expect(!slot.lock.isHeld && !slot.begin())
    }

    /// A hostile owner of the segment may write any state.
    @Test(arguments: [3, 4, UInt32.max])
    func aSlotInNoStateIsClosed(state: UInt32) throws {
        let segment = try TestSegment()
        let slot = try needed(segment.view.claimTransfer(as: segment.holder, recoverDead: false))
        slot.reset()
        slot.open()
        slot.state.store(state)
        slot.close()
        #expect(!slot.lock.isHeld && slot.state.load() == 0)
    }

    @Test func everySlotOfTheDeadIsFoundAgain() throws {
        let segment = try TestSegment()
        let dead = HolderIdentity(block: 65_534, nonce: 1)
        var busy = 0
        for index in 0..<SegmentLayout.transferCount {
            let slot = try needed(segment.view.claimTransfer(as: dead, recoverDead: false))
            slot.reset()
            // It died before it asked, while it waited, and while the agent was at work.
            if index % 3 > 0 { slot.open() }
            if index % 3 == 2 {
                #expect(slot.begin())
                busy += 1
            }
        }
        #expect(segment.view.claimTransfer(as: segment.holder, recoverDead: false) == nil)
        var found = 0
        while segment.view.claimTransfer(as: segment.holder, recoverDead: true) != nil { found += 1 }
        #expect(found == SegmentLayout.transferCount - busy)
        for index in 0..<SegmentLayout.transferCount where segment.view.transfer(index).state.load() != 0 { segment.view.transfer(index).end() }
        for _ in 0..<busy { #expect(segment.view.claimTransfer(as: segment.holder, recoverDead: false) != nil) }
    }

    @Test func theMailboxHoldsNamesUntilTheyAreTaken() throws {
        let segment = try TestSegment()
        let mailbox = SignalMailbox(segment.view)
        var names: Set<UInt32> = []
        // The same name twice is two events.
        #expect(mailbox.post(EventName(rawValue: 9)) && mailbox.post(EventName(rawValue: 9)))
        var count = 2
        while mailbox.post(EventName(rawValue: UInt32(count) * 4_097 + 1)) { count += 1 }
        #expect(count == SegmentLayout.mailboxWords)
        var taken = 0
        mailbox.take { name in
            names.insert(name.rawValue)
            taken += 1
        }
        #expect(taken == count && names.count == count - 1 && mailbox.isEmpty)
        mailbox.take { _ in taken += 1 }
        #expect(taken == count)
    }

    /// A name that was withdrawn raises nothing, whatever has the descriptor's number now.
    @Test func onlyRegisteredDescriptorsAreRaised() throws {
        let registry = EventRegistry()
        let event = try EventDescriptor.create(semaphore: true, blocking: false)
        let name = try registry.register(event.number)
        registry.raise(name)
        #expect(try EventDescriptor.consume(event.number) == 1)
        registry.raise(EventName(rawValue: name.rawValue ^ 1 << 31))
        registry.withdraw(name)
        registry.raise(name)
        #expect(throws: SystemError.self) { try EventDescriptor.consume(event.number) }
    }
}
