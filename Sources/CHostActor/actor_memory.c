// actor_memory.c - accesses that may fault, and system calls on address spaces.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static sigjmp_buf fault;

static void on_fault(int number) { siglongjmp(fault, number); }

void actor_catch_signals(void)
{
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_fault;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

int verbena_host_has_collapse(void)
{
	enum { COLLAPSE = 25 };
	return madvise(NULL, 0, COLLAPSE) == 0;
}

void actor_access(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	enum { PAGE = 4096 };
	volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)command->address;
	volatile uint64_t at = 0;
	int number = sigsetjmp(fault, 1);
	if (number != 0) {
		reply->signal = number;
		return;
	}
	for (; at < command->length; at += PAGE) {
		volatile uint64_t *place = word + at / sizeof(*word);
		if (command->kind == VERBENA_HOST_WRITE)
			*place = (uint64_t)command->argument;
		else
			(void)*place;
	}
	if (command->kind == VERBENA_HOST_READ)
		reply->value = (int64_t)*word;
}

// Every entry loses its right to write, so that the next store is noticed.
static int clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	ssize_t written = write(file, "4", 1);
	int error = errno;
	close(file);
	errno = error;
	return written == 1 ? 0 : -1;
}

// The node that a page of this process lies on, or -errno.
static int node_of(void *place)
{
	int node = -1;
	if (syscall(SYS_move_pages, 0, 1UL, &place, NULL, &node, 0) != 0)
		return -errno;
	return node;
}

// To the other one of two nodes, whoever else maps the page. ENOENT: there is nothing that could move; EAGAIN: it stayed.
static int move_page(void *place)
{
	int before = node_of(place), target = before == 0 ? 1 : 0, status = 0;
	errno = ENOENT;
	if (before < 0)
		return -1;
	errno = EAGAIN;
	// What the call itself says of a page that stayed has changed often: where the page lies does not lie.
	(void)syscall(SYS_move_pages, 0, 1UL, &place, &target, &status, MPOL_MF_MOVE_ALL);
	int after = node_of(place);
	errno = EAGAIN;
	return after == target ? 0 : -1;
}

static int map(const struct world *world, const struct verbena_host_command *command)
{
	void *place = (void *)(uintptr_t)command->address;
	int object = command->slot >= 0 && command->slot < 2 * VERBENA_HOST_OBJECTS ? world->objects[command->slot] : -1;
	void *got = mmap(place, command->length, (int)command->argument, (int)command->second, object, (off_t)command->offset);
	return got == MAP_FAILED ? -1 : 0;
}

void actor_map(const struct world *world, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	void *place = (void *)(uintptr_t)command->address;
	int result = -1;
	errno = ENOSYS;
	switch (command->kind) {
	case VERBENA_HOST_MAP: result = map(world, command); break;
	case VERBENA_HOST_UNMAP: result = munmap(place, command->length); break;
	case VERBENA_HOST_PROTECT: result = mprotect(place, command->length, (int)command->argument); break;
	case VERBENA_HOST_REMAP: {
		void *target = (void *)(uintptr_t)command->argument;
		void *got = mremap(place, command->length, command->length, MREMAP_MAYMOVE | MREMAP_FIXED, target);
		result = got == MAP_FAILED ? -1 : 0;
		break;
	}
	case VERBENA_HOST_LOCK: result = mlock(place, command->length); break;
	case VERBENA_HOST_UNLOCK: result = munlock(place, command->length); break;
	case VERBENA_HOST_ADVISE: result = madvise(place, command->length, (int)command->argument); break;
	case VERBENA_HOST_CLEAR_SOFT_DIRTY: result = clear_soft_dirty(); break;
	case VERBENA_HOST_MOVE: result = move_page(place); break;
	}
	reply->error = result == 0 ? 0 : errno;
}
