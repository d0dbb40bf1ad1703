// denied.c - children under a seccomp filter that refuses access to other processes, as in hardened containers.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "CPlatformTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refuse_process_access(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int verbena_test_child_copies_when_denied(uint64_t unmapped) {
    static char source[10000], target[10000];
    for (size_t index = 0; index < sizeof source; index++) source[index] = (char)(index * 7);
    if (refuse_process_access() != 0) return 1;
    uint64_t from = (uint64_t)(uintptr_t)source, to = (uint64_t)(uintptr_t)target;
    if (!verbena_copy_by_system_call(to, from, sizeof target)) return 2;
    if (memcmp(source, target, sizeof target) != 0) return 3;
    if (verbena_copy_by_system_call(to, unmapped - 5000, sizeof target)) return 4;
    return verbena_copy_by_system_call(unmapped, from, 8) ? 5 : 0;
}

int verbena_test_child_siblings_when_denied(uint64_t nothing) {
    int32_t write_result, read_result, duplicate_result;
    (void)nothing;
    if (refuse_process_access() != 0) return 1;
    if (verbena_probe_siblings(&write_result, &read_result, &duplicate_result) != 0) return 2;
    return write_result == EPERM && read_result == EPERM && duplicate_result == EPERM ? 0 : 3;
}

int verbena_test_child_becomes_denied(uint64_t arguments) {
    char *const *words = (char *const *)arguments;
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || refuse_process_access() != 0) return 100;
    execv(words[0], words);
    return 101;
}
