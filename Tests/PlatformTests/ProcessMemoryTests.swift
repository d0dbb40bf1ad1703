// ProcessMemoryTests.swift - copies between processes: counts, partial results, errno.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct ProcessMemoryTests {
    private func write(_ pid: Int32, _ local: [IOVector], _ remote: [IOVector]) -> Int {
        unsafe ProcessMemory.write(
            to: pid, local: local, localCount: local.count, remote: remote, remoteCount: remote.count)
    }

    private func read(_ pid: Int32, _ local: [IOVector], _ remote: [IOVector]) -> Int {
        unsafe ProcessMemory.read(
            from: pid, local: local, localCount: local.count, remote: remote, remoteCount: remote.count)
    }

    @Test func aChildReceivesAWord() throws {
        let page = try TestMemory()
        let child = try ChildProcess(verbena_test_child_await_word, page.address)
        var word: [UInt8] = [42, 0, 0, 0, 0, 0, 0, 0]
        let pid = child.pid
        withAddress(of: &word) { local in
            let pieces = [IOVector(base: local, length: 3), IOVector(base: local + 3, length: 5)]
            #expect(write(pid, pieces, [IOVector(base: page.address, length: 8)]) == 8)
        }
        #expect(child.wait() == 0)
        #expect(page.byte(0) == 0, "the child's page is its own")
    }

    @Test func readsFromAChild() throws {
        let page = try TestMemory(fill: pattern)
        let child = try ChildProcess(verbena_test_child_sleep)
        page.fill(0)
        var bytes = [UInt8](repeating: 0, count: 100)
        let pid = child.pid
        withAddress(of: &bytes) { local in
            let count = read(pid, [IOVector(base: local, length: 100)], [IOVector(base: page.address, length: 100)])
            #expect(count == 100)
        }
        #expect(bytes == (0..<100).map(pattern))
        child.kill()
    }

    @Test func stopsAtTheFirstPageItCannotTouch() throws {
        let page = try TestMemory()
        var bytes = [UInt8](repeating: 5, count: 200)
        let me = getpid()
        withAddress(of: &bytes) { local in
            let pieces = [IOVector(base: local, length: 100), IOVector(base: local + 100, length: 100)]
            let across = [IOVector(base: page.wall - 100, length: 100), IOVector(base: page.wall, length: 100)]
            #expect(write(me, pieces, across) == 100)
            #expect(write(me, [pieces[0]], [across[1]]) == -Int(EFAULT))
            #expect(read(me, [pieces[0]], [across[1]]) == -Int(EFAULT))
        }
        #expect(page.byte(Host.pageBytes - 1) == 5)
    }

    @Test func errnoStaysTheCallers() throws {
        var bytes = [UInt8](repeating: 0, count: 8)
        withAddress(of: &bytes) { local in
            let piece = [IOVector(base: local, length: 8)]
            errno = 77
            let result = write(Int32.max, piece, piece)
            #expect(errno == 77)
            #expect(result == -Int(ESRCH))
        }
    }
}
