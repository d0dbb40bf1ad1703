// peer_process.c - a process that plays the peer of a fuzz target.
#define _GNU_SOURCE
#include "CFuzzer.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int fuzz_start_peer(void) {
    int parent = getpid();
    int child = fork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (getppid() != parent) _exit(0);
    for (;;) pause();
}

int fuzz_peer_is_alive(int process) { return waitpid(process, NULL, WNOHANG) == 0; }
