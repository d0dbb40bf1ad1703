// ProcessField.swift - fields of one address space.

/// Fields of one address space.
public enum ProcessField: Int, CaseIterable, Sendable {
    /// 0 not yet created, 1 alive, 2 exited.
    case life
    /// locked_vm, pages.
    case locked
    /// pinned_vm, pages.
    case pinned
    /// MMF_HAS_PINNED.
    case hasPinned
    /// write_protect_seq is odd: a fork is copying page tables.
    case forking
    /// RLIMIT_MEMLOCK in pages; `KernelState.unlimited` for none.
    case lockLimit
    /// Owner; io_uring charges users.
    case user
    /// user_struct.locked_vm of the user with this number, pages.
    case userLocked
}
