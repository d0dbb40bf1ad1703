// files.c - the few file calls that Swift's view of the C library makes awkward. Counterpart: open(2), read(2), fstat(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int verbena_open_for_reading(const char *path) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, open(path, O_RDONLY | O_CLOEXEC));
}

int64_t verbena_read(int descriptor, void *bytes, size_t byte_count) {
    int saved = errno;
    ssize_t result;
    do result = read(descriptor, bytes, byte_count);
    while (result < 0 && errno == EINTR);
    return verbena_keep_errno(saved, result);
}

int64_t verbena_write(int descriptor, const void *bytes, size_t byte_count) {
    int saved = errno;
    ssize_t result;
    do result = write(descriptor, bytes, byte_count);
    while (result < 0 && errno == EINTR);
    return verbena_keep_errno(saved, result);
}

int verbena_duplicate(int descriptor) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

int verbena_file_identity(int descriptor, uint64_t *inode, uint32_t *file_system) {
    int saved = errno;
    struct stat status;
    if (fstat(descriptor, &status) != 0) return (int)verbena_keep_errno(saved, -1);
    *inode = status.st_ino;
    // The kernel's own device numbers have 32 bits: 12 and 20.
    *file_system = (uint32_t)(major(status.st_dev) << 20 | (minor(status.st_dev) & 0xfffff));
    return 0;
}

int verbena_close(int descriptor) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, close(descriptor));
}
