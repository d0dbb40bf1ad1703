// scale_processes.c - one process connected to many, each with a device of its own.
#define _GNU_SOURCE
#include "scale.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A child: connects, reports its memory, plays ping-pong whenever it is told to, and ends when the hub's socket ends.
static void spoke(int socket)
{
	char token;
	double before = memory_share();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(1);
	get(socket, &token, 1);
	struct end end = open_end(1);
	struct address mine = address_of(&end, 0), theirs;
	put(socket, &mine, sizeof(mine));
	get(socket, &theirs, sizeof(theirs));
	connect_queue_pair(&end, 0, theirs);
	put(socket, "", 1);
	while (read(socket, &token, 1) == 1) {
		if (token == 'm') {
			double share = memory_share() - before;
			put(socket, &share, sizeof(share));
		} else {
			follow(&end, 0, 0);
		}
	}
	close_end(&end);
	_exit(0);
}

static void start_spokes(int *sockets, int count)
{
	for (int index = 0; index < count; index++) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			fail("socketpair");
		pid_t child = fork();
		if (child < 0)
			fail("fork");
		if (child == 0) {
			for (int other = 0; other < index; other++)
				close(sockets[other]);
			close(pair[0]);
			spoke(pair[1]);
		}
		close(pair[1]);
		sockets[index] = pair[0];
	}
}

void scale_processes(int count)
{
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);

	pin(0);
	int *sockets = calloc(count, sizeof(*sockets));
	start_spokes(sockets, count); // before our own device exists
	double before = memory_share(), begin = seconds();
	struct end hub = open_end(count);
	for (int index = 0; index < count; index++) {
		struct address mine = address_of(&hub, index), theirs;
		put(sockets[index], "", 1);
		get(sockets[index], &theirs, sizeof(theirs));
		put(sockets[index], &mine, sizeof(mine));
		connect_queue_pair(&hub, index, theirs);
		char ready;
		get(sockets[index], &ready, 1);
	}
	double connected = seconds() - begin, shares = 0, latency = 0;
	int visited[] = { 0, count / 2, count - 1 };
	for (int visit = 0; visit < 3; visit++) {
		put(sockets[visited[visit]], "p", 1);
		latency += lead(&hub, visited[visit], 0) / 3;
	}
	for (int index = 0; index < count; index++) {
		double share;
		put(sockets[index], "m", 1);
		get(sockets[index], &share, sizeof(share));
		shares += share;
	}
	printf("%8d %12.2f %14.1f %14.1f %14.1f\n", count, latency, shares / count, memory_share() - before, connected * 1e6 / count);
	for (int index = 0; index < count; index++)
		close(sockets[index]);
	int status, failed = 0;
	while (wait(&status) > 0)
		failed |= status;
	close_end(&hub);
	free(sockets);
	if (failed)
		exit(1);
}
