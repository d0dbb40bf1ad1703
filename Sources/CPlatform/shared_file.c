// shared_file.c - the file behind a shared mapping of this process.
//
// Owns: finding a descriptor for it. /proc/self/map_files needs a capability; without it one of the process's own open
// descriptors of the same file serves, and then the path, if it still leads to that file: the query (Linux 6.11) finds all but the path.
// Counterpart: proc_pid_maps(5), proc_pid_map_files(5).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/// The line of /proc/self/maps that holds an address: true if it is a writable shared mapping of a file.
static bool find_line(uint64_t address, struct verbena_mapped_file *found, char path[PATH_BYTES]) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_BYTES + 256], rights[5] = "";
    int path_at = 0;
    bool known = false;
    while (maps && !known && fgets(line, sizeof line, maps)) {
        known = sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &found->start, &found->end, rights, &found->offset,
                       &found->device_major, &found->device_minor, &found->inode, &path_at) >= 7
            && found->start <= address && address < found->end;
    }
    if (maps) fclose(maps);
    if (!known) return false;
    line[strcspn(line, "\n")] = 0;
    snprintf(path, PATH_BYTES, "%s", line + path_at);
    return rights[1] == 'w' && rights[3] == 's' && found->inode != 0;
}

bool verbena_is_attribute_file(int descriptor) {
    int saved = errno;
    struct statfs status;
    bool known = fstatfs(descriptor, &status) == 0;
    errno = saved;
    return known && (status.f_type == SYSFS_MAGIC || status.f_type == PROC_SUPER_MAGIC);
}

/// The same file, of which another mapping has the same bytes: a device's may be of other memory.
static bool is_same_file(int descriptor, const struct verbena_mapped_file *file) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_ino == file->inode && status.st_dev == makedev(file->device_major, file->device_minor)
        && S_ISREG(status.st_mode) && !verbena_is_attribute_file(descriptor)
        && (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static int open_checked(const char *path, const struct verbena_mapped_file *file) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0 && !is_same_file(descriptor, file)) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int find_own_descriptor(const struct verbena_mapped_file *file) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return -1;
    int found = -1;
    for (struct dirent *entry; found < 0 && (entry = readdir(directory));) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && number != dirfd(directory) && is_same_file(number, file))
            found = fcntl(number, F_DUPFD_CLOEXEC, 0);
    }
    closedir(directory);
    return found;
}

static int find_descriptor(const struct verbena_mapped_file *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", file->start, file->end);
    int descriptor = open_checked(path, file);
    return descriptor >= 0 ? descriptor : find_own_descriptor(file);
}

int verbena_shared_file(uint64_t start, uint64_t byte_count, uint64_t *offset) {
    int saved = errno, descriptor = -1;
    struct verbena_mapped_file file;
    char path[PATH_BYTES];
    int found = verbena_mapped_file_by_query(start, &file);
    if (found == -ENOENT) return -ENOENT;
    bool has_path = found < 0;
    if (has_path && !find_line(start, &file, path)) return errno = saved, -ENOENT;
    if (byte_count == 0 || file.end <= start + byte_count - 1) return errno = saved, -ENOENT;
    descriptor = find_descriptor(&file);
    if (descriptor < 0 && (has_path || find_line(start, &file, path))) descriptor = open_checked(path, &file);
    *offset = file.offset + (start - file.start);
    errno = saved;
    return descriptor < 0 ? -ENOENT : descriptor;
}

int verbena_map_shared_at(int descriptor, uint64_t offset, size_t byte_count, bool writable, void **base) {
    int saved = errno, protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *address = mmap(NULL, byte_count, protection, MAP_SHARED, descriptor, (off_t)offset);
    if (address == MAP_FAILED) return (int)verbena_keep_errno(saved, -1);
    *base = address;
    return 0;
}
