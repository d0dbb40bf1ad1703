// thread.c - threads of the device's own, and fork. Counterpart: pthread_create(3), pthread_atfork(3), madvise(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/// All signals but those of a fault: the program's handlers must not run here, and guarded copies must.
static void agent_mask(sigset_t *mask) {
    sigfillset(mask);
    sigdelset(mask, SIGSEGV);
    sigdelset(mask, SIGBUS);
}

struct start {
    char name[16];
    void *(*body)(void *);
    void *argument;
};

static void *run_named(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    // A thread without its name works as well: nothing to report.
    prctl(PR_SET_NAME, start.name);
    return start.body(start.argument);
}

static int create_detached(size_t stack_bytes, struct start *start) {
    pthread_attr_t attributes;
    pthread_t thread;
    int number = pthread_attr_init(&attributes);
    if (number != 0) return number;
    number = pthread_attr_setstacksize(&attributes, stack_bytes);
    if (number == 0) number = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (number == 0) number = pthread_create(&thread, &attributes, run_named, start);
    pthread_attr_destroy(&attributes);
    return number;
}

int verbena_thread_start(const char *name, size_t stack_bytes, void *(*body)(void *), void *argument) {
    int saved = errno;
    struct start *start = malloc(sizeof *start);
    errno = saved;
    if (start == NULL) return -ENOMEM;
    *start = (struct start){.body = body, .argument = argument};
    snprintf(start->name, sizeof start->name, "%s", name);
    sigset_t mask, old_mask;
    agent_mask(&mask);
    // A thread inherits its creator's mask: set before, so that no signal can arrive in between.
    pthread_sigmask(SIG_SETMASK, &mask, &old_mask);
    int number = create_detached(stack_bytes, start);
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    if (number != 0) free(start);
    return -number;
}

void verbena_unknown_call(void) {}

int verbena_atfork_register(void (*child_handler)(void)) {
    return -pthread_atfork(NULL, NULL, child_handler);
}

uint64_t *verbena_wipe_page(void) {
    int saved = errno;
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *base;
    if (verbena_map_private(page_bytes, &base) < 0) return NULL;
    if (verbena_wipe_in_children(base, page_bytes) < 0) {
        verbena_unmap(base, page_bytes);
        base = NULL;
    }
    errno = saved;
    return base;
}
