// process.c - descriptors of processes. Counterpart: pidfd_open(2), pidfd_getfd(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int verbena_process_descriptor_open(int process) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, syscall(SYS_pidfd_open, process, 0U));
}

int verbena_process_descriptor_duplicate(int process_descriptor, int number) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, syscall(SYS_pidfd_getfd, process_descriptor, number, 0U));
}

bool verbena_process_descriptor_is_alive(int process_descriptor) {
    int saved = errno;
    struct pollfd entry = {.fd = process_descriptor, .events = POLLIN};
    int ready = poll(&entry, 1, 0);
    errno = saved;
    // A pidfd becomes readable when the last thread has ended. A failed poll is no proof of death.
    return ready <= 0;
}

bool verbena_is_event_descriptor(int descriptor) {
    static const char expected[] = "anon_inode:[eventfd]";
    int saved = errno;
    char path[48], target[sizeof expected];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(path, target, sizeof target);
    errno = saved;
    return length == (ssize_t)sizeof expected - 1 && memcmp(target, expected, sizeof expected - 1) == 0;
}
