// registration.c - what registering memory costs, and what it costs to have very many registrations.
//
// registration sizes        register and deregister, by size, beside the bare system calls that hold or look at memory
// registration live COUNT   so many registrations of a page at once: time and memory of each, and a write under any of them
#define _GNU_SOURCE
#include "registration.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

_Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

double nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

char *map(size_t bytes, int touched)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE) != 0)
		fail("mmap");
	if (touched)
		memset(memory, 1, bytes);
	return memory;
}

struct ibv_context *open_device(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	if (!context)
		fail("ibv_open_device");
	ibv_free_device_list(devices);
	return context;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sizes") == 0) {
		measure_sizes();
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "live") == 0 && atoi(argv[2]) > 0) {
		measure_live(atoi(argv[2]));
		return 0;
	}
	fprintf(stderr, "usage: registration sizes | live COUNT\n");
	return 2;
}
