// guard_handlers.c - SIGSEGV and SIGBUS handlers that stand in front of the program's own.
//
// Owns: what the program wants done on these signals (its "wish"), while ours stay installed in the kernel.
// Does not: handle a fault outside the copy routine; that goes to the program's handler, or kills as it would have.
// The kernel holds ours with the wish's mask and flags, so it blocks signals and switches stacks as the program asked.
// Locking: none. A wish is one atomic word; two threads that set one signal's action at once race, as without us.
// Counterpart: sigaction(2), signal(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "copy_routine.h"
#include "errno_kept.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

typedef int (*sigaction_function)(int, const struct sigaction *, struct sigaction *);
typedef void (*plain_handler)(int);
typedef plain_handler (*signal_function)(int, plain_handler);

// A user address leaves the top bits of a word free: they hold the two flags that the forwarder needs.
#define WISH_TAKES_INFO (UINT64_C(1) << 63)
#define WISH_ONE_SHOT (UINT64_C(1) << 62)
#define WISH_ADDRESS (WISH_ONE_SHOT - 1)

static _Atomic uint64_t wishes[2];
/// The process whose kernel-side actions the wishes belong to; 0: ours were never installed.
static _Atomic pid_t standing_in;

static _Atomic uint64_t *wish_of(int signal_number) {
    return &wishes[signal_number == SIGBUS];
}

static bool is_guarded(int signal_number) {
    return (signal_number == SIGSEGV || signal_number == SIGBUS)
        && atomic_load_explicit(&standing_in, memory_order_acquire) != 0;
}

/// The C library's own sigaction, behind any interposed one.
static int real_sigaction(int signal_number, const struct sigaction *action, struct sigaction *old_action) {
    static _Atomic(sigaction_function) found;
    sigaction_function function = atomic_load_explicit(&found, memory_order_relaxed);
    if (function == NULL) {
        *(void **)&function = dlsym(RTLD_NEXT, "sigaction");
        if (function == NULL) {
            errno = ENOSYS;
            return -1;
        }
        atomic_store_explicit(&found, function, memory_order_relaxed);
    }
    return function(signal_number, action, old_action);
}

static uint64_t packed_wish(const struct sigaction *action) {
    uint64_t wish = (uint64_t)(uintptr_t)action->sa_handler & WISH_ADDRESS;
    if (action->sa_flags & SA_SIGINFO) wish |= WISH_TAKES_INFO;
    if (action->sa_flags & SA_RESETHAND) wish |= WISH_ONE_SHOT;
    return wish;
}

/// What the default action does for this signal, at the instruction or by the sender that caused it.
static void die_by_default(int signal_number, const siginfo_t *information) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    real_sigaction(signal_number, &action, NULL);
    // A fault repeats when the handler returns; a signal that was sent must be sent again.
    if (information->si_code <= 0) raise(signal_number);
}

static void forward(int signal_number, siginfo_t *information, void *context) {
    _Atomic uint64_t *place = wish_of(signal_number);
    uint64_t wish = atomic_load_explicit(place, memory_order_acquire);
    if (wish & WISH_ONE_SHOT) atomic_compare_exchange_strong(place, &wish, (uint64_t)(uintptr_t)SIG_DFL);
    uintptr_t address = (uintptr_t)(wish & WISH_ADDRESS);
    if (address == (uintptr_t)SIG_IGN && information->si_code <= 0) return;
    // The kernel does not let a program ignore a fault: it kills.
    if (address == (uintptr_t)SIG_DFL || address == (uintptr_t)SIG_IGN) {
        die_by_default(signal_number, information);
    } else if (wish & WISH_TAKES_INFO) {
        ((void (*)(int, siginfo_t *, void *))address)(signal_number, information, context);
    } else {
        ((void (*)(int))address)(signal_number);
    }
}

/// If the fault is the copy routine's, continues at its fix-up.
static bool fix_up(const siginfo_t *information, void *context) {
#if VERBENA_HAS_COPY_ROUTINE
    if (information->si_code <= 0) return false;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)registers[REG_RIP];
    if (at < (uintptr_t)verbena_copy_routine || at >= (uintptr_t)verbena_copy_routine_end) return false;
    registers[REG_RIP] = (greg_t)(uintptr_t)verbena_copy_routine_fault;
    return true;
#else
    (void)information;
    (void)context;
    return false;
#endif
}

static void guard_handler(int signal_number, siginfo_t *information, void *context) {
    int saved = errno;
    if (!fix_up(information, context)) forward(signal_number, information, context);
    errno = saved;
}

static bool is_ours(const struct sigaction *action) {
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == guard_handler;
}

/// Ours, with the mask and the flags of the program's wish.
static struct sigaction ours_for(const struct sigaction *wish) {
    struct sigaction action = *wish;
    action.sa_sigaction = guard_handler;
    action.sa_flags = (action.sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
    // Without a handler of the program, a thread that has an alternate stack wants it used.
    if (wish->sa_handler == SIG_DFL || wish->sa_handler == SIG_IGN) action.sa_flags |= SA_ONSTACK;
    return action;
}

/// Replaces our handler in `action` by the program's, as the program set it.
static void show_wish(struct sigaction *action, uint64_t wish) {
    if (!is_ours(action)) return;
    action->sa_handler = (void (*)(int))(uintptr_t)(wish & WISH_ADDRESS);
    if (!(wish & WISH_TAKES_INFO)) action->sa_flags &= ~(int)SA_SIGINFO;
    if (wish & WISH_ONE_SHOT) action->sa_flags |= (int)SA_RESETHAND;
}

static int stand_before(int signal_number) {
    struct sigaction found, ours;
    if (real_sigaction(signal_number, NULL, &found) != 0) return -1;
    if (is_ours(&found)) return 0;
    atomic_store_explicit(wish_of(signal_number), packed_wish(&found), memory_order_release);
    ours = ours_for(&found);
    return real_sigaction(signal_number, &ours, NULL);
}

int verbena_guard_handlers_install(void) {
    int saved = errno;
    int result = stand_before(SIGSEGV) == 0 && stand_before(SIGBUS) == 0 ? 0 : -1;
    if (result == 0) atomic_store_explicit(&standing_in, getpid(), memory_order_release);
    return (int)verbena_keep_errno(saved, result);
}

int verbena_guard_sigaction(int signal_number, const struct sigaction *action, struct sigaction *old_action) {
    if (!is_guarded(signal_number)) return real_sigaction(signal_number, action, old_action);
    _Atomic uint64_t *place = wish_of(signal_number);
    uint64_t old_wish = atomic_load_explicit(place, memory_order_acquire);
    struct sigaction kernel, ours, *wanted = NULL;
    // A forked child that has no device sets its own actions. After vfork(2) it must: the wishes are its parent's
    // memory.
    bool is_foreign = atomic_load_explicit(&standing_in, memory_order_acquire) != getpid();
    if (is_foreign && action != NULL && !is_ours(action)) {
        ours = *action;
        wanted = &ours;
    }
    // A program that read our handler past the interposer and sets it again wants nothing changed.
    if (!is_foreign && action != NULL && !is_ours(action)) {
        ours = ours_for(action);
        wanted = &ours;
        old_wish = atomic_exchange_explicit(place, packed_wish(action), memory_order_acq_rel);
    }
    if (real_sigaction(signal_number, wanted, &kernel) != 0) return -1;
    show_wish(&kernel, old_wish);
    if (old_action != NULL) *old_action = kernel;
    return 0;
}

/// The C library's own signal, which also knows what siginterrupt(3) asked for.
static plain_handler real_signal(int signal_number, plain_handler handler) {
    signal_function function;
    *(void **)&function = dlsym(RTLD_NEXT, "signal");
    if (function == NULL) {
        errno = ENOSYS;
        return SIG_ERR;
    }
    return function(signal_number, handler);
}

void (*verbena_guard_signal(int signal_number, void (*handler)(int)))(int) {
    if (!is_guarded(signal_number)) return real_signal(signal_number, handler);
    struct sigaction action, old_action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, signal_number);
    if (verbena_guard_sigaction(signal_number, &action, &old_action) != 0) return SIG_ERR;
    return old_action.sa_handler;
}
