// programs.c - programs and libraries in the file system, and the terminal.
//
// Counterpart: execvp(3), getxattr(2), dlopen(3), ioctl_tty(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int verbena_program_replace(const char *path, char *const *arguments) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, execvp(path, arguments));
}

int verbena_program_check(const char *path) {
    int saved = errno;
    struct stat status;
    if (stat(path, &status) != 0) return (int)verbena_keep_errno(saved, -1);
    if (!S_ISREG(status.st_mode)) return -EACCES;
    return (int)verbena_keep_errno(saved, access(path, X_OK));
}

int verbena_program_privilege(const char *path) {
    int saved = errno;
    struct stat status;
    if (stat(path, &status) != 0) return (int)verbena_keep_errno(saved, -1);
    int privilege = 0;
    if ((status.st_mode & S_ISUID) && status.st_uid != geteuid()) privilege = VERBENA_PRIVILEGE_USER;
    else if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getegid())
        privilege = VERBENA_PRIVILEGE_GROUP;
    else if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        privilege = VERBENA_PRIVILEGE_CAPABILITIES;
    errno = saved;
    return privilege;
}

int verbena_library_path(const char *name, char *path, size_t byte_count) {
    int saved = errno;
    int result = -ENOENT;
    struct link_map *map = NULL;
    char resolved[PATH_MAX];
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (library != NULL && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && realpath(map->l_name, resolved) != NULL
        && strlen(resolved) < byte_count) {
        strcpy(path, resolved);
        result = 0;
    }
    if (library != NULL) dlclose(library);
    errno = saved;
    return result;
}

int verbena_terminal_columns(int descriptor) {
    int saved = errno;
    struct winsize size;
    int result = ioctl(descriptor, TIOCGWINSZ, &size);
    errno = saved;
    if (result != 0) return 0;
    // A terminal may not say how wide it is.
    return size.ws_col > 0 ? size.ws_col : 80;
}
