// scale.c - latency and memory with many queue pairs and many processes. Each size is measured in a process of its own.
//
// scale queue-pairs COUNT...   queue pairs between two processes
// scale processes COUNT...     processes, each connected to one
#define _GNU_SOURCE
#include "scale.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int usage(void)
{
	fprintf(stderr, "usage: scale queue-pairs|processes COUNT...\n");
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return usage();
	void (*measure)(int) = strcmp(argv[1], "queue-pairs") == 0 ? scale_queue_pairs
		: strcmp(argv[1], "processes") == 0 ? scale_processes : NULL;
	if (!measure)
		return usage();
	if (measure == scale_queue_pairs)
		printf("%8s %12s %12s %14s %14s\n", "pairs", "one, us", "all, us", "memory, KiB", "connect, us");
	else
		printf("%8s %12s %14s %14s %14s\n", "others", "latency, us", "each, KiB", "hub, KiB", "connect, us");
	fflush(stdout);
	for (int size = 2; size < argc; size++) {
		int count = atoi(argv[size]), status;
		if (count < 1)
			return usage();
		pid_t child = fork();
		if (child < 0)
			fail("fork");
		if (child == 0) {
			measure(count);
			fflush(stdout);
			_exit(0);
		}
		waitpid(child, &status, 0);
		if (status != 0)
			return 1;
	}
	return 0;
}
