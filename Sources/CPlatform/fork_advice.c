// fork_advice.c - whether the program has ever kept memory from children.
//
// Owns: one word. No query tells which areas a fork leaves out, only smaps, whose cost grows with the mappings: where the program
// has never asked for it, there is nothing to look for. Calls by syscall(2) are not heard.
// Counterpart: madvise(2) MADV_DONTFORK.
#include "CPlatform.h"

#include <stdatomic.h>

enum { UNHEARD, NEVER_GIVEN, GIVEN };
static _Atomic int advice = UNHEARD;

void verbena_fork_advice_is_heard(void) {
    int before = UNHEARD;
    atomic_compare_exchange_strong(&advice, &before, NEVER_GIVEN);
}

void verbena_fork_advice_given(void) { atomic_store_explicit(&advice, GIVEN, memory_order_relaxed); }

bool verbena_fork_advice_never_given(void) { return atomic_load_explicit(&advice, memory_order_relaxed) == NEVER_GIVEN; }
