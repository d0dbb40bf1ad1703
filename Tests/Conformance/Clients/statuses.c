// statuses.c - plays one scenario between two processes.
//
// statuses --list prints the scenarios; statuses NAME plays one and ends with 0 only if both processes saw what the
// specification wants, or if the kernel does not grant this user what the scenario is about: then it says so.
#define _GNU_SOURCE
#include "statuses.h"
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A guard against hanging, far above what any scenario takes.
enum { GUARD_SECONDS = 40 };

static const struct scenario *const lists[] = {
	data_scenarios, access_scenarios, receive_scenarios, queue_scenarios,
	event_scenarios, datagram_scenarios, atomic_scenarios, failure_scenarios,
	handler_scenarios, batch_scenarios, polling_scenarios, drain_scenarios, memory_scenarios,
	window_scenarios, frame_scenarios, fork_scenarios, reregister_scenarios, resize_scenarios,
	moderation_scenarios, multicast_scenarios, sharing_scenarios, lock_scenarios, group_scenarios, stale_scenarios,
	told_scenarios, provider_scenarios, peer_scenarios, import_scenarios, user_scenarios,
};

static const char *playing = "statuses", *role = "";

_Noreturn void fail(const char *file, int line, const char *condition, const char *format, ...)
{
	va_list arguments;
	fprintf(stderr, "%s:%d: %s, %s: not so: %s", strrchr(file, '/') ? strrchr(file, '/') + 1 : file, line, playing, role, condition);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	_exit(1);
}

// For good. A process that was another's cannot be looked at through /proc until it says that it may.
static void become_nobody(void)
{
	enum { NOBODY = 65534 };
	REQUIRE(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	REQUIRE(prctl(PR_SET_DUMPABLE, 1) == 0);
}

static void play(const struct scenario *scenario, bool initiator, int socket)
{
	struct side side = { .set_up = &scenario->set_up, .initiator = initiator, .socket = socket };

	role = initiator ? "initiator" : "target";
	alarm(GUARD_SECONDS);
	if (scenario->set_up.by_frame)
		setenv("VERBENA_DMA", "frame", 0);
	if (scenario->set_up.locked)
		setenv("VERBENA_PIN", "mlock", 1);
	if (scenario->set_up.strict)
		setenv("VERBENA_STALE", "strict", 1);
	if (scenario->set_up.kept_from_children)
		setenv("VERBENA_FORK_PROTECTION", "dontfork", 1);
	if (scenario->set_up.nobody == (initiator ? INITIATOR_IS_NOBODY : TARGET_IS_NOBODY))
		become_nobody();
	open_side(&side);
	connect_side(&side);
	(initiator ? scenario->initiator : scenario->target)(&side);
	meet(&side);
	close_side(&side);
}

// The target lives in the child, so that both open the device afresh, with nothing inherited.
static int run(const struct scenario *scenario)
{
	int ends[2], status;
	const char *refusal = not_granted(scenario);

	playing = scenario->name;
	if (refusal) {
		printf("%s: not granted: %s\n", playing, refusal);
		return 0;
	}
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	close(ends[child ? 1 : 0]);
	if (child == 0) {
		play(scenario, false, ends[1]);
		return 0;
	}
	play(scenario, true, ends[0]);
	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0, "target ended with %#x", status);
	printf("%s: holds\n", scenario->name);
	return 0;
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 2, "usage: statuses --list | NAME");
	bool list = strcmp(argv[1], "--list") == 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		for (const struct scenario *scenario = lists[i]; scenario->name; scenario++) {
			if (list)
				puts(scenario->name);
			else if (strcmp(scenario->name, argv[1]) == 0)
				return run(scenario);
		}
	}
	REQUIRE(list, "no scenario is called %s", argv[1]);
	return 0;
}
