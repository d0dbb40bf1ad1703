// storms_forks.c - forks by the hundred while threads post: the children touch the device, open it anew, execute, or just end.
//
// The threads post to themselves and to another process; none of them may notice.
#define _GNU_SOURCE
#include "storms.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 3, CHILDREN = 4 };

static _Atomic int stop;
static _Atomic unsigned long rounds[THREADS];

struct work {
	struct lane *lane;
	uint64_t numbers;
	int index;
	int is_loop;
};

static void *post_until_stopped(void *argument)
{
	struct work *work = argument;
	while (!atomic_load(&stop)) {
		one_sided_round(work->lane, &work->numbers);
		if (work->is_loop)
			message_round(work->lane, &work->numbers);
		atomic_fetch_add(&rounds[work->index], 1);
	}
	return NULL;
}

// The other process: its memory is used, and it does nothing.
static _Noreturn void be_target(int socket)
{
	struct end end;
	struct lane lane;
	struct place theirs;
	char done;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_end(&end, 1);
	open_lane(&lane, &end, 0);
	struct place mine = place_of(&lane);
	put(socket, &mine, sizeof(mine));
	get(socket, &theirs, sizeof(theirs));
	connect_lane(&lane, theirs);
	put(socket, "r", 1);
	get(socket, &done, 1);
	close_lane(&lane);
	close_end(&end);
	_exit(0);
}

static _Noreturn void be_child(struct lane *inherited, unsigned kind, uint64_t numbers)
{
	struct end own;
	struct lane loop;

	switch (kind) {
	case 0:
		_exit(0);
	case 1:
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	case 2:
		use_inherited(inherited);
		_exit(0);
	default:
		use_inherited(inherited);
		open_end(&own, 1);
		open_loop(&loop, &own, 0);
		one_sided_round(&loop, &numbers);
		message_round(&loop, &numbers);
		close_lane(&loop);
		close_end(&own);
		_exit(0);
	}
}

static void fork_many(struct lane *inherited, struct storm storm)
{
	pid_t children[CHILDREN] = { 0 };
	uint64_t numbers = storm.seed;

	for (int i = 0; i < storm.count; i++) {
		pid_t *child = &children[i % CHILDREN];
		unsigned kind = below(&numbers, 4);
		if (*child != 0)
			expect_clean_end(*child);
		*child = fork();
		REQUIRE(*child >= 0);
		if (*child == 0)
			be_child(inherited, kind, next_number(&numbers));
	}
	for (int i = 0; i < CHILDREN; i++)
		if (children[i] != 0)
			expect_clean_end(children[i]);
}

void storm_of_forks(struct storm storm)
{
	int sockets[2];
	struct end end;
	struct lane lanes[THREADS];
	struct work work[THREADS];
	pthread_t threads[THREADS];
	struct place theirs;
	char ready;

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	pid_t target = fork();
	REQUIRE(target >= 0);
	if (target == 0)
		be_target(sockets[1]);
	open_end(&end, THREADS);
	get(sockets[0], &theirs, sizeof(theirs));
	for (int i = 0; i < THREADS; i++) {
		open_lane(&lanes[i], &end, i);
		connect_lane(&lanes[i], i == 0 ? theirs : place_of(&lanes[i]));
		work[i] = (struct work){ &lanes[i], storm.seed + i, i, i != 0 };
	}
	struct place mine = place_of(&lanes[0]);
	put(sockets[0], &mine, sizeof(mine));
	get(sockets[0], &ready, 1);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, post_until_stopped, &work[i]) == 0);
	fork_many(&lanes[0], storm);
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++) {
		REQUIRE(pthread_join(threads[i], NULL) == 0);
		REQUIRE(atomic_load(&rounds[i]) > 0);
		close_lane(&lanes[i]);
	}
	put(sockets[0], "d", 1);
	close_end(&end);
	expect_clean_end(target);
}

// Many processes that fork as soon as their threads post: what a process does for the first time, it may do just then.
void storm_of_early_forks(struct storm storm)
{
	for (int i = 0; i < storm.count; i++) {
		pid_t child = fork();
		REQUIRE(child >= 0);
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			storm_of_forks((struct storm){ 3 * CHILDREN, storm.seed + i });
			_exit(0);
		}
		expect_clean_end(child);
	}
}
