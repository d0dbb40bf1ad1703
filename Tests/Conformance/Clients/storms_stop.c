// storms_stop.c - a peer is stopped at any instant: only who uses the same queue waits.
//
// Three processes: the middle one has a lane to each of the others, each with a thread and queues of its own. One of the others
// is stopped again and again in the middle of traffic both ways; the lane to the third must go on meanwhile.
#define _GNU_SOURCE
#include "storms.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_WHILE_STOPPED = 50 };

static _Atomic int stop;
static _Atomic unsigned long rounds[2];

struct work {
	struct lane *lane;
	uint64_t numbers;
	int index;
};

static void *post_until_stopped(void *argument)
{
	struct work *work = argument;
	while (!atomic_load(&stop)) {
		one_sided_round(work->lane, &work->numbers);
		atomic_fetch_add(&rounds[work->index], 1);
	}
	return NULL;
}

static void introduce(struct lane *lane, int socket)
{
	struct place mine = place_of(lane), theirs;
	char ready;

	put(socket, &mine, sizeof(mine));
	get(socket, &theirs, sizeof(theirs));
	connect_lane(lane, theirs);
	put(socket, "r", 1);
	get(socket, &ready, 1);
}

// An outer process: posts to the middle one until that says so.
static _Noreturn void be_outer(int socket, uint64_t seed)
{
	struct end end;
	struct lane lane;
	struct work work = { &lane, seed, 0 };
	pthread_t thread;
	char done;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_end(&end, 1);
	open_lane(&lane, &end, 0);
	introduce(&lane, socket);
	REQUIRE(pthread_create(&thread, NULL, post_until_stopped, &work) == 0);
	get(socket, &done, 1);
	atomic_store(&stop, 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
	put(socket, "d", 1);
	get(socket, &done, 1);
	close_lane(&lane);
	close_end(&end);
	_exit(0);
}

static void pause_for(unsigned microseconds)
{
	struct timespec time = { 0, (long)microseconds * 1000 };
	nanosleep(&time, NULL);
}

// Waits until a lane has made so many rounds more: the alarm is the guard.
static void await_rounds(int index, unsigned long more)
{
	unsigned long goal = atomic_load(&rounds[index]) + more;
	while (atomic_load(&rounds[index]) < goal)
		pause_for(100);
}

static void stop_again_and_again(pid_t victim, struct storm storm)
{
	uint64_t numbers = storm.seed;
	for (int i = 0; i < storm.count; i++) {
		int status;
		await_rounds(0, 1);
		pause_for(below(&numbers, 2000));
		REQUIRE(kill(victim, SIGSTOP) == 0);
		REQUIRE(waitpid(victim, &status, WUNTRACED) == victim && WIFSTOPPED(status));
		await_rounds(1, ROUNDS_WHILE_STOPPED);
		REQUIRE(kill(victim, SIGCONT) == 0);
	}
	await_rounds(0, ROUNDS_WHILE_STOPPED);
}

void stopped_peer(struct storm storm)
{
	int sockets[2][2];
	pid_t outer[2];
	struct end end;
	struct lane lanes[2];
	struct work work[2];
	pthread_t threads[2];
	char done;

	for (int i = 0; i < 2; i++) {
		REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets[i]) == 0);
		outer[i] = fork();
		REQUIRE(outer[i] >= 0);
		if (outer[i] == 0)
			be_outer(sockets[i][1], storm.seed + 10 + i);
	}
	open_end(&end, 2);
	for (int i = 0; i < 2; i++) {
		open_lane(&lanes[i], &end, i);
		introduce(&lanes[i], sockets[i][0]);
		work[i] = (struct work){ &lanes[i], storm.seed + i, i };
	}
	for (int i = 0; i < 2; i++)
		REQUIRE(pthread_create(&threads[i], NULL, post_until_stopped, &work[i]) == 0);
	stop_again_and_again(outer[0], storm);
	for (int i = 0; i < 2; i++)
		put(sockets[i][0], "s", 1);
	for (int i = 0; i < 2; i++)
		get(sockets[i][0], &done, 1);
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++) {
		REQUIRE(pthread_join(threads[i], NULL) == 0);
		put(sockets[i][0], "d", 1);
		close_lane(&lanes[i]);
	}
	close_end(&end);
	for (int i = 0; i < 2; i++)
		expect_clean_end(outer[i]);
}
