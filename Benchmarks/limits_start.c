// limits_start.c - what it costs to start a program.
#define _GNU_SOURCE
#include "limits.h"
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

void measure_start(char *const *command)
{
	enum { STARTS = 100 };
	double start = seconds();

	for (int i = 0; i < STARTS; i++) {
		pid_t child;
		int status;
		if (posix_spawnp(&child, command[0], NULL, NULL, command, environ) != 0)
			fail(command[0]);
		if (waitpid(child, &status, 0) != child || status != 0)
			fail("waitpid");
	}
	printf("%.1f\n", (seconds() - start) / STARTS * 1e6);
}
