// children.c - forked children of the tests. A body's result is the child's exit status: 0 is success throughout,
// any other value says which step failed.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "CPlatformTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int verbena_test_start_child(int (*body)(uint64_t), uint64_t argument) {
    pid_t process = fork();
    if (process < 0) return -errno;
    if (process == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        // The runner may have a handler that prints a backtrace of every crash.
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        // The runner's worker threads block most signals.
        sigset_t no_signals;
        sigemptyset(&no_signals);
        sigprocmask(SIG_SETMASK, &no_signals, NULL);
        // What hangs here would otherwise hang the test.
        alarm(60);
        _exit(body(argument));
    }
    return process;
}

int verbena_test_wait_for_child(int process) {
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) return -errno;
    }
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

int verbena_test_run_child(int (*body)(uint64_t), uint64_t argument) {
    int process = verbena_test_start_child(body, argument);
    return process < 0 ? process : verbena_test_wait_for_child(process);
}

int verbena_test_memory_file(uint64_t byte_count) {
    int descriptor = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor >= 0 && ftruncate(descriptor, (off_t)byte_count) == 0 ? descriptor : -errno;
}

bool verbena_test_move(void *from, size_t byte_count, void *to) {
    return mremap(from, byte_count, byte_count, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to;
}

bool verbena_test_pipe(int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    *reader = ends[0];
    *writer = ends[1];
    return true;
}

int verbena_test_thread_number(void) {
    return gettid();
}

int verbena_test_child_load_byte(uint64_t address) {
    return *(volatile uint8_t *)address;
}

int verbena_test_child_sleep(uint64_t nothing) {
    (void)nothing;
    for (;;) pause();
}

static void *sleep_for_ever(void *nothing) {
    (void)nothing;
    for (;;) pause();
    return NULL;
}

int verbena_test_child_thread_outlives_first(uint64_t nothing) {
    (void)nothing;
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0) return 1;
    // Not pthread_exit: it would run the destructors of the test runner's thread.
    syscall(SYS_exit, 0);
    return 2;
}

/// Waits up to a minute until the word at `address` is 42.
int verbena_test_child_await_word(uint64_t address) {
    for (int turn = 0; turn < 60000; turn++) {
        if (*(volatile uint64_t *)address == 42) return 0;
        usleep(1000);
    }
    return 1;
}

/// Connects to the listener, sends the writing end of a pipe with a greeting, and writes into the pipe.
int verbena_test_child_send_descriptor(uint64_t name) {
    const char *text = (const char *)name;
    int ends[2];
    int connection = verbena_local_connect(text, strlen(text), 5000);
    if (connection < 0) return 1;
    if (pipe(ends) != 0) return 2;
    if (verbena_local_send(connection, "here", 4, &ends[0], 1, 5000) != 0) return 3;
    return write(ends[1], "through the pipe", 16) == 16 ? 0 : 4;
}
