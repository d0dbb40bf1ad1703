// nursery.c - forks the processes of scenarios from a process that stays small, and makes the files that they map.
#define _GNU_SOURCE
#include "actor.h"
#include "actor_peer.h"
#include "controller.h"
#include "verbs_end.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_object(int kind, uint64_t length)
{
	enum { OF_MEMORY, OF_A_DISK, OF_A_CONTROLLER, OF_HUGE_PAGES };
	if (kind == OF_A_CONTROLLER)
		return open_controller_memory();
	char name[] = "/var/tmp/verbena-host.XXXXXX";
	int file = kind == OF_A_DISK ? mkostemp(name, O_CLOEXEC)
				     : memfd_create("object", kind == OF_HUGE_PAGES ? MFD_CLOEXEC | MFD_HUGETLB : MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	if (kind == OF_A_DISK)
		unlink(name);
	if (ftruncate(file, (off_t)length) != 0) {
		int error = errno;
		close(file);
		return -error;
	}
	return file;
}

// The same file, opened for reading only: what is mapped from there can never become writable.
static int reopen(int file)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void forget_objects(struct world *world)
{
	for (int i = 0; i < 2 * VERBENA_HOST_OBJECTS; i++) {
		if (world->objects[i] >= 0)
			close(world->objects[i]);
		world->objects[i] = -1;
	}
}

static void start_actor(struct world *world, int slot, struct verbena_host_reply *reply)
{
	pid_t child = fork();
	if (child == 0) {
		struct verbena_host_reply birth = { 0 };
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer(world->slots[slot], &birth);
		play_actor(world, slot);
	}
	reply->error = child < 0 ? errno : 0;
	reply->value = child;
}

// The peer of a slot's processes outlives them.
static void start_peer(struct world *world, int slot, struct verbena_host_reply *reply)
{
	if (slot < 0 || slot >= VERBENA_HOST_SLOTS || world->has_peer[slot])
		return;
	load_drivers(verbs_library()); // once, for all that are forked from here
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_peer(world->peers[slot][1]);
	}
	reply->error = child < 0 ? errno : 0;
	world->has_peer[slot] = child > 0;
}

// By a mapping: files of hugetlb pages are not written otherwise. 0 or an errno; ENOMEM if no hugetlb page is free.
static int fill_object(int file, uint64_t offset, int64_t value)
{
	enum { HUGE_PAGE = 2 << 20 };
	uint64_t first = offset / HUGE_PAGE * HUGE_PAGE;
	struct stat status;
	if (fstat(file, &status) != 0)
		return errno;
	if (status.st_blksize != HUGE_PAGE)
		return pwrite(file, &value, sizeof(value), (off_t)offset) == sizeof(value) ? 0 : errno;
	char *page = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)first);
	if (page == MAP_FAILED)
		return errno;
	memcpy(page + (offset - first), &value, sizeof(value));
	munmap(page, HUGE_PAGE);
	return 0;
}

static int object_of(const struct world *world, const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_OBJECTS ? world->objects[command->slot] : -1;
}

enum { UNBIND_PATIENCE = 5 };	// seconds, far above what it takes when nothing holds the memory

static void serve(struct world *world, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	int file = object_of(world, command);
	switch (command->kind) {
	case VERBENA_HOST_START:
		start_actor(world, command->slot, reply);
		break;
	case VERBENA_HOST_START_PEER:
		start_peer(world, command->slot, reply);
		break;
	case VERBENA_HOST_MAKE_OBJECT: {
		int made = make_object((int)command->argument, command->length);
		reply->error = made < 0 ? -made : 0;
		if (made >= 0) {
			int slot = command->slot % VERBENA_HOST_OBJECTS;
			world->objects[slot] = made;
			world->objects[VERBENA_HOST_OBJECTS + slot] = reopen(made);
		}
		break;
	}
	case VERBENA_HOST_FILL_OBJECT:
		reply->error = fill_object(file, command->address, command->argument);
		break;
	case VERBENA_HOST_TRUNCATE_OBJECT:
		reply->error = ftruncate(file, (off_t)command->length) == 0 ? 0 : errno;
		break;
	case VERBENA_HOST_MERGE:
		reply->error = merge_same_pages();
		break;
	case VERBENA_HOST_UNBIND:
		reply->error = unbind_controller(UNBIND_PATIENCE);
		break;
	case VERBENA_HOST_RESET:
		forget_objects(world);
		bind_controller();
		world->scenario++;
		break;
	default:
		reply->error = EINVAL;
	}
}

static _Noreturn void be_nursery(struct world *world)
{
	// Children are nobody's to wait for: their descriptors tell of their end.
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct verbena_host_command command;
		struct verbena_host_reply reply;
		memset(&reply, 0, sizeof(reply));
		if (recv(world->nursery, &command, sizeof(command), 0) != sizeof(command))
			_exit(0);
		serve(world, &command, &reply);
		answer(world->nursery, &reply);
	}
}

int verbena_host_nursery_start(int *nursery, int slots[VERBENA_HOST_SLOTS])
{
	struct world world;
	int pairs[VERBENA_HOST_SLOTS + 1][2];

	for (int i = 0; i <= VERBENA_HOST_SLOTS; i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pairs[i]) != 0)
			return -errno;
	pid_t child = fork();
	if (child < 0)
		return -errno;
	for (int i = 0; i <= VERBENA_HOST_SLOTS; i++)
		close(pairs[i][child == 0 ? 0 : 1]);
	if (child == 0) {
		memset(&world, 0, sizeof(world));
		world.nursery = pairs[VERBENA_HOST_SLOTS][1];
		for (int i = 0; i < VERBENA_HOST_SLOTS; i++) {
			world.slots[i] = pairs[i][1];
			if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, world.peers[i]) != 0)
				_exit(1);
		}
		for (int i = 0; i < 2 * VERBENA_HOST_OBJECTS; i++)
			world.objects[i] = -1;
		be_nursery(&world);
	}
	*nursery = pairs[VERBENA_HOST_SLOTS][0];
	for (int i = 0; i < VERBENA_HOST_SLOTS; i++)
		slots[i] = pairs[i][0];
	return child;
}

void verbena_host_nursery_end(int process)
{
	kill(process, SIGKILL);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
	}
}

int verbena_host_await_birth(int channel, struct verbena_host_reply *reply, int seconds)
{
	struct pollfd wait = { .fd = channel, .events = POLLIN };
	int ready = poll(&wait, 1, seconds * 1000);
	if (ready <= 0)
		return ready == 0 ? -ETIMEDOUT : -errno;
	ssize_t count = recv(channel, reply, sizeof(*reply), 0);
	return count == sizeof(*reply) ? 0 : -EPIPE;
}

int verbena_host_ask(int channel, const struct verbena_host_command *command, struct verbena_host_reply *reply, int seconds)
{
	if (send(channel, command, sizeof(*command), MSG_NOSIGNAL) != sizeof(*command))
		return -errno;
	return verbena_host_await_birth(channel, reply, seconds);
}
