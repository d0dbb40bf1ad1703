// actor_memory.c - accesses that may fault, and system calls on address spaces.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

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
	volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)command->address;
	int number = sigsetjmp(fault, 1);
	if (number != 0) {
		reply->signal = number;
		return;
	}
	if (command->kind == VERBENA_HOST_READ)
		reply->value = (int64_t)*word;
	else
		*word = (uint64_t)command->argument;
}

void actor_fill(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	enum { PAGE = 4096 };
	struct verbena_host_command page = { .kind = VERBENA_HOST_WRITE, .argument = command->argument };
	for (uint64_t at = 0; at < command->length && reply->signal == 0; at += PAGE) {
		page.address = command->address + at;
		actor_access(&page, reply);
	}
}

static int map(const struct world *world, const struct verbena_host_command *command)
{
	void *place = (void *)(uintptr_t)command->address;
	int object = command->slot >= 0 && command->slot < VERBENA_HOST_OBJECTS ? world->objects[command->slot] : -1;
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
	}
	reply->error = result == 0 ? 0 : errno;
}
