// mapping_query.c - which rights hold for a whole range of this process's addresses.
//
// Owns: PROCMAP_QUERY (Linux 6.11) on a descriptor that is kept open, because opening costs ten times what asking does; and
// the reading of /proc/self/maps, opened each time, where the kernel is older.
// A forked child's copy would describe its parent: a page that the kernel wipes in children says so. Programs close what is
// not theirs: whatever the kept descriptor cannot answer is asked again of a fresh one. Were it another process's maps by then, the
// answer would be about that process, and a registration would be judged wrongly; copies are guarded by themselves.
// Locking: none; the kernel's query needs none, and who takes the kept descriptor out of its word is the one to close it.
// Counterpart: proc_pid_maps(5).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// As in linux/fs.h since 6.11; the installed headers may be older than the running kernel.
struct map_query {
    uint64_t size, query_flags, query_address;
    uint64_t start, end, flags, page_size, offset, inode;
    uint32_t device_major, device_minor, name_size, build_identifier_size;
    uint64_t name_address, build_identifier_address;
};
#define MAP_QUERY _IOWR('f', 17, struct map_query)
enum { QUERY_READABLE = 1, QUERY_WRITABLE = 2, QUERY_SHARED = 8, QUERY_COVERING_OR_NEXT = 16 };

enum { ALL_RIGHTS = VERBENA_RIGHT_READ | VERBENA_RIGHT_WRITE | VERBENA_RIGHT_SHARED | VERBENA_RIGHT_PRIVATE };

static int open_maps(void) {
    return open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
}

static int rights_of_flags(uint64_t flags) {
    return (flags & QUERY_READABLE ? VERBENA_RIGHT_READ : 0) | (flags & QUERY_WRITABLE ? VERBENA_RIGHT_WRITE : 0)
        | (flags & QUERY_SHARED ? VERBENA_RIGHT_SHARED : VERBENA_RIGHT_PRIVATE);
}

/// The last address of the range, or false when it would pass the end of the address space.
static bool last_address(uint64_t start, uint64_t byte_count, uint64_t *last) {
    return !__builtin_add_overflow(start, byte_count == 0 ? 0 : byte_count - 1, last);
}

/// What is asked of a descriptor of this process's maps; gives the answer, or -errno.
typedef int (*question)(int descriptor, void *subject);

struct rights_question {
    uint64_t start, last;
};

static int query_rights(int descriptor, void *subject) {
    struct rights_question range = *(struct rights_question *)subject;
    int rights = ALL_RIGHTS;
    for (;;) {
        struct map_query query = {.size = sizeof query, .query_address = range.start};
        if (ioctl(descriptor, MAP_QUERY, &query) != 0) return errno == ENOENT ? -ENOMEM : -errno;
        rights &= rights_of_flags(query.flags);
        if (query.end > range.last) return rights;
        range.start = query.end;
    }
}

static int query_next(int descriptor, void *subject) { return ioctl(descriptor, MAP_QUERY, subject) == 0 ? 0 : -errno; }

/// What this process keeps open, and a word that reads 0 in a forked child until it has its own.
static _Atomic int kept = -1;
static _Atomic(_Atomic uint64_t *) kept_here;
/// Before 6.11 nothing is kept.
static _Atomic bool is_unknown_query;

static void drop_kept(void) {
    int descriptor = atomic_exchange(&kept, -1);
    if (descriptor >= 0) close(descriptor);
}

/// The descriptor to ask, or -1: then nothing can be kept here.
static int kept_maps(void) {
    _Atomic uint64_t *here = atomic_load_explicit(&kept_here, memory_order_acquire);
    if (here == NULL) {
        _Atomic uint64_t *page = (_Atomic uint64_t *)verbena_wipe_page(), *none = NULL;
        if (page == NULL) return -1;
        // A page made at the same time by another thread is left alone: this happens once.
        if (atomic_compare_exchange_strong(&kept_here, &none, page)) here = page;
        else here = none;
    }
    if (atomic_load_explicit(here, memory_order_acquire) == 0) {
        drop_kept();
        atomic_store_explicit(here, 1, memory_order_release);
    }
    int descriptor = atomic_load_explicit(&kept, memory_order_acquire);
    if (descriptor >= 0) return descriptor;
    int fresh = open_maps(), expected = -1;
    if (fresh < 0 || atomic_compare_exchange_strong(&kept, &expected, fresh)) return fresh;
    close(fresh);
    return expected;
}

static int ask_fresh(question asked, void *subject) {
    int descriptor = open_maps();
    if (descriptor < 0) return -errno;
    int result = asked(descriptor, subject);
    close(descriptor);
    return result;
}

static int ask(question asked, void *subject) {
    if (atomic_load_explicit(&is_unknown_query, memory_order_relaxed)) return -ENOTTY;
    int saved = errno, descriptor = kept_maps();
    int result = descriptor < 0 ? -EBADF : asked(descriptor, subject);
    if (result == -EBADF || result == -ENOTTY) {
        result = ask_fresh(asked, subject);
        if (result == -ENOTTY) {
            atomic_store(&is_unknown_query, true);
            drop_kept();
        } else if (descriptor >= 0) {
            // Not ours any more, or another thread of a fresh child has just dropped it: the number is not ours to close.
            atomic_compare_exchange_strong(&kept, &descriptor, -1);
        }
    }
    errno = saved;
    return result;
}

int verbena_mapping_rights_by_query(uint64_t start, uint64_t byte_count) {
    struct rights_question range = {.start = start};
    return last_address(start, byte_count, &range.last) ? ask(query_rights, &range) : -ENOMEM;
}

int verbena_area_by_query(uint64_t address, struct verbena_area *area) {
    struct map_query query = {.size = sizeof query, .query_flags = QUERY_COVERING_OR_NEXT, .query_address = address};
    int result = ask(query_next, &query);
    if (result < 0) return result;
    *area = (struct verbena_area){
        .start = query.start, .end = query.end, .page_bytes = query.page_size,
        .flags = (query.flags & QUERY_WRITABLE ? VERBENA_AREA_WRITABLE : 0) | (query.flags & QUERY_SHARED ? VERBENA_AREA_SHARED : 0)};
    return 0;
}

int verbena_mapped_file_by_query(uint64_t address, struct verbena_mapped_file *file) {
    const uint64_t needed = QUERY_WRITABLE | QUERY_SHARED;
    struct map_query query = {.size = sizeof query, .query_address = address};
    int result = ask(query_next, &query);
    if (result < 0) return result;
    *file = (struct verbena_mapped_file){
        .start = query.start, .end = query.end, .offset = query.offset, .inode = query.inode,
        .device_major = query.device_major, .device_minor = query.device_minor};
    return (query.flags & needed) == needed && query.inode != 0 ? 0 : -ENOENT;
}

/// What is known while the lines of the file go by, in ascending order.
struct scan {
    /// Takes one line. Sets `done` when nothing more is to be known.
    void (*take_line)(struct scan *, const char *);
    uint64_t next, last;
    int rights;
    bool done;
};

/// A line is "start-end rwxp ...". Done when the range is covered, or has a hole.
static void scan_rights(struct scan *scan, const char *line) {
    unsigned long long start, end;
    char mode[5];
    if (sscanf(line, "%llx-%llx %4s", &start, &end, mode) != 3 || end <= scan->next) return;
    if (start > scan->next) {
        scan->rights = -ENOMEM;
        scan->done = true;
        return;
    }
    scan->rights &= (mode[0] == 'r' ? VERBENA_RIGHT_READ : 0) | (mode[1] == 'w' ? VERBENA_RIGHT_WRITE : 0)
        | (mode[3] == 's' ? VERBENA_RIGHT_SHARED : VERBENA_RIGHT_PRIVATE);
    scan->next = end;
    scan->done = end > scan->last;
}

/// Feeds whole lines to `scan`. Of a line longer than the buffer (a long file name) only the beginning counts.
static int scan_file(int descriptor, struct scan *scan) {
    char buffer[4096 + 1];
    size_t filled = 0;
    bool inside_long_line = false;
    while (!scan->done) {
        ssize_t count = read(descriptor, buffer + filled, sizeof buffer - 1 - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) return -ENOMEM;
        filled += (size_t)count;
        char *line = buffer, *end;
        while (!scan->done && (end = memchr(line, '\n', filled - (size_t)(line - buffer))) != NULL) {
            *end = 0;
            if (!inside_long_line) scan->take_line(scan, line);
            inside_long_line = false;
            line = end + 1;
        }
        filled -= (size_t)(line - buffer);
        memmove(buffer, line, filled);
        if (filled < sizeof buffer - 1) continue;
        buffer[filled] = 0;
        if (!inside_long_line) scan->take_line(scan, buffer);
        inside_long_line = true;
        filled = 0;
    }
    return scan->rights;
}

int verbena_mapping_rights_by_text(uint64_t start, uint64_t byte_count) {
    struct scan scan = {.take_line = scan_rights, .next = start, .rights = ALL_RIGHTS};
    if (!last_address(start, byte_count, &scan.last)) return -ENOMEM;
    int saved = errno;
    int descriptor = open_maps();
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    int result = scan_file(descriptor, &scan);
    close(descriptor);
    errno = saved;
    return result;
}

/// Done at the first mapping that ends after `next`, which becomes its start; `last` becomes its end.
static void scan_mapping(struct scan *scan, const char *line) {
    unsigned long long start, end;
    if (sscanf(line, "%llx-%llx", &start, &end) != 2 || end <= scan->next) return;
    scan->next = start;
    scan->last = end;
    scan->rights = 0;
    scan->done = true;
}

static int find_mapping(int descriptor, struct scan *scan) {
    struct map_query query = {
        .size = sizeof query, .query_flags = QUERY_COVERING_OR_NEXT, .query_address = scan->next};
    if (ioctl(descriptor, MAP_QUERY, &query) == 0) {
        scan->next = query.start;
        scan->last = query.end;
        return 0;
    }
    return errno == ENOENT ? -ENOMEM : scan_file(descriptor, scan);
}

int verbena_mapping_after(uint64_t address, uint64_t *start, uint64_t *end) {
    struct scan scan = {.take_line = scan_mapping, .next = address};
    int saved = errno;
    int descriptor = open_maps();
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    int result = find_mapping(descriptor, &scan);
    close(descriptor);
    errno = saved;
    *start = scan.next;
    *end = scan.last;
    return result == -ENOMEM ? -ENOENT : result;
}

int verbena_mapping_rights(uint64_t start, uint64_t byte_count) {
    int result = verbena_mapping_rights_by_query(start, byte_count);
    // Before 6.11 the file knows no such request; a filter may refuse it.
    if (result >= 0 || result == -ENOMEM) return result;
    return verbena_mapping_rights_by_text(start, byte_count);
}
