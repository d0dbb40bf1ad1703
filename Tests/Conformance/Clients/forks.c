// forks.c - plays one scenario of forking.
//
// forks --list prints the scenarios; forks NAME plays one. In each, a parent that uses the device forks, the child does
// something, and the parent goes on as if nothing had been.
#define _GNU_SOURCE
#include "forks.h"
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_SECONDS = 40 };

extern char **environ;

_Noreturn void fail(int line, const char *file, const char *condition)
{
	fprintf(stderr, "%s:%d: process %d: not so: %s (errno %d)\n", file, line, getpid(), condition, errno);
	_exit(1);
}

static void expect_clean_end(pid_t child)
{
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fprintf(stderr, "the child ended with %#x\n", status);
	REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// Every call on what was inherited fails, none crashes, none waits.
static void use_inherited(struct loop *loop)
{
	struct ibv_sge list = { .addr = (uintptr_t)loop->memory, .length = 8, .lkey = loop->region->lkey };
	struct ibv_send_wr send = { .opcode = IBV_WR_SEND, .sg_list = &list, .num_sge = 1 }, *bad_send = NULL;
	struct ibv_recv_wr receive = { .sg_list = &list, .num_sge = 1 }, *bad_receive = NULL;
	struct ibv_device_attr device;
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_ERR };
	struct ibv_wc done;

	REQUIRE(ibv_post_send(loop->pair, &send, &bad_send) > 0 && bad_send == &send);
	REQUIRE(ibv_post_recv(loop->pair, &receive, &bad_receive) > 0 && bad_receive == &receive);
	REQUIRE(ibv_poll_cq(loop->queue, 1, &done) < 0);
	REQUIRE(ibv_req_notify_cq(loop->queue, 0) != 0);
	REQUIRE(ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE) != 0);
	REQUIRE(ibv_query_device(loop->context, &device) != 0);
	REQUIRE(!ibv_alloc_pd(loop->context));
	REQUIRE(!ibv_create_cq(loop->context, 1, NULL, NULL, 0));
	REQUIRE(!ibv_reg_mr(loop->domain, loop->memory, 8, IBV_ACCESS_LOCAL_WRITE));
	REQUIRE(ibv_dereg_mr(loop->region) != 0);
	REQUIRE(ibv_destroy_qp(loop->pair) != 0);
	REQUIRE(ibv_destroy_cq(loop->queue) != 0);
}

static void child_uses_inherited(struct loop *loop)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		use_inherited(loop);
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		exercise(loop, (unsigned char)i);
	expect_clean_end(child);
}

// The ordinary end of a process runs the exit handlers of what it inherited.
static void child_exits(struct loop *loop)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0)
		exit(0);
	expect_clean_end(child);
	exercise(loop, 1);
}

static void child_opens_afresh(struct loop *loop)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		struct loop own;
		use_inherited(loop);
		open_loop(&own);
		for (int i = 0; i < 100; i++)
			exercise(&own, (unsigned char)i);
		close_loop(&own);
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		exercise(loop, (unsigned char)i);
	expect_clean_end(child);
}

// A child that uses the device is a parent like any other.
static void grandchild_opens_afresh(struct loop *loop)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		struct loop own;
		open_loop(&own);
		child_opens_afresh(&own);
		close_loop(&own);
		_exit(0);
	}
	exercise(loop, 1);
	expect_clean_end(child);
}

static void child_executes(struct loop *loop)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		execlp("ibv_devinfo", "ibv_devinfo", (char *)NULL);
		_exit(127);
	}
	exercise(loop, 1);
	expect_clean_end(child);
}

static void child_of_vfork_executes(struct loop *loop)
{
	pid_t child = vfork();
	if (child == 0) {
		execlp("true", "true", (char *)NULL);
		_exit(127);
	}
	REQUIRE(child > 0);
	exercise(loop, 1);
	expect_clean_end(child);
}

static void spawn(struct loop *loop)
{
	char *const arguments[] = { "ibv_devices", NULL };
	pid_t child;
	REQUIRE(posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) == 0);
	exercise(loop, 1);
	expect_clean_end(child);
}

static void run_shell(struct loop *loop)
{
	exercise(loop, 1);
	REQUIRE(system("true") == 0);
}

// Forks from a program whose other threads are inside the device at that moment.
static _Atomic int stop;

static void *keep_exercising(void *argument)
{
	struct loop own;
	(void)argument;
	open_loop(&own);
	while (!atomic_load(&stop))
		exercise(&own, 7);
	close_loop(&own);
	return NULL;
}

static void fork_among_threads(struct loop *loop)
{
	pthread_t thread;
	REQUIRE(pthread_create(&thread, NULL, keep_exercising, NULL) == 0);
	for (int i = 0; i < 50; i++) {
		pid_t child = fork();
		REQUIRE(child >= 0);
		if (child == 0) {
			use_inherited(loop);
			_exit(0);
		}
		exercise(loop, (unsigned char)i);
		expect_clean_end(child);
	}
	atomic_store(&stop, 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
}

static const struct {
	const char *name;
	void (*play)(struct loop *);
} scenarios[] = {
	{ "inherited", child_uses_inherited },
	{ "inherited-exit", child_exits },
	{ "open-afresh", child_opens_afresh },
	{ "open-afresh-twice", grandchild_opens_afresh },
	{ "fork-exec", child_executes },
	{ "vfork-exec", child_of_vfork_executes },
	{ "posix-spawn", spawn },
	{ "system", run_shell },
	{ "fork-among-threads", fork_among_threads },
};

int main(int argc, char **argv)
{
	REQUIRE(argc == 2);
	alarm(GUARD_SECONDS);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (strcmp(argv[1], "--list") == 0) {
			puts(scenarios[i].name);
			continue;
		}
		if (strcmp(argv[1], scenarios[i].name) != 0)
			continue;
		struct loop loop;
		open_loop(&loop);
		exercise(&loop, 42);
		scenarios[i].play(&loop);
		exercise(&loop, 43);
		close_loop(&loop);
		printf("%s: holds\n", argv[1]);
		return 0;
	}
	REQUIRE(strcmp(argv[1], "--list") == 0);
	return 0;
}
