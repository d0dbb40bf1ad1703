// actor_mirror.c - HMM's test device: memory that processors cannot reach, and a mirror of a process's page tables.
//
// Two of its devices are used. Pages of any process move into the memory of the first, and come home when a processor touches them. The
// second reads and writes a process's memory as an adapter does that faults on demand: it copies page table entries, forgets them when
// the kernel says so, and finds no page in the first one's memory without bringing it home.
// A mirror is of the process that opens it. Closing a file of the first device brings everything home that lies in it: a child keeps
// its parent's open. What a process moved itself comes home, and all else with it, when that process ends.
// Counterpart in Linux: lib/test_hmm.c.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, WORD = 8 };

struct mirror_request { uint64_t address, buffer, pages, copied, faults; };
#define MIRROR_READ _IOWR('H', 0, struct mirror_request)
#define MIRROR_WRITE _IOWR('H', 1, struct mirror_request)
#define MOVE_TO_DEVICE _IOWR('H', 2, struct mirror_request)
#define MOVE_TO_SYSTEM _IOWR('H', 3, struct mirror_request)
#define SNAPSHOT _IOWR('H', 4, struct mirror_request)

struct mirror {
	int is_open, file;
	uint64_t address, length;
};

static struct mirror mirrors[VERBENA_HOST_REGIONS];
static int memory = -1;	// the first device, of this process

static int open_memory(void) { return open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC); }
static int open_mirror(void) { return open("/dev/hmm_dmirror1", O_RDWR | O_CLOEXEC); }

static int can(int file)
{
	if (file >= 0)
		close(file);
	return file >= 0;
}

int verbena_host_has_device_memory(void) { return can(open_memory()); }
int verbena_host_has_mirror(void) { return can(open_mirror()); }

static struct mirror *mirror_of(const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_REGIONS ? &mirrors[command->slot] : NULL;
}

void actor_hold_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct mirror *mirror = mirror_of(command);
	if (!mirror || mirror->is_open) {
		reply->error = EBUSY;
		return;
	}
	mirror->file = open_mirror();
	reply->error = mirror->file < 0 ? errno : 0;
	mirror->is_open = mirror->file >= 0;
	mirror->address = command->address;
	mirror->length = command->length;
}

static void end_mirror(struct mirror *mirror)
{
	if (mirror->is_open)
		close(mirror->file);
	mirror->is_open = 0;
}

void actor_release_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct mirror *mirror = mirror_of(command);
	reply->error = mirror && mirror->is_open ? 0 : EINVAL;
	if (mirror)
		end_mirror(mirror);
}

// The device reads and writes whole pages; a scenario's word is the first of its page.
void actor_device_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct mirror *mirror = mirror_of(command);
	char page[PAGE] = { 0 };
	if (!mirror || !mirror->is_open || command->length + WORD > mirror->length) {
		reply->error = EACCES;
		return;
	}
	int reads = command->kind == VERBENA_HOST_MIRROR_READ;
	struct mirror_request request = { .address = mirror->address + command->length, .buffer = (uintptr_t)page, .pages = 1 };
	if (!reads)
		memcpy(page, &command->argument, WORD);
	if (ioctl(mirror->file, reads ? MIRROR_READ : MIRROR_WRITE, &request) != 0)
		reply->error = errno == EFAULT || errno == EPERM ? EACCES : errno; // no page, no right: an adapter's peer hears one word
	memcpy(&reply->value, page, WORD);
}

// Whether the first page of a range lies in the device already. A byte a page goes to the buffer.
static int lies_there(struct mirror_request request)
{
	enum { PRIVATE_LOCAL = 0x20, PLACE = 0x70 };
	const char *places = (const char *)(uintptr_t)request.buffer;
	return ioctl(memory, SNAPSHOT, &request) == 0 && (places[0] & PLACE) == PRIVATE_LOCAL;
}

// A driver hears which pages have moved, not why others stayed. This one answers with what the device has in the end: what was there
// before has not moved.
void actor_move(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	int goes = command->kind == VERBENA_HOST_MOVE_TO_DEVICE;
	if (memory < 0)
		memory = open_memory();
	// The device shows what it has got.
	char *copy = mmap(NULL, command->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory < 0 || copy == MAP_FAILED) {
		reply->error = errno;
		return;
	}
	struct mirror_request request = { .address = command->address, .buffer = (uintptr_t)copy, .pages = command->length / PAGE };
	int was_there = goes && lies_there(request);
	if (ioctl(memory, goes ? MOVE_TO_DEVICE : MOVE_TO_SYSTEM, &request) != 0)
		reply->error = errno == ENOENT ? EAGAIN : errno;
	else if (was_there || request.copied < request.pages)
		reply->error = EAGAIN;
	munmap(copy, command->length);
}

void actor_forget_mirrors(void)
{
	for (int i = 0; i < VERBENA_HOST_REGIONS; i++)
		end_mirror(&mirrors[i]);
	memory = -1; // not closed: see above
}
