// areas.c - what the kernel says of each virtual memory area of a range, and which areas a fork copies.
//
// Owns: the reading of /proc/self/smaps (no query tells whether an area is copied by a fork), the advice about it; whether pages
// have frames (PAGEMAP_SCAN, Linux 6.7).
// Does not: go through the C library's madvise: the preload answers to that name.
// Counterpart: proc_pid_smaps(5) (VmFlags), madvise(2) MADV_DONTFORK.
// Cost of smaps: the kernel walks the page tables of every area below the last that is asked for.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What is known while the lines of the file go by.
struct scan {
    uint64_t from, to;
    struct verbena_area *areas;
    size_t capacity, count;
    struct verbena_area current;
    bool inside, done;
};

/// "start-end rwxp ..." begins an area; false for any other line.
static bool scan_start(struct scan *scan, const char *line) {
    unsigned long long start, end;
    char mode[5];
    if (sscanf(line, "%llx-%llx %4s", &start, &end, mode) != 3) return false;
    scan->current = (struct verbena_area){.start = start, .end = end, .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE)};
    scan->inside = end > scan->from && start < scan->to;
    scan->done = start >= scan->to;
    return true;
}

static bool has_flag(const char *flags, const char *flag) {
    const char *found = strstr(flags, flag);
    return found != NULL && found[-1] == ' ' && (found[2] == ' ' || found[2] == 0);
}

/// The last line of an area.
static void scan_flags(struct scan *scan, const char *flags) {
    scan->current.flags = (has_flag(flags, "wr") ? VERBENA_AREA_WRITABLE : 0) | (has_flag(flags, "ms") ? VERBENA_AREA_SHARED : 0)
        | (has_flag(flags, "dc") ? VERBENA_AREA_NOT_FORKED : 0) | scan->current.flags;
    scan->areas[scan->count++] = scan->current;
    scan->inside = false;
    scan->done = scan->count == scan->capacity;
}

static void scan_line(struct scan *scan, const char *line) {
    unsigned long long kilobytes;
    if (!scan->inside || (*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f')) {
        scan_start(scan, line);
    } else if (sscanf(line, "KernelPageSize: %llu kB", &kilobytes) == 1) {
        scan->current.page_bytes = kilobytes * 1024;
    } else if (sscanf(line, "Anonymous: %llu kB", &kilobytes) == 1 || sscanf(line, "Swap: %llu kB", &kilobytes) == 1) {
        if (kilobytes > 0) scan->current.flags |= VERBENA_AREA_HAS_FRAMES;
    } else if (strncmp(line, "VmFlags:", 8) == 0) {
        scan_flags(scan, line + 8);
    }
}

/// Feeds whole lines to `scan`. A line longer than the buffer (a long file name) goes by in pieces, of which none but the
/// first looks like anything.
static int scan_file(struct scan *scan, int descriptor) {
    char buffer[16384 + 1];
    size_t filled = 0;
    while (!scan->done) {
        ssize_t count = read(descriptor, buffer + filled, sizeof buffer - 1 - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) break;
        filled += (size_t)count;
        buffer[filled] = 0;
        char *line = buffer, *end;
        while (!scan->done && (end = strchr(line, '\n')) != NULL) {
            *end = 0;
            scan_line(scan, line);
            line = end + 1;
        }
        filled -= (size_t)(line - buffer);
        memmove(buffer, line, filled);
        if (filled == sizeof buffer - 1) filled = 0;
    }
    return (int)scan->count;
}

int verbena_areas(uint64_t from, uint64_t to, struct verbena_area *areas, size_t capacity) {
    struct scan scan = {.from = from, .to = to, .areas = areas, .capacity = capacity};
    if (from >= to || capacity == 0) return 0;
    int saved = errno;
    int descriptor = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    int result = scan_file(&scan, descriptor);
    close(descriptor);
    errno = saved;
    return result;
}

// As in linux/fs.h since 6.7; the installed headers may be older than the running kernel.
struct page_query {
    uint64_t size, flags, start, end, walk_end, found, found_capacity, found_limit;
    uint64_t without, required, any_of, wanted;
};
struct page_stretch {
    uint64_t start, end, categories;
};
#define PAGE_QUERY _IOWR('f', 16, struct page_query)
enum { PAGE_OF_FILE = 1 << 2, PAGE_PRESENT = 1 << 3, PAGE_SWAPPED = 1 << 4, PAGE_ZERO = 1 << 5 };

/// 1 if there is a page of these categories. `without` is a part of `required`: those that it is not of.
static int has_page(int pages, uint64_t start, uint64_t end, uint64_t required, uint64_t without) {
    struct page_stretch found;
    struct page_query query = {
        .size = sizeof query, .start = start, .end = end, .found = (uint64_t)(uintptr_t)&found, .found_capacity = 1, .found_limit = 1,
        .without = without, .required = required, .wanted = PAGE_PRESENT};
    return ioctl(pages, PAGE_QUERY, &query);
}

int verbena_has_frames(uint64_t start, uint64_t end) {
    int saved = errno, pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pages < 0) return (int)verbena_keep_errno(saved, -1);
    int result = has_page(pages, start, end, PAGE_PRESENT | PAGE_OF_FILE | PAGE_ZERO, PAGE_OF_FILE | PAGE_ZERO);
    if (result == 0) result = has_page(pages, start, end, PAGE_SWAPPED, 0);
    int number = errno;
    close(pages);
    errno = saved;
    return result < 0 ? -number : result;
}

/// Without memory of its own: who has no areas left can get none.
int verbena_area_count(int process) {
    char path[32], buffer[4096];
    int saved = errno, count = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", process);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    for (;;) {
        ssize_t filled = read(descriptor, buffer, sizeof buffer);
        if (filled < 0 && errno == EINTR) continue;
        if (filled <= 0) break;
        for (const char *next = buffer; (next = memchr(next, '\n', (size_t)(buffer + filled - next))) != NULL; next++) count++;
    }
    close(descriptor);
    errno = saved;
    return count;
}

int verbena_forget_in_children(uint64_t address, uint64_t byte_count, bool forget) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, syscall(SYS_madvise, address, byte_count, forget ? MADV_DONTFORK : MADV_DOFORK));
}

/// The kernel adds nothing to a word there, in one step: whoever writes it meanwhile loses nothing.
int verbena_give_frame(uint64_t address) {
    uint32_t own = 0;
    int saved = errno;
    return (int)verbena_keep_errno(
        saved, syscall(SYS_futex, &own, FUTEX_WAKE_OP_PRIVATE, 0, 0, address & ~UINT64_C(3), FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)));
}
