// mapping_events.c - hears from the kernel what becomes of watched memory: unmapped, moved, dropped, whoever asked for it.
//
// Owns: the userfaultfd, the thread that reads it, and the queue of what it has read. Does not: know what follows from a change.
// No fault is asked for: areas are registered in the one mode (write-protection) in which none comes that nobody provokes.
// A thread that makes a change waits in the kernel until its event is read, whatever locks it holds, an allocator's among them.
// So the reader takes no lock, and neither allocates nor frees; its queue is of pages that it maps itself.
// Counterpart: userfaultfd(2), ioctl_userfaultfd(2).
// Locking: none. One thread fills the queue, one empties it.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The installed headers may be older than the running kernel: Linux 5.11, 6.1, 5.7, 6.7.
enum { ONLY_USER_FAULTS = 1, WRITE_PROTECTION = 1 << 0, WRITE_PROTECTION_ASYNCHRONOUS = 1 << 15 };
#define NEW_DESCRIPTOR _IO(0xAA, 0x00)

enum { CHANGES_A_CHUNK = 127, CHUNK_BYTES = 4096 };
struct chunk {
    struct chunk *next;
    struct verbena_mapping_change changes[CHANGES_A_CHUNK];
};
_Static_assert(sizeof(struct chunk) <= CHUNK_BYTES, "a chunk is a page");

struct verbena_mapping_events {
    int descriptor;
    _Atomic uint32_t *announced, *epoch;
    /// How many have been put into the queue: what the other side sleeps on.
    _Atomic uint32_t filled;
    uint32_t taken;
    struct chunk *last, *first;
    /// A watched page that nobody changes: what the kernel answers about it tells whether it has something to tell of others.
    uint64_t quiet_page;
};

static int open_descriptor(void) {
    long descriptor = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | ONLY_USER_FAULTS);
    // Linux before 5.11 knows no flag.
    if (descriptor < 0 && errno == EINVAL) descriptor = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0) return (int)descriptor;
    int refusal = errno, device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device >= 0) {
        descriptor = ioctl(device, NEW_DESCRIPTOR, O_CLOEXEC | O_NONBLOCK | ONLY_USER_FAULTS);
        close(device);
    }
    errno = refusal;
    return (int)descriptor;
}

/// 0 or -1 and errno. With asynchronous write-protection, areas of any kind can be registered.
static int ask_for_events(int descriptor) {
    uint64_t events = UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP;
    struct uffdio_api request = {.api = UFFD_API, .features = events | WRITE_PROTECTION_ASYNCHRONOUS};
    int result = ioctl(descriptor, UFFDIO_API, &request);
    if (result != 0 && errno == EINVAL) {
        request = (struct uffdio_api){.api = UFFD_API, .features = events};
        result = ioctl(descriptor, UFFDIO_API, &request);
    }
    if (result == 0 && (request.features & WRITE_PROTECTION) == 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return result;
}

int verbena_mapping_events_open(void) {
    int saved = errno, descriptor = open_descriptor();
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    int result = ask_for_events(descriptor);
    if (result != 0) {
        result = (int)verbena_keep_errno(saved, result);
        close(descriptor);
        errno = saved;
        return result;
    }
    errno = saved;
    return descriptor;
}

int verbena_mapping_events_watch(int descriptor, uint64_t start, uint64_t end) {
    int saved = errno;
    struct uffdio_register request = {.range = {.start = start, .len = end - start}, .mode = UFFDIO_REGISTER_MODE_WP};
    return (int)verbena_keep_errno(saved, ioctl(descriptor, UFFDIO_REGISTER, &request));
}

int verbena_mapping_events_forget(int descriptor, uint64_t start, uint64_t end) {
    int saved = errno;
    struct uffdio_range range = {.start = start, .len = end - start};
    return (int)verbena_keep_errno(saved, ioctl(descriptor, UFFDIO_UNREGISTER, &range));
}

bool verbena_mapping_events_is_changing(const struct verbena_mapping_events *events) {
    int saved = errno;
    struct uffdio_writeprotect nothing = {.range = {.start = events->quiet_page, .len = (uint64_t)sysconf(_SC_PAGESIZE)}};
    bool is_changing = ioctl(events->descriptor, UFFDIO_WRITEPROTECT, &nothing) != 0 && errno == EAGAIN;
    errno = saved;
    return is_changing;
}

/// A page for the queue. Not by the name that the preload answers to. Without memory nothing else goes on either.
static struct chunk *new_chunk(void) {
    for (;;) {
        long place = syscall(SYS_mmap, NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (place != -1) return (struct chunk *)place;
        verbena_sleep(1000000);
    }
}

/// From here on peers wait until what is read next has been acted on; what they know of keys they look up again.
static void announce(struct verbena_mapping_events *events) {
    atomic_fetch_add(events->announced, 1);
    // 0 is no epoch.
    if (atomic_fetch_add(events->epoch, 1) == UINT32_MAX) atomic_fetch_add(events->epoch, 1);
}

static void put(struct verbena_mapping_events *events, struct verbena_mapping_change change) {
    uint32_t filled = atomic_load_explicit(&events->filled, memory_order_relaxed);
    uint32_t place = filled % CHANGES_A_CHUNK;
    if (place == 0 && filled != 0) events->last = events->last->next = new_chunk();
    events->last->changes[place] = change;
    atomic_store(&events->filled, filled + 1);
    verbena_futex_wake(&events->filled);
}

static struct verbena_mapping_change change_of(const struct uffd_msg *message) {
    struct verbena_mapping_change change = {.kind = VERBENA_CHANGE_NONE};
    switch (message->event) {
    case UFFD_EVENT_UNMAP:
    case UFFD_EVENT_REMOVE:
        change.kind = message->event == UFFD_EVENT_UNMAP ? VERBENA_CHANGE_UNMAPPED : VERBENA_CHANGE_DROPPED;
        change.address = message->arg.remove.start;
        change.byte_count = message->arg.remove.end - message->arg.remove.start;
        break;
    case UFFD_EVENT_REMAP:
        change.kind = VERBENA_CHANGE_MOVED;
        change.address = message->arg.remap.from;
        change.byte_count = message->arg.remap.len;
        change.to = message->arg.remap.to;
        break;
    default: break;
    }
    return change;
}

/// Ends only where the program has closed the descriptor: then the kernel tells nobody, and makes nobody wait.
static void *read_events(void *given) {
    struct verbena_mapping_events *events = given;
    struct pollfd entry = {.fd = events->descriptor, .events = POLLIN};
    for (;;) {
        if (poll(&entry, 1, -1) < 0) continue;
        if (entry.revents != POLLIN) return NULL;
        announce(events);
        // One at a time: each is announced before whoever waits for it goes on.
        struct uffd_msg message;
        ssize_t count = read(events->descriptor, &message, sizeof message);
        put(events, count == sizeof message ? change_of(&message) : (struct verbena_mapping_change){.kind = VERBENA_CHANGE_NONE});
        if (count < 0 && errno != EAGAIN && errno != EINTR) return NULL;
    }
}

static int watch_quiet_page(struct verbena_mapping_events *events) {
    void *page;
    size_t byte_count = (size_t)sysconf(_SC_PAGESIZE);
    int result = verbena_map_private(byte_count, &page);
    if (result < 0) return result;
    events->quiet_page = (uint64_t)(uintptr_t)page;
    result = verbena_mapping_events_watch(events->descriptor, events->quiet_page, events->quiet_page + byte_count);
    if (result < 0) verbena_unmap(page, byte_count);
    return result;
}

int verbena_mapping_events_start(
    int descriptor, uint32_t *announced, uint32_t *epoch, struct verbena_mapping_events **started) {
    void *place;
    int result = verbena_map_private(sizeof(struct verbena_mapping_events), &place);
    if (result < 0) return result;
    struct verbena_mapping_events *events = place;
    *events = (struct verbena_mapping_events){.descriptor = descriptor};
    events->announced = (_Atomic uint32_t *)announced;
    events->epoch = (_Atomic uint32_t *)epoch;
    events->first = events->last = new_chunk();
    result = watch_quiet_page(events);
    if (result == 0) result = verbena_thread_start("verbena-changes", 256 << 10, read_events, events);
    if (result == 0) {
        *started = events;
        return 0;
    }
    syscall(SYS_munmap, events->first, CHUNK_BYTES);
    verbena_unmap(events, sizeof *events);
    return result;
}

struct verbena_mapping_change verbena_mapping_events_next(struct verbena_mapping_events *events) {
    while (atomic_load(&events->filled) == events->taken) verbena_futex_wait(&events->filled, events->taken, UINT64_MAX);
    uint32_t place = events->taken % CHANGES_A_CHUNK;
    if (place == 0 && events->taken != 0) {
        struct chunk *empty = events->first;
        events->first = empty->next;
        syscall(SYS_munmap, empty, CHUNK_BYTES);
    }
    events->taken++;
    return events->first->changes[place];
}
