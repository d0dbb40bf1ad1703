// signals.c - a program's fault handlers stand behind ours.
//
// Owns: the names. Does not: know what is done for a signal (guard_handlers.c of CPlatform).
// Counterpart: sigaction(2), signal(2).
#define _GNU_SOURCE
#include "CInterpose.h"
#include "CPlatform.h"

#include <signal.h>

__attribute__((visibility("default"))) int sigaction(
    int signal_number, const struct sigaction *restrict action, struct sigaction *restrict old_action) {
    return verbena_guard_sigaction(signal_number, action, old_action);
}

__attribute__((visibility("default"))) void (*signal(int signal_number, void (*handler)(int)))(int) {
    return verbena_guard_signal(signal_number, handler);
}
