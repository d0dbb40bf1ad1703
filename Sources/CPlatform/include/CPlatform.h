// CPlatform.h - the few C lines that Swift cannot write.
//
// Owns: variadic system calls, ancillary data, the guarded copy and its signal handlers.
// Does not: keep state of the device; decide anything.
// Convention: a function that can fail returns -errno and leaves the caller's errno as it was.
#ifndef VERBENA_CPLATFORM_H
#define VERBENA_CPLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sigaction;

// shared_memory.c - memfd_create(2), fcntl(2) F_ADD_SEALS.
int verbena_memory_file_create(const char *name, size_t byte_count);
bool verbena_memory_file_is_sealed(int descriptor, size_t byte_count);

// mapping.c - mmap(2), madvise(2). A mapping call stores the address in *base.
int verbena_map_shared(int descriptor, size_t byte_count, bool writable, void **base);
int verbena_map_private(size_t byte_count, void **base);
int verbena_unmap(void *base, size_t byte_count);
int verbena_keep_from_children(void *base, size_t byte_count);
int verbena_bring_pages(uint64_t address, uint64_t byte_count, bool for_writing);
int verbena_wipe_in_children(void *base, size_t byte_count);
/* A wish: pages of the range, not yet touched, may become large ones. */
void verbena_prefer_large_pages(void *base, size_t byte_count);

// process_memory.c - process_vm_writev(2), process_vm_readv(2). Vectors have the layout of struct iovec.
int64_t verbena_process_write(int process, const void *local, size_t local_count, const void *remote,
                              size_t remote_count);
int64_t verbena_process_read(int process, const void *local, size_t local_count, const void *remote,
                             size_t remote_count);

// guarded_copy.c - copies that survive a fault on either side. True means that every byte was copied.
int verbena_guard_install(void);
bool verbena_guard_is_installed(void);
bool verbena_guarded_copy(uint64_t to, uint64_t from, size_t byte_count);
bool verbena_copy_by_system_call(uint64_t to, uint64_t from, size_t byte_count);
bool verbena_copy_by_pipe(uint64_t to, uint64_t from, size_t byte_count);
bool verbena_thread_blocks_faults(void);

// guard_handlers.c - what the interposed sigaction(2) and signal(2) do. They behave as those do, errno included.
int verbena_guard_handlers_install(void);
int verbena_guard_sigaction(int signal_number, const struct sigaction *action, struct sigaction *old_action);
void (*verbena_guard_signal(int signal_number, void (*handler)(int)))(int);

// process.c - pidfd_open(2), pidfd_getfd(2).
int verbena_process_descriptor_open(int process);
int verbena_process_descriptor_duplicate(int process_descriptor, int number);
bool verbena_process_descriptor_is_alive(int process_descriptor);
bool verbena_is_event_descriptor(int descriptor);

// local_socket.c - unix(7): abstract names, SOCK_SEQPACKET, SCM_RIGHTS. Names are given without the leading NUL.
int verbena_local_listen(const char *name, size_t name_length);
int verbena_local_connect(const char *name, size_t name_length, int timeout_milliseconds);
int verbena_local_accept(int descriptor);
int verbena_local_peer(int descriptor, int32_t *process, uint32_t *user);
int verbena_local_send(int descriptor, const void *bytes, size_t byte_count, const int *descriptors,
                       size_t descriptor_count, int timeout_milliseconds);
int64_t verbena_local_receive(int descriptor, void *bytes, size_t byte_count, int *descriptors,
                              size_t descriptor_limit, size_t *descriptor_count, int timeout_milliseconds);

// events.c - eventfd(2), ppoll(2), futex(2), clock_gettime(2). UINT64_MAX nanoseconds waits for ever.
int verbena_event_create(bool semaphore, bool blocking);
int verbena_event_signal(int descriptor);
/// Whether a signal would not have to wait.
bool verbena_event_can_signal(int descriptor);
int verbena_event_consume(int descriptor, uint64_t *value);
int verbena_poll(void *entries, size_t count, uint64_t timeout_nanoseconds);
uint64_t verbena_monotonic_nanoseconds(void);
uint64_t verbena_realtime_nanoseconds(void);
void verbena_sleep(uint64_t nanoseconds);
void verbena_yield(void);
void verbena_futex_wait(const void *word, uint32_t value, uint64_t nanoseconds);
void verbena_futex_wake(const void *word);

// thread.c - pthread_create(3), pthread_atfork(3).
int verbena_thread_start(const char *name, size_t stack_bytes, void *(*body)(void *), void *argument);
void verbena_unknown_call(void);
int verbena_atfork_register(void (*child_handler)(void));
uint64_t *verbena_wipe_page(void);

// fork_mark.c - sets a word, now or later, when this process shares frames by a fork.
void verbena_mark_forks(uint32_t *word);

// shared_file.c - a descriptor (or -ENOENT) of the file behind a writable shared mapping, and the range's offset in it.
int verbena_shared_file(uint64_t start, uint64_t byte_count, uint64_t *offset);
/// A file of sysfs or proc. Such a one may give each mapping memory of its own, as a controller's p2pmem/allocate does.
bool verbena_is_attribute_file(int descriptor);
int verbena_map_shared_at(int descriptor, uint64_t offset, size_t byte_count, bool writable, void **base);

// provided_memory.c - files of memory that another process provides.
/// -EINVAL for a descriptor that stands for no memory.
int64_t verbena_provided_size(int descriptor);
/// Bytes of which a mapping of it is a multiple: a huge page's of hugetlbfs, else a page's.
uint64_t verbena_provided_page_bytes(int descriptor);
/// A descriptor that holds the lease of a range, until it and its copies are closed or it is given back. -ENODEV: the
/// provider takes it back just now. -ENOENT: none is needed, the kernel counts the users of this one.
int verbena_lease_take(int descriptor, uint64_t offset, uint64_t byte_count);
void verbena_lease_give_back(int lease);
/// The provider's side: a file, whose size it can take back.
int verbena_provided_create(uint64_t byte_count);
/// Nobody gets a lease any more.
int verbena_lease_refuse_new(int descriptor);
/// Waits until nobody has a lease.
int verbena_lease_await_last(int descriptor);
/// From then on there are no bytes, and there never will be.
int verbena_provided_revoke(int descriptor);

// mapping_query.c - which rights hold for a whole range of this process. -ENOMEM: not all of it is mapped.
enum { VERBENA_RIGHT_READ = 1, VERBENA_RIGHT_WRITE = 2, VERBENA_RIGHT_SHARED = 8, VERBENA_RIGHT_PRIVATE = 16 };
int verbena_mapping_rights(uint64_t start, uint64_t byte_count);
int verbena_mapping_rights_by_query(uint64_t start, uint64_t byte_count);
int verbena_mapping_rights_by_text(uint64_t start, uint64_t byte_count);

/// The first mapping that ends after an address, from its start to its end. -ENOENT: there is none.
int verbena_mapping_after(uint64_t address, uint64_t *start, uint64_t *end);

// memory_lock.c - mlock(2), munlock(2), past whatever answers in the program's place.
int verbena_memory_lock(uint64_t address, uint64_t byte_count);
int verbena_memory_unlock(uint64_t address, uint64_t byte_count);
int verbena_memory_is_locked(uint64_t address, uint64_t byte_count);
int verbena_memory_drop(uint64_t address, uint64_t byte_count, bool though_locked);

// mapping_watch.c - who wants to know of the program's calls that change mappings and locks.
/// Between `begin` and `end` the calling thread's own calls are not told of. Where `begin` says false, nothing else is called.
struct verbena_mapping_watch {
    bool (*begin)(void);
    void (*end)(void);
    void (*unmapped)(uint64_t address, uint64_t byte_count);
    void (*moved)(uint64_t address, uint64_t byte_count, uint64_t to, uint64_t to_byte_count, bool keeps_old);
    /// Before a move, which the kernel may do in part where areas are watched by it; and after it, where the range is.
    void (*let_go)(uint64_t address, uint64_t byte_count);
    void (*watch_again)(uint64_t address, uint64_t byte_count);
    /// Makes one area of what the watcher has cut, for a move; false if there is nothing to make.
    bool (*join)(uint64_t address, uint64_t byte_count);
    void (*part)(uint64_t address, uint64_t byte_count);
    void (*forbade)(uint64_t address, uint64_t byte_count);
    /// In place of the call: 0 or -errno; 1 leaves it to the kernel.
    int (*allow)(uint64_t address, uint64_t byte_count);
    /// In place of the kernel's answer that locked pages are not dropped: 0 or -errno.
    int (*drop)(uint64_t address, uint64_t byte_count);
    void (*dropped)(uint64_t address, uint64_t byte_count);
    void (*locked)(uint64_t address, uint64_t byte_count);
    void (*locked_all)(void);
    /// In place of the call: 0 or -errno; 1 leaves it to the kernel.
    int (*unlock)(uint64_t address, uint64_t byte_count);
    void (*unlocked_all)(void);
};
/// The structure is copied. For the rest of the process's life.
void verbena_watch_mappings(const struct verbena_mapping_watch *watch);
/// The watch, begun for this thread; NULL where nobody watches, or this thread's calls are the watcher's own.
const struct verbena_mapping_watch *verbena_mapping_watch_begin(void);
void verbena_mapping_watch_end(const struct verbena_mapping_watch *watch);
/// The watcher's own calls: true if they were told of before.
bool verbena_mapping_watch_pause(void);
void verbena_mapping_watch_resume(bool paused);

// mapping_events.c - userfaultfd(2): what becomes of watched memory, as the kernel tells it.
enum { VERBENA_CHANGE_NONE, VERBENA_CHANGE_UNMAPPED, VERBENA_CHANGE_MOVED, VERBENA_CHANGE_DROPPED };
struct verbena_mapping_change {
    uint32_t kind;
    uint64_t address, byte_count, to;
};
struct verbena_mapping_events;
/// A descriptor that tells of unmapping, moving and dropping; or -errno: -EOPNOTSUPP where it would need faults for that.
int verbena_mapping_events_open(void);
/// Whole pages of existing areas. -EINVAL also for a part of a huge page, or a kind of memory that the kernel does not watch.
int verbena_mapping_events_watch(int descriptor, uint64_t start, uint64_t end);
int verbena_mapping_events_forget(int descriptor, uint64_t start, uint64_t end);
/// Begins to read, for the rest of the process's life. Before a change is read, and so before the call that made it returns,
/// both words have grown; `epoch` is never 0.
int verbena_mapping_events_start(
    int descriptor, uint32_t *announced, uint32_t *epoch, struct verbena_mapping_events **started);
/// Whether some thread is amid a change of watched memory: the kernel has made it, or is about to, and it may not be announced.
bool verbena_mapping_events_is_changing(const struct verbena_mapping_events *events);
/// Waits for the next change, for one thread. One comes for each growth of `announced`, though it may be none.
struct verbena_mapping_change verbena_mapping_events_next(struct verbena_mapping_events *events);

// areas.c - virtual memory areas as smaps describes them, and whether forks copy them.
enum {
    VERBENA_AREA_WRITABLE = 1,
    VERBENA_AREA_SHARED = 2,
    VERBENA_AREA_NOT_FORKED = 4,
    /// Some page has a frame of its own: what splits it off can merge with it again.
    VERBENA_AREA_HAS_FRAMES = 8,
};
struct verbena_area {
    uint64_t start, end, page_bytes;
    uint32_t flags;
};
/// The first area that ends after an address, but for what no query tells: forked or not, frames or none. -ENOENT: there is none.
/// -ENOTTY: the kernel (before Linux 6.11) knows no such query.
int verbena_area_by_query(uint64_t address, struct verbena_area *area);
/// The file behind a writable shared mapping.
struct verbena_mapped_file {
    uint64_t start, end, offset, inode;
    uint32_t device_major, device_minor;
};
/// 0; -ENOENT where there is no such mapping. -ENOTTY: the kernel (before Linux 6.11) knows no such query.
int verbena_mapped_file_by_query(uint64_t address, struct verbena_mapped_file *file);
/// Whether some page of a private range has a frame of its own: 0, 1, or -errno; -ENOTTY before Linux 6.7.
int verbena_has_frames(uint64_t start, uint64_t end);
/// The first areas of a range; how many, or -errno.
int verbena_areas(uint64_t from, uint64_t to, struct verbena_area *areas, size_t capacity);
int verbena_area_count(int process);
int verbena_forget_in_children(uint64_t address, uint64_t byte_count, bool forget);
/// Gives a writable private page a frame of its own, and leaves its bytes as they are.
int verbena_give_frame(uint64_t address);

// fork_advice.c - whether the program has ever kept memory from children, if its calls are heard.
/// Its calls come by here from now on.
void verbena_fork_advice_is_heard(void);
void verbena_fork_advice_given(void);
/// False also where nobody hears.
bool verbena_fork_advice_never_given(void);

// files.c - open(2) is variadic.
int verbena_open_for_reading(const char *path);
int64_t verbena_read(int descriptor, void *bytes, size_t byte_count);
int64_t verbena_write(int descriptor, const void *bytes, size_t byte_count);
int verbena_close(int descriptor);
int verbena_duplicate(int descriptor);
int verbena_file_identity(int descriptor, uint64_t *inode, uint32_t *file_system);

// frame_ring.c - io_uring(7) fixed buffers. One thread at a time.
struct verbena_frame_ring {
    int32_t descriptor;
    /// How many buffers it can hold.
    uint32_t slot_count;
    /// Whether slots can be filled and emptied one by one.
    bool has_table;
    void *submission, *completion, *entries;
    size_t submission_bytes, completion_bytes, entry_bytes;
    uint32_t submission_tail, submission_array;
    uint32_t completion_head, completion_tail, completion_entries, completion_mask;
};
int verbena_frame_ring_open(struct verbena_frame_ring *ring, uint32_t slot_count);
void verbena_frame_ring_close(struct verbena_frame_ring *ring);
int verbena_frame_ring_hold(struct verbena_frame_ring *ring, uint32_t slot, uint64_t address, size_t byte_count);
int verbena_frame_ring_release(struct verbena_frame_ring *ring, uint32_t slot);
/// Moves bytes between the frames behind `address` and the beginning of a file; how many, or -errno.
int64_t verbena_frame_ring_move(struct verbena_frame_ring *ring, uint32_t slot, uint64_t address, uint32_t byte_count,
                                int file, bool from_frames);

// frame_pipe.c - vmsplice(2), tee(2).
/// Holds the first pages of a page-aligned range in a new pipe; how many, or -errno.
int verbena_frame_pipe_hold(uint64_t address, size_t byte_count, int *descriptor);
/// Copies what such a pipe holds, and leaves it there.
bool verbena_frame_pipe_read(int descriptor, size_t offset, uint64_t to, size_t byte_count);

// host.c
int64_t verbena_memlock_limit(void);
uint64_t verbena_effective_capabilities(void);
void verbena_allow_any_tracer(void);

// probes.c - errno values of what one child process was not allowed to do to another; 0 where it was.
int verbena_probe_siblings(int32_t *write_result, int32_t *read_result, int32_t *duplicate_result);
int verbena_probe_io_uring(void);

// programs.c - which privilege a program would gain: the dynamic linker then ignores LD_PRELOAD.
enum { VERBENA_PRIVILEGE_USER = 1, VERBENA_PRIVILEGE_GROUP = 2, VERBENA_PRIVILEGE_CAPABILITIES = 3 };
int verbena_program_privilege(const char *path);
/// 0 if `path` is a file that this user may execute.
int verbena_program_check(const char *path);
/// Returns only if it fails.
int verbena_program_replace(const char *path, char *const *arguments);
/// Where the dynamic linker finds a library, links resolved.
int verbena_library_path(const char *name, char *path, size_t byte_count);
/// How wide a terminal is; 0 if the descriptor is none.
int verbena_terminal_columns(int descriptor);

/// Tells the core that this is a spin loop.
static inline void verbena_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
