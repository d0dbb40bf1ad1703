// handlers.c - programs with signal handlers of their own, in forked children.
//
// Each first shows that a guarded copy from unmapped memory fails without harm, and then what its own handler sees.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "CPlatformTestSupport.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile uint64_t seen_address;
static volatile int seen_count;
static sigjmp_buf way_out;

static void exit_by_information(int number, siginfo_t *information, void *context) {
    (void)context;
    seen_address = (uint64_t)(uintptr_t)information->si_addr;
    _exit(number == SIGSEGV && seen_address != 0 ? 0 : 100);
}

static void exit_plainly(int number) {
    _exit(number == SIGSEGV ? 0 : 100);
}

static void count_only(int number) {
    (void)number;
    seen_count++;
}

static void jump_out(int number) {
    (void)number;
    seen_count++;
    siglongjmp(way_out, 1);
}

static void exit_by_mask(int number) {
    sigset_t blocked;
    (void)number;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    _exit(sigismember(&blocked, SIGUSR1) == 1 && sigismember(&blocked, SIGUSR2) == 0 ? 0 : 101);
}

/// True if guarded copies from and to `unmapped` fail, and errno stays.
static bool copies_fail(uint64_t unmapped) {
    char bytes[256] = {0};
    errno = 77;
    return !verbena_guarded_copy((uint64_t)(uintptr_t)bytes, unmapped, sizeof bytes)
        && !verbena_guarded_copy(unmapped, (uint64_t)(uintptr_t)bytes, sizeof bytes) && errno == 77;
}

static void fault(uint64_t unmapped) {
    *(volatile char *)unmapped = 1;
}

static int set(int number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    return verbena_guard_sigaction(number, &action, NULL);
}

/// Forgets what the test runner set: as in a program that set nothing.
static int start_afresh(void) {
    if (verbena_guard_install() != 0) return -1;
    return set(SIGSEGV, SIG_DFL, 0) | set(SIGBUS, SIG_DFL, 0);
}

int verbena_test_child_guarded_then_fault(uint64_t unmapped) {
    if (start_afresh() != 0) return 1;
    if (!copies_fail(unmapped)) return 2;
    fault(unmapped);
    return 3;
}

/// The handler stands when ours are installed: past the interposer, as a handler set before the preload starts does.
int verbena_test_child_handler_before_install(uint64_t unmapped) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = exit_by_information;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGSEGV, &action, NULL) != 0) return 1;
    if (verbena_guard_handlers_install() != 0 || verbena_guard_install() != 0) return 2;
    if (!copies_fail(unmapped)) return 3;
    fault(unmapped);
    return 4;
}

int verbena_test_child_handler_after_install(uint64_t unmapped) {
    if (start_afresh() != 0) return 1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = exit_by_information;
    action.sa_flags = SA_SIGINFO;
    if (verbena_guard_sigaction(SIGSEGV, &action, NULL) != 0) return 2;
    if (!copies_fail(unmapped)) return 3;
    fault(unmapped);
    return 4;
}

int verbena_test_child_plain_handler(uint64_t unmapped) {
    if (start_afresh() != 0) return 1;
    if (verbena_guard_signal(SIGSEGV, exit_plainly) != SIG_DFL) return 2;
    if (!copies_fail(unmapped)) return 3;
    fault(unmapped);
    return 4;
}

/// A handler for one time returns, the fault repeats, and the second time kills.
int verbena_test_child_one_shot_handler(uint64_t unmapped) {
    if (start_afresh() != 0 || set(SIGSEGV, count_only, (int)SA_RESETHAND) != 0) return 1;
    if (!copies_fail(unmapped) || seen_count != 0) return 2;
    fault(unmapped);
    return 3;
}

int verbena_test_child_ignored_fault(uint64_t unmapped) {
    if (start_afresh() != 0 || set(SIGSEGV, SIG_IGN, 0) != 0) return 1;
    if (!copies_fail(unmapped)) return 2;
    fault(unmapped);
    return 3;
}

int verbena_test_child_sent_signal_by_default(uint64_t nothing) {
    (void)nothing;
    if (start_afresh() != 0) return 1;
    kill(getpid(), SIGBUS);
    return 2;
}

int verbena_test_child_sent_signal_ignored(uint64_t nothing) {
    (void)nothing;
    if (start_afresh() != 0 || set(SIGSEGV, SIG_IGN, 0) != 0) return 1;
    raise(SIGSEGV);
    return 0;
}

/// Programs that probe memory jump out of their handler; afterwards copies must still be guarded.
int verbena_test_child_handler_jumps_out(uint64_t unmapped) {
    if (start_afresh() != 0 || set(SIGSEGV, jump_out, 0) != 0) return 1;
    for (volatile int turn = 0; turn < 3; turn++) {
        if (sigsetjmp(way_out, 1) == 0) {
            fault(unmapped);
            return 2;
        }
        if (!copies_fail(unmapped)) return 3;
    }
    return seen_count == 3 ? 0 : 4;
}

int verbena_test_child_handler_masks(uint64_t unmapped) {
    if (start_afresh() != 0) return 1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = exit_by_mask;
    sigaddset(&action.sa_mask, SIGUSR1);
    if (verbena_guard_sigaction(SIGSEGV, &action, NULL) != 0) return 2;
    if (!copies_fail(unmapped)) return 3;
    fault(unmapped);
    return 4;
}

/// The program reads back what it set, and never sees ours.
int verbena_test_child_reports_old_actions(uint64_t nothing) {
    (void)nothing;
    if (start_afresh() != 0) return 1;
    struct sigaction first, second, old_action;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    first.sa_handler = count_only;
    first.sa_flags = (int)SA_RESETHAND;
    sigaddset(&first.sa_mask, SIGUSR1);
    second.sa_sigaction = exit_by_information;
    second.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (verbena_guard_sigaction(SIGBUS, &first, &old_action) != 0 || old_action.sa_handler != SIG_DFL) return 2;
    if (verbena_guard_sigaction(SIGBUS, NULL, &old_action) != 0) return 3;
    if (old_action.sa_handler != count_only || (old_action.sa_flags & SA_SIGINFO)) return 4;
    if (!(old_action.sa_flags & (int)SA_RESETHAND) || sigismember(&old_action.sa_mask, SIGUSR1) != 1) return 5;
    if (verbena_guard_sigaction(SIGBUS, &second, &old_action) != 0 || old_action.sa_handler != count_only) return 6;
    if (verbena_guard_sigaction(SIGBUS, NULL, &old_action) != 0) return 7;
    if (old_action.sa_sigaction != exit_by_information || !(old_action.sa_flags & SA_SIGINFO)) return 8;
    if (!(old_action.sa_flags & SA_NODEFER) || (old_action.sa_flags & (int)SA_RESETHAND)) return 9;
    // Other signals are the C library's business.
    if (verbena_guard_signal(SIGUSR1, count_only) != SIG_DFL || raise(SIGUSR1) != 0 || seen_count != 1) return 10;
    return verbena_guard_sigaction(SIGKILL, &second, NULL) == -1 && errno == EINVAL ? 0 : 11;
}

/// A vfork(2) child shares memory but not actions: what it resets before exec must not reach its parent.
int verbena_test_child_vfork_leaves_handlers(uint64_t unmapped) {
    if (start_afresh() != 0 || set(SIGSEGV, exit_plainly, 0) != 0) return 1;
    pid_t child = vfork();
    if (child == 0) _exit(set(SIGSEGV, SIG_DFL, 0) == 0 && set(SIGBUS, SIG_IGN, 0) == 0 ? 0 : 1);
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 2;
    if (!copies_fail(unmapped)) return 3;
    fault(unmapped);
    return 4;
}

static int in_grandchild(uint64_t unmapped) {
    struct sigaction old_action;
    if (verbena_guard_sigaction(SIGSEGV, NULL, &old_action) != 0 || old_action.sa_handler != count_only) return 1;
    if (!copies_fail(unmapped)) return 2;
    if (verbena_guard_signal(SIGSEGV, exit_plainly) != count_only) return 3;
    if (verbena_guard_sigaction(SIGSEGV, NULL, &old_action) != 0 || old_action.sa_handler != exit_plainly) return 4;
    // Opening the device there puts ours in front again.
    if (verbena_guard_install() != 0 || !copies_fail(unmapped)) return 5;
    fault(unmapped);
    return 6;
}

int verbena_test_child_forked_sets_its_own(uint64_t unmapped) {
    if (start_afresh() != 0 || set(SIGSEGV, count_only, 0) != 0) return 1;
    pid_t child = fork();
    if (child == 0) _exit(in_grandchild(unmapped));
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) return 2;
    return status == 0 ? 0 : 10 + status / 256;
}

int verbena_test_child_blocked_faults(uint64_t unmapped) {
    if (start_afresh() != 0 || verbena_thread_blocks_faults()) return 1;
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGSEGV);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    if (!verbena_thread_blocks_faults()) return 2;
    char bytes[64];
    if (verbena_copy_by_system_call((uint64_t)(uintptr_t)bytes, unmapped, sizeof bytes)) return 3;
    // And what the query warns of: a guarded copy now ends the process.
    verbena_guarded_copy((uint64_t)(uintptr_t)bytes, unmapped, sizeof bytes);
    return 4;
}

/// A handler registered with pthread_atfork has stored 42 at `address` before the child got here.
int verbena_test_child_fork_handler_ran(uint64_t address) {
    return *(volatile uint64_t *)address == 42 ? 0 : 1;
}
