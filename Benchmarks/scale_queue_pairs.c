// scale_queue_pairs.c - two processes with many connected queue pairs between them.
#define _GNU_SOURCE
#include "scale.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static struct end connected_end(int socket, int count)
{
	struct end end = open_end(count);
	for (int index = 0; index < count; index++) {
		struct address mine = address_of(&end, index), theirs;
		put(socket, &mine, sizeof(mine));
		get(socket, &theirs, sizeof(theirs));
		connect_queue_pair(&end, index, theirs);
	}
	char ready = 1;
	put(socket, &ready, 1);
	get(socket, &ready, 1);
	return end;
}

// A step that shares no factor with the count visits every queue pair, and each one long after its last time.
static int wide_step(int count) { return count > 7 ? count / 2 + 1 + (count % 4 == 2) : 1; }

void scale_queue_pairs(int count)
{
	int sockets[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		fail("socketpair");
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(1);
		struct end end = connected_end(sockets[1], count);
		follow(&end, 0, 0);
		follow(&end, 0, wide_step(count));
		char done;
		get(sockets[1], &done, 1);
		close_end(&end);
		_exit(0);
	}
	pin(0);
	double before = memory_share(), begin = seconds();
	struct end end = connected_end(sockets[0], count);
	double connected = seconds() - begin;
	double one = lead(&end, 0, 0), all = lead(&end, 0, wide_step(count));
	printf("%8d %12.2f %12.2f %14.1f %14.1f\n", count, one, all, memory_share() - before, connected * 1e6 / count);
	put(sockets[0], "", 1);
	close_end(&end);
	int status;
	waitpid(child, &status, 0);
	if (status != 0)
		exit(1);
}
