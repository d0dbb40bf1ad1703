// process_memory.c - another process's memory. Counterpart: process_vm_writev(2), process_vm_readv(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <sys/syscall.h>
#include <unistd.h>

int64_t verbena_process_write(int process, const void *local, size_t local_count, const void *remote,
                              size_t remote_count) {
    int saved = errno;
    return verbena_keep_errno(
        saved, syscall(SYS_process_vm_writev, process, local, local_count, remote, remote_count, 0UL));
}

int64_t verbena_process_read(int process, const void *local, size_t local_count, const void *remote,
                             size_t remote_count) {
    int saved = errno;
    return verbena_keep_errno(
        saved, syscall(SYS_process_vm_readv, process, local, local_count, remote, remote_count, 0UL));
}
