// storms.c - plays one storm: storms --list | NAME [SCALE [SEED]]; SCALE times as much of it as usual
#define _GNU_SOURCE
#include "storms.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// A guard against hanging, far above what one scale takes.
enum { GUARD_SECONDS = 50 };

_Noreturn void fail(const char *file, int line, const char *condition, long value)
{
	fprintf(stderr, "%s:%d: process %d: not so: %s (%ld, errno %d)\n", file, line, getpid(), condition, value, errno);
	_exit(1);
}

uint64_t next_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

unsigned below(uint64_t *state, unsigned bound) { return (unsigned)((next_number(state) >> 16) % bound); }

void put(int socket, const void *bytes, size_t count) { REQUIRE(write(socket, bytes, count) == (ssize_t)count); }

void get(int socket, void *bytes, size_t count)
{
	for (size_t have = 0; have < count;) {
		ssize_t more = read(socket, (char *)bytes + have, count - have);
		REQUIRE_VALUE(more > 0, more);
		have += more;
	}
}

void expect_clean_end(pid_t child)
{
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE_VALUE(WIFEXITED(status) && WEXITSTATUS(status) == 0, status);
}

static const struct {
	const char *name;
	void (*play)(struct storm);
	int count;
} storms[] = {
	{ "threads", storm_of_threads, 3000 },
	{ "stale", storm_of_stale, 400 },
	{ "forks", storm_of_forks, 200 },
	{ "early-forks", storm_of_early_forks, 50 },
	{ "stopped-peer", stopped_peer, 25 },
	{ "kills", storm_of_kills, 40 },
	{ "kill-peer", kill_peer, 10 },
};

int main(int argc, char **argv)
{
	REQUIRE(argc >= 2 && argc <= 4);
	int is_list = strcmp(argv[1], "--list") == 0;
	for (size_t i = 0; i < sizeof(storms) / sizeof(*storms); i++) {
		if (is_list) {
			puts(storms[i].name);
			continue;
		}
		if (strcmp(argv[1], storms[i].name) != 0)
			continue;
		int scale = argc > 2 ? atoi(argv[2]) : 1;
		struct storm storm = { storms[i].count * scale, argc > 3 ? strtoull(argv[3], NULL, 10) : 1 };
		REQUIRE(scale > 0 && scale < 100000 && storm.seed != 0);
		alarm(GUARD_SECONDS * scale);
		storms[i].play(storm);
		printf("%s: holds\n", argv[1]);
		return 0;
	}
	REQUIRE(is_list);
	return 0;
}
