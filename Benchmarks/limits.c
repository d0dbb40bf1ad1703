// limits.c - the machine's own limits, to stand beside what the device reaches.
//
// limits cache                 half a round trip of a cache line between two cores, in microseconds
// limits copy BYTES            memcpy, in MiB per second
// limits write-latency BYTES   half a round trip by process_vm_writev into private memory, in microseconds
// limits write-bandwidth BYTES process_vm_writev, in MiB per second
// limits start COMMAND...      start and end of a program, in microseconds, with the environment as it is
#define _GNU_SOURCE
#include "limits.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GUARD_SECONDS = 60 };

void fail(const char *what)
{
	perror(what);
	exit(1);
}

double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

void pin(int processor)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fail("sched_setaffinity");
}

struct duo start_duo(void)
{
	struct duo duo = { .shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) };
	if (duo.shared == MAP_FAILED)
		fail("mmap");
	duo.child = fork();
	if (duo.child < 0)
		fail("fork");
	duo.is_child = duo.child == 0;
	if (duo.is_child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(duo.is_child ? 1 : 0);
	return duo;
}

void end_duo(struct duo duo)
{
	if (duo.is_child)
		exit(0);
	if (waitpid(duo.child, NULL, 0) != duo.child)
		fail("waitpid");
}

static size_t size(int argc, char **argv)
{
	char *end;
	size_t bytes = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
	if (bytes == 0 || *end)
		exit(2);
	return bytes;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	alarm(GUARD_SECONDS);
	if (strcmp(what, "cache") == 0)
		measure_cache();
	else if (strcmp(what, "copy") == 0)
		measure_copy(size(argc, argv));
	else if (strcmp(what, "write-latency") == 0)
		measure_write_latency(size(argc, argv));
	else if (strcmp(what, "write-bandwidth") == 0)
		measure_write_bandwidth(size(argc, argv));
	else if (strcmp(what, "start") == 0 && argc > 2)
		measure_start(argv + 2);
	else
		return 2;
	return 0;
}
