// actor_pin_test.c - longterm pins by the kernel's own test of page lookups, GUP_TEST.
//
// It pins a range for long, to read it or to write it, by the fast path or the slow one, and copies the pinned pages out; it never
// writes to them, and charges nobody. The kernel has room for one range, whoever pins it: closing any file of the test lets go of it.
// Counterpart in Linux: mm/gup_test.c.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORD = 8 };

struct longterm_pin { uint64_t address, size; uint32_t flags; };
#define LONGTERM_START _IOW('g', 7, struct longterm_pin)
#define LONGTERM_STOP _IO('g', 8)
#define LONGTERM_READ _IOW('g', 9, uint64_t)

// The range that this process has pinned.
static struct { int file, slot; uint64_t length; } pinned = { .file = -1 };

static int open_test(void) { return open("/sys/kernel/debug/gup_test", O_RDWR | O_CLOEXEC); }

int verbena_host_has_pin_test(void)
{
	// A kernel older than these requests knows the file, and not the request.
	int file = open_test();
	int knows = file >= 0 && ioctl(file, LONGTERM_STOP) == 0;
	if (file >= 0)
		close(file);
	return knows;
}

void actor_hold_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct longterm_pin pin = { command->address, command->length, (uint32_t)command->argument };
	if (pinned.file >= 0) {
		reply->error = EBUSY;
		reply->value = pinned.slot != command->slot ? VERBENA_HOST_NO_ROOM : 0;
		return;
	}
	int file = open_test();
	if (file >= 0 && ioctl(file, LONGTERM_START, &pin) == 0) {
		pinned.file = file;
		pinned.slot = command->slot;
		pinned.length = command->length;
		return;
	}
	reply->error = errno;
	// The range and the flags are valid ones: the kernel's only place is taken.
	reply->value = file < 0 || reply->error == EINVAL ? VERBENA_HOST_NO_ROOM : 0;
	if (file >= 0)
		close(file);
}

void actor_release_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	if (pinned.file < 0 || pinned.slot != command->slot) {
		reply->error = EINVAL;
		return;
	}
	reply->error = ioctl(pinned.file, LONGTERM_STOP) == 0 ? 0 : errno;
	close(pinned.file);
	pinned.file = -1;
}

// The kernel copies all that is pinned; one word of it is asked for.
void actor_read_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	if (pinned.file < 0 || pinned.slot != command->slot || command->length + WORD > pinned.length) {
		reply->error = EACCES;
		return;
	}
	char *copy = mmap(NULL, pinned.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED) {
		reply->error = errno;
		return;
	}
	uint64_t address = (uintptr_t)copy;
	reply->error = ioctl(pinned.file, LONGTERM_READ, &address) == 0 ? 0 : errno;
	memcpy(&reply->value, copy + command->length, WORD);
	munmap(copy, pinned.length);
}

void actor_forget_test_pin(void)
{
	// The parent has the file open too: its range stays.
	if (pinned.file >= 0)
		close(pinned.file);
	pinned.file = -1;
}
