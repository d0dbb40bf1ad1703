// guarded_copy.c - copies that return false where memcpy(3) would end the program.
//
// Owns: the choice between the assembler routine and the kernel's copy. The handlers are in guard_handlers.c.
// On processors without an assembler routine every copy is the kernel's.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "copy_routine.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if VERBENA_HAS_COPY_ROUTINE
#include <cpuid.h>

static _Atomic bool installed;
static size_t string_threshold = SIZE_MAX;
static bool wide;

/// From how many bytes on `rep movsb` is the faster copy: never, where the processor does not say so.
static size_t string_threshold_here(void) {
    const unsigned enhanced_string_copy = 1U << 9;
    unsigned eax, ebx = 0, ecx, edx;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return SIZE_MAX;
    return (ebx & enhanced_string_copy) != 0 ? 3072 : SIZE_MAX;
}

int verbena_guard_install(void) {
    // Each call puts ours in front again, should the program have set a handler past the interposed functions.
    int result = verbena_guard_handlers_install();
    if (result < 0 || atomic_load_explicit(&installed, memory_order_acquire)) return result;
    wide = __builtin_cpu_supports("avx");
    string_threshold = string_threshold_here();
    atomic_store_explicit(&installed, true, memory_order_release);
    return 0;
}

bool verbena_guard_is_installed(void) {
    return atomic_load_explicit(&installed, memory_order_acquire);
}

bool verbena_guarded_copy(uint64_t to, uint64_t from, size_t byte_count) {
    if (__builtin_expect(!atomic_load_explicit(&installed, memory_order_acquire), 0)) {
        return verbena_copy_by_system_call(to, from, byte_count);
    }
    return verbena_copy_routine((void *)to, (const void *)from, byte_count, string_threshold, wide) == 0;
}
#else
int verbena_guard_install(void) { return 0; }

bool verbena_guard_is_installed(void) { return true; }

bool verbena_guarded_copy(uint64_t to, uint64_t from, size_t byte_count) {
    return verbena_copy_by_system_call(to, from, byte_count);
}
#endif

/// One copy by the kernel; what process_vm_readv(2) returns.
static int64_t copy_within_self(uint64_t to, uint64_t from, size_t byte_count) {
    struct iovec local = {.iov_base = (void *)to, .iov_len = byte_count};
    struct iovec remote = {.iov_base = (void *)from, .iov_len = byte_count};
    return verbena_process_read(getpid(), &local, 1, &remote, 1);
}

/// Whether the kernel or a filter (which may choose any number) refused the call itself, rather than met a bad page.
static bool is_refused(int64_t copied) { return copied < 0 && copied != -EFAULT; }

bool verbena_copy_by_system_call(uint64_t to, uint64_t from, size_t byte_count) {
    const size_t tail_bytes = 8;
    // The kernel's copy promises no order: the last eight bytes go in a second call.
    size_t body = byte_count > tail_bytes ? byte_count - tail_bytes : 0;
    while (body > 0) {
        int64_t copied = copy_within_self(to, from, body);
        if (is_refused(copied)) return verbena_copy_by_pipe(to, from, byte_count);
        if (copied <= 0) return false;
        to += (uint64_t)copied;
        from += (uint64_t)copied;
        body -= (size_t)copied;
        byte_count -= (size_t)copied;
    }
    if (byte_count == 0) return true;
    int64_t copied = copy_within_self(to, from, byte_count);
    if (is_refused(copied)) return verbena_copy_by_pipe(to, from, byte_count);
    return copied == (int64_t)byte_count;
}

/// Moves `byte_count` bytes through a pipe in pieces that the pipe holds and a page boundary cannot split.
static bool copy_through(const int ends[2], uint64_t to, uint64_t from, size_t byte_count) {
    const size_t piece_limit = 4096;
    while (byte_count > 0) {
        size_t piece = byte_count < piece_limit ? byte_count : piece_limit;
        if (write(ends[1], (const void *)from, piece) != (ssize_t)piece) return false;
        if (read(ends[0], (void *)to, piece) != (ssize_t)piece) return false;
        to += piece;
        from += piece;
        byte_count -= piece;
    }
    return true;
}

/// Where a seccomp filter refuses process_vm_readv(2): write(2) and read(2) report a fault as EFAULT too.
bool verbena_copy_by_pipe(uint64_t to, uint64_t from, size_t byte_count) {
    int saved = errno;
    int ends[2];
    bool copied = false;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        copied = copy_through(ends, to, from, byte_count);
        close(ends[0]);
        close(ends[1]);
    }
    errno = saved;
    return copied;
}

bool verbena_thread_blocks_faults(void) {
    sigset_t blocked;
    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0) return true;
    return sigismember(&blocked, SIGSEGV) == 1 || sigismember(&blocked, SIGBUS) == 1;
}
