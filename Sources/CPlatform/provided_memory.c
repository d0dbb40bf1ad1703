// provided_memory.c - files of memory that another process provides: how much there is, and leases of it.
//
// Owns: the leases, which are locks of open file descriptions: the kernel ends them with the process. Who uses memory holds a lock
// for reading of its range; the provider takes one for writing to wait for the last. The door, one byte at the end of all files,
// is passed for reading on the way to a lease, and locked for writing by a provider that gives no more.
// Counterpart: fcntl(2) F_OFD_SETLK; dma_buf_get of the kernel, which counts the users of a dma-buf itself.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const off_t door = INT64_MAX - 1;

/// A file that an open of its name gives another description of. Others (a dma-buf, a device) may be another thing then.
static bool can_open_again(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

int64_t verbena_provided_size(int descriptor) {
    int saved = errno;
    struct stat status;
    if (fstat(descriptor, &status) != 0) return verbena_keep_errno(saved, -1);
    if (verbena_is_attribute_file(descriptor)) return -EINVAL;
    if (S_ISREG(status.st_mode)) return status.st_size;
    // The description is the program's, and so is its offset; a dma-buf has none.
    off_t before = lseek(descriptor, 0, SEEK_CUR), size = lseek(descriptor, 0, SEEK_END);
    if (before >= 0) lseek(descriptor, before, SEEK_SET);
    errno = saved;
    return size > 0 ? size : -EINVAL;
}

uint64_t verbena_provided_page_bytes(int descriptor) {
    int saved = errno;
    struct statfs status;
    bool is_huge = fstatfs(descriptor, &status) == 0 && status.f_type == HUGETLBFS_MAGIC;
    errno = saved;
    return is_huge ? (uint64_t)status.f_bsize : (uint64_t)sysconf(_SC_PAGESIZE);
}

static int set(int descriptor, int command, short type, off_t start, off_t byte_count) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = byte_count};
    int result;
    do result = fcntl(descriptor, command, &lock);
    while (result != 0 && errno == EINTR);
    return result;
}

static int lock_range(int lease, off_t offset, off_t byte_count) {
    if (set(lease, F_OFD_SETLK, F_RDLCK, door, 1) != 0) return -1;
    int result = set(lease, F_OFD_SETLK, F_RDLCK, offset, byte_count);
    return set(lease, F_OFD_SETLK, F_UNLCK, door, 1) != 0 ? -1 : result;
}

int verbena_lease_take(int descriptor, uint64_t offset, uint64_t byte_count) {
    int saved = errno, mode = fcntl(descriptor, F_GETFL);
    if (mode < 0) return (int)verbena_keep_errno(saved, -1);
    if (!can_open_again(descriptor)) return errno = saved, -ENOENT;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    // A description of its own: the program's locks are not in its way, nor is it in theirs.
    int lease = open(path, (mode & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK);
    if (lease < 0) return (int)verbena_keep_errno(saved, -1);
    if (lock_range(lease, (off_t)offset, (off_t)byte_count) == 0) return errno = saved, lease;
    int number = errno == EAGAIN || errno == EACCES ? ENODEV : errno;
    close(lease);
    errno = saved;
    return -number;
}

/// A forked child may have a copy of the descriptor.
void verbena_lease_give_back(int lease) {
    int saved = errno;
    set(lease, F_OFD_SETLK, F_UNLCK, 0, 0);
    errno = saved;
}

int verbena_lease_refuse_new(int descriptor) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, set(descriptor, F_OFD_SETLKW, F_WRLCK, door, 1));
}

int verbena_lease_await_last(int descriptor) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, set(descriptor, F_OFD_SETLKW, F_WRLCK, 0, door));
}

int verbena_provided_create(uint64_t byte_count) {
    int saved = errno, descriptor = memfd_create("verbena-provided", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    if (fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 && ftruncate(descriptor, (off_t)byte_count) == 0) return errno = saved, descriptor;
    int number = errno;
    close(descriptor);
    errno = saved;
    return -number;
}

int verbena_provided_revoke(int descriptor) {
    int saved = errno, result = ftruncate(descriptor, 0);
    return (int)verbena_keep_errno(saved, result == 0 ? fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW) : result);
}
