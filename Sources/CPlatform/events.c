// events.c - event descriptors, waiting, and time. Counterpart: eventfd(2), ppoll(2), futex(2), clock_gettime(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const uint64_t nanoseconds_per_second = UINT64_C(1000000000);

static struct timespec timespec_of(uint64_t nanoseconds) {
    return (struct timespec){.tv_sec = (time_t)(nanoseconds / nanoseconds_per_second),
                             .tv_nsec = (long)(nanoseconds % nanoseconds_per_second)};
}

int verbena_event_create(bool semaphore, bool blocking) {
    int saved = errno;
    int flags = EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : 0) | (blocking ? 0 : EFD_NONBLOCK);
    return (int)verbena_keep_errno(saved, eventfd(0, flags));
}

int verbena_event_signal(int descriptor) {
    int saved = errno;
    uint64_t one = 1;
    long result;
    do result = write(descriptor, &one, sizeof one);
    while (result < 0 && errno == EINTR);
    return (int)verbena_keep_errno(saved, result);
}

bool verbena_event_can_signal(int descriptor) {
    int saved = errno;
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    int ready = poll(&entry, 1, 0);
    errno = saved;
    return ready == 1 && (entry.revents & POLLOUT) != 0;
}

int verbena_event_consume(int descriptor, uint64_t *value) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, read(descriptor, value, sizeof *value));
}

int verbena_poll(void *entries, size_t count, uint64_t timeout_nanoseconds) {
    int saved = errno;
    struct timespec limit = timespec_of(timeout_nanoseconds);
    struct timespec *end = timeout_nanoseconds == UINT64_MAX ? NULL : &limit;
    return (int)verbena_keep_errno(saved, ppoll(entries, count, end, NULL));
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * nanoseconds_per_second + (uint64_t)time.tv_nsec;
}

uint64_t verbena_monotonic_nanoseconds(void) { return now(CLOCK_MONOTONIC); }

uint64_t verbena_realtime_nanoseconds(void) { return now(CLOCK_REALTIME); }

void verbena_sleep(uint64_t nanoseconds) {
    struct timespec rest = timespec_of(nanoseconds);
    // clock_nanosleep returns its error and leaves errno alone; `rest` is what a signal left over.
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR) {}
}

void verbena_futex_wait(const void *word, uint32_t value, uint64_t nanoseconds) {
    int saved = errno;
    struct timespec limit = timespec_of(nanoseconds);
    // Not private: the sleeper and the waker are different processes.
    syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
    errno = saved;
}

void verbena_futex_wake(const void *word) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    errno = saved;
}

void verbena_yield(void) { sched_yield(); }
