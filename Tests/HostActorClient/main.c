// main.c - asks the processes that play scenarios for memory regions of the first verbs device, one line for each answer.
//
// "name: errno value", in the order of the questions; Tests/LitmusHostTests knows what they should be. A program of its own, so that
// Verbena's device can be put under it by LD_PRELOAD.
#include "CHostActor.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 4096, SECONDS = 20, ANONYMOUS_FIXED = 0x32, LOCAL_WRITE = 1, REMOTE_WRITE = 2, REMOTE_READ = 4 };

static void fail(const char *name)
{
	printf("%s: no answer\n", name);
	exit(1);
}

static struct verbena_host_reply ask(int channel, const char *name, struct verbena_host_command command)
{
	struct verbena_host_reply reply;
	if (verbena_host_ask(channel, &command, &reply, SECONDS) != 0)
		fail(name);
	printf("%s: %d %lld\n", name, reply.error, (long long)reply.value);
	return reply;
}

static void await_birth(int channel)
{
	struct verbena_host_reply reply;
	if (verbena_host_await_birth(channel, &reply, SECONDS) != 0)
		fail("birth");
}

static struct verbena_host_command region(int kind, int slot, uint64_t offset, int64_t argument)
{
	return (struct verbena_host_command){ .kind = kind, .slot = slot, .length = offset, .argument = argument };
}

static struct verbena_host_command memory(int kind, int slot, int page, int64_t argument)
{
	return (struct verbena_host_command){ .kind = kind, .slot = slot, .address = VERBENA_HOST_BASE + (uint64_t)page * PAGE,
		.length = PAGE, .argument = argument, .second = ANONYMOUS_FIXED };
}

static void ask_about_rights(int process)
{
	ask(process, "hold", memory(VERBENA_HOST_HOLD_REGION, 0, 0, LOCAL_WRITE | REMOTE_WRITE | REMOTE_READ));
	ask(process, "read", region(VERBENA_HOST_REGION_READ, 0, 0, 0));
	ask(process, "write", region(VERBENA_HOST_REGION_WRITE, 0, 0, 8));
	ask(process, "own", memory(VERBENA_HOST_READ, 0, 0, 0));
	ask(process, "hold twice", memory(VERBENA_HOST_HOLD_REGION, 0, 0, REMOTE_READ));
	ask(process, "hold for reading", memory(VERBENA_HOST_HOLD_REGION, 1, 1, REMOTE_READ));
	ask(process, "forbidden write", region(VERBENA_HOST_REGION_WRITE, 1, 0, 9));
	ask(process, "read after it", region(VERBENA_HOST_REGION_READ, 1, 0, 0));
	ask(process, "beyond the end", region(VERBENA_HOST_REGION_READ, 0, PAGE, 0));
	ask(process, "hold of a hole", memory(VERBENA_HOST_HOLD_REGION, 2, 2, REMOTE_READ));
}

static void ask_child(int nursery, int parent, int child)
{
	ask(nursery, "peer of the child", region(VERBENA_HOST_START_PEER, 1, 0, 0));
	struct verbena_host_command fork = region(VERBENA_HOST_FORK, 1, 0, 0);
	struct verbena_host_reply forked;
	if (verbena_host_ask(parent, &fork, &forked, SECONDS) != 0 || forked.error != 0)
		fail("fork");
	await_birth(child);
	ask(child, "of the parent", region(VERBENA_HOST_REGION_READ, 0, 0, 0));
	ask(child, "inherited", memory(VERBENA_HOST_READ, 0, 0, 0));
	ask(child, "child's device", region(VERBENA_HOST_OPEN_DEVICE, 0, 0, 0));
	ask(child, "child's write", memory(VERBENA_HOST_WRITE, 0, 0, 5));
	ask(child, "child's hold", memory(VERBENA_HOST_HOLD_REGION, 0, 0, REMOTE_READ));
	ask(child, "child's read", region(VERBENA_HOST_REGION_READ, 0, 0, 0));
	ask(parent, "parent's read", region(VERBENA_HOST_REGION_READ, 0, 0, 0));
	ask(child, "child's end", region(VERBENA_HOST_QUIT, 0, 0, 0));
}

int main(void)
{
	int nursery, slots[VERBENA_HOST_SLOTS];
	int process = verbena_host_nursery_start(&nursery, slots);
	if (process < 0)
		return 1;
	printf("device: 0 %d\n", verbena_host_has_verbs_device());
	ask(nursery, "peer", region(VERBENA_HOST_START_PEER, 0, 0, 0));
	struct verbena_host_command start = region(VERBENA_HOST_START, 0, 0, 0);
	struct verbena_host_reply born;
	if (verbena_host_ask(nursery, &start, &born, SECONDS) != 0)
		fail("start");
	await_birth(slots[0]);
	for (int page = 0; page < 2; page++) {
		ask(slots[0], "map", memory(VERBENA_HOST_MAP, -1, page, 3));
		ask(slots[0], "fill", memory(VERBENA_HOST_WRITE, 0, page, 6 + page));
	}
	ask(slots[0], "open", region(VERBENA_HOST_OPEN_DEVICE, 0, 0, 0));
	ask_about_rights(slots[0]);
	ask_child(nursery, slots[0], slots[1]);
	ask(slots[0], "release", region(VERBENA_HOST_RELEASE_REGION, 0, 0, 0));
	ask(slots[0], "release twice", region(VERBENA_HOST_RELEASE_REGION, 0, 0, 0));
	ask(slots[0], "read of nothing", region(VERBENA_HOST_REGION_READ, 0, 0, 0));
	verbena_host_nursery_end(process);
	return 0;
}
