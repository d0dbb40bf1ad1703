// probes.c - tries out what this machine allows, instead of guessing it from settings.
//
// Owns: the children of a trial, ended and waited for before it returns. For programs with one thread: it forks.
// Counterpart: process_vm_writev(2), pidfd_getfd(2), io_uring_setup(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/// What one child finds out about another; the same address means the same variable in both.
static uint64_t tried_word;

/// The target: allows its peers what a device's process allows, says so, and waits to be ended.
static void be_target(int ready) {
    verbena_allow_any_tracer();
    if (write(ready, "r", 1) != 1) _exit(1);
    for (;;) pause();
}

/// 0, or the errno value with which one word could not be moved.
static int32_t trial_result(int64_t moved) {
    return moved == (int64_t)sizeof tried_word ? 0 : moved < 0 ? (int32_t)-moved : EFAULT;
}

/// The peer: tries on its sibling what the device does, and reports three errno values.
static void be_peer(pid_t target, int report) {
    uint64_t word = 42;
    struct iovec local = {.iov_base = &word, .iov_len = sizeof word};
    struct iovec remote = {.iov_base = &tried_word, .iov_len = sizeof tried_word};
    int32_t results[3];
    results[0] = trial_result(verbena_process_write(target, &local, 1, &remote, 1));
    word = 0;
    results[1] = trial_result(verbena_process_read(target, &local, 1, &remote, 1));
    if (results[0] == 0 && results[1] == 0 && word != 42) results[1] = EIO;
    int process = verbena_process_descriptor_open(target);
    int copy = process < 0 ? process : verbena_process_descriptor_duplicate(process, report);
    results[2] = copy < 0 ? -copy : 0;
    _exit(write(report, results, sizeof results) == (ssize_t)sizeof results ? 0 : 1);
}

static void end(pid_t child) {
    if (child <= 0) return;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

static int try_with(int reader, int writer, pid_t *target, pid_t *peer, int32_t results[3]) {
    char ready;
    *target = fork();
    if (*target == 0) be_target(writer);
    if (*target < 0) return -errno;
    if (read(reader, &ready, 1) != 1) return -EIO;
    *peer = fork();
    if (*peer == 0) be_peer(*target, writer);
    if (*peer < 0) return -errno;
    return read(reader, results, 3 * sizeof results[0]) == (ssize_t)(3 * sizeof results[0]) ? 0 : -EIO;
}

int verbena_probe_siblings(int32_t *write_result, int32_t *read_result, int32_t *duplicate_result) {
    int saved = errno, ends[2];
    int32_t results[3] = {EIO, EIO, EIO};
    pid_t target = 0, peer = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return (int)verbena_keep_errno(saved, -1);
    int result = try_with(ends[0], ends[1], &target, &peer, results);
    end(peer);
    end(target);
    close(ends[0]);
    close(ends[1]);
    errno = saved;
    *write_result = results[0];
    *read_result = results[1];
    *duplicate_result = results[2];
    return result;
}

/// 0 if the call gave a descriptor, which is closed; else -errno.
static int descriptor_given(int saved, long descriptor) {
    if (descriptor >= 0) close((int)descriptor);
    return (int)verbena_keep_errno(saved, descriptor < 0 ? descriptor : 0);
}

int verbena_probe_io_uring(void) {
    // struct io_uring_params, 120 bytes, all zero: no option.
    char parameters[120] = {0};
    int saved = errno;
    return descriptor_given(saved, syscall(SYS_io_uring_setup, 1U, parameters));
}
