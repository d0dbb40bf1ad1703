// actor_holders.c - what holds page frames as a device does: io_uring's fixed buffers, and pipes that pages were spliced into.
//
// A fixed buffer is pinned for writing and for long, and the kernel reads and writes its frames whatever became of the mapping.
// A pipe holds plain references; tee(2) looks at the bytes without taking them out.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, MOST = 8 };

struct holder {
	enum { UNUSED, FIXED, PIPE } kind;
	struct io_uring ring;
	int keeps_ring;	// made before the scenario began
	int side;	// a file through which the ring's bytes pass
	int pipe[2];
	uint64_t address, length;
	uint64_t stride;	// of a pipe: from one page to the next
};

static struct holder holders[VERBENA_HOST_REGIONS];

// A ring that holds nothing for longer than a look at its user's charge takes.
static struct { struct io_uring ring; int is_there, is_alone; uint64_t charge_of_rings; } gauge;

static struct holder *holder_of(const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_REGIONS ? &holders[command->slot] : NULL;
}

int verbena_host_has_rings(void)
{
	struct io_uring ring;
	if (io_uring_queue_init(2, &ring, 0) < 0)
		return 0;
	io_uring_queue_exit(&ring);
	return 1;
}

static void end_ring(struct holder *holder)
{
	if (!holder->keeps_ring)
		io_uring_queue_exit(&holder->ring);
}

void actor_make_rings(int user_is_alone)
{
	for (int i = 0; i < VERBENA_HOST_REGIONS; i++)
		holders[i].keeps_ring = io_uring_queue_init(2, &holders[i].ring, 0) == 0;
	gauge.is_there = io_uring_queue_init(2, &gauge.ring, 0) == 0;
	gauge.is_alone = user_is_alone;
}

// Whether one page more may be registered under a limit of so many pages.
static int has_room(const struct iovec *page, uint64_t pages)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return 0;
	limit.rlim_cur = pages * PAGE;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || io_uring_register_buffers(&gauge.ring, page, 1) != 0)
		return 0;
	io_uring_unregister_buffers(&gauge.ring);
	return 1;
}

// Nothing tells what a user is charged with: the smallest limit under which one page more can be registered does. At most so many pages;
// asked first whether it is what is expected.
static uint64_t charge_of_user(uint64_t expected, uint64_t most)
{
	void *place = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec page = { place, PAGE };
	uint64_t pages = 0;
	if (place == MAP_FAILED)
		return 0;
	if (expected <= most && !has_room(&page, expected) && (expected == most || has_room(&page, expected + 1)))
		pages = expected;
	else
		while (pages < most && !has_room(&page, pages + 1))
			pages++;
	munmap(place, PAGE);
	return pages;
}

uint64_t actor_charge_of_rings(void)
{
	enum { MOST_PAGES = 64 };
	uint64_t pages = gauge.is_there ? charge_of_user(0, MOST_PAGES) : 0;
	gauge.charge_of_rings = pages < MOST_PAGES ? pages : 0;
	return gauge.charge_of_rings * PAGE;
}

void actor_read_charge(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct rlimit limit;
	// What a user is charged with elsewhere says nothing of the scenario.
	if (!gauge.is_there || !gauge.is_alone || getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
		reply->error = ENOSYS;
		return;
	}
	uint64_t rings = gauge.charge_of_rings;
	reply->value = (int64_t)(charge_of_user(rings + (uint64_t)command->argument, limit.rlim_cur / PAGE) - rings);
	reply->error = setrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? 0 : errno;
}

void actor_hold_fixed(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct holder *holder = holder_of(command);
	struct iovec buffer = { (void *)(uintptr_t)command->address, command->length };
	if (!holder || holder->kind != UNUSED) {
		reply->error = EBUSY;
		return;
	}
	int result = holder->keeps_ring ? 0 : io_uring_queue_init(2, &holder->ring, 0);
	if (result < 0) {
		reply->error = -result;
		reply->value = VERBENA_HOST_NO_ROOM;
		return;
	}
	result = io_uring_register_buffers(&holder->ring, &buffer, 1);
	holder->side = result < 0 ? -1 : memfd_create("side", MFD_CLOEXEC);
	if (result < 0 || holder->side < 0) {
		reply->error = result < 0 ? -result : errno;
		end_ring(holder);
		return;
	}
	holder->kind = FIXED;
	holder->address = command->address;
	holder->length = command->length;
}

void actor_hold_pipe(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct holder *holder = holder_of(command);
	struct iovec pages[MOST];
	uint64_t stride = (uint64_t)command->second, count = stride == 0 ? 0 : command->length / stride;
	if (count == 0 || count > MOST) {
		reply->error = EINVAL;
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		pages[i] = (struct iovec){ (void *)(uintptr_t)(command->address + i * stride), PAGE };
	if (!holder || holder->kind != UNUSED || pipe2(holder->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		reply->error = holder && holder->kind == UNUSED ? errno : EBUSY;
		return;
	}
	ssize_t done = vmsplice(holder->pipe[1], pages, count, SPLICE_F_NONBLOCK);
	if (done != (ssize_t)(count * PAGE)) {
		reply->error = done < 0 ? errno : EFAULT;
		close(holder->pipe[0]);
		close(holder->pipe[1]);
		return;
	}
	holder->kind = PIPE;
	holder->length = command->length;
	holder->stride = stride;
}

void actor_release(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct holder *holder = holder_of(command);
	if (!holder || holder->kind == UNUSED) {
		reply->error = EINVAL;
		return;
	}
	if (holder->kind == FIXED) {
		int result = io_uring_unregister_buffers(&holder->ring);
		reply->error = result < 0 ? -result : 0;
		end_ring(holder);
		close(holder->side);
	} else {
		close(holder->pipe[0]);
		close(holder->pipe[1]);
	}
	holder->kind = UNUSED;
}

void actor_forget_holders(void)
{
	for (int i = 0; i < VERBENA_HOST_REGIONS; i++) {
		if (holders[i].kind == FIXED || holders[i].keeps_ring)
			io_uring_queue_exit(&holders[i].ring);
		holders[i].keeps_ring = 0;
		if (holders[i].kind == FIXED) {
			close(holders[i].side);
		} else if (holders[i].kind == PIPE) {
			close(holders[i].pipe[0]);
			close(holders[i].pipe[1]);
		}
		holders[i].kind = UNUSED;
	}
	if (gauge.is_there)
		io_uring_queue_exit(&gauge.ring);
	gauge.is_there = 0;
}

// One request of the ring, run to its end. Bytes moved, or -errno.
static int run_ring(struct holder *holder, int reads, uint64_t offset)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&holder->ring);
	struct io_uring_cqe *done;
	void *place = (void *)(uintptr_t)(holder->address + offset);
	if (!entry)
		return -EBUSY;
	// The device reads memory where the ring writes a file, and the other way round.
	if (reads)
		io_uring_prep_write_fixed(entry, holder->side, place, 8, 0, 0);
	else
		io_uring_prep_read_fixed(entry, holder->side, place, 8, 0, 0);
	int result = io_uring_submit_and_wait(&holder->ring, 1);
	if (result < 0)
		return result;
	result = io_uring_wait_cqe(&holder->ring, &done);
	if (result < 0)
		return result;
	result = done->res;
	io_uring_cqe_seen(&holder->ring, done);
	return result;
}

static void access_by_ring(struct holder *holder, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	int reads = command->kind == VERBENA_HOST_DEVICE_READ;
	int64_t word = command->argument;
	if (!reads && pwrite(holder->side, &word, 8, 0) != 8) {
		reply->error = errno;
		return;
	}
	int result = run_ring(holder, reads, command->length);
	if (result == 8 && reads && pread(holder->side, &word, 8, 0) != 8)
		result = -errno;
	reply->error = result == 8 ? 0 : result < 0 ? -result : EIO;
	reply->value = word;
}

// Copies the references to a second pipe, and reads from there as far as the word.
static void access_by_pipe(struct holder *holder, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	char page[PAGE];
	uint64_t offset = command->length / holder->stride * PAGE;
	int copy[2];
	if (command->kind != VERBENA_HOST_DEVICE_READ || pipe2(copy, O_CLOEXEC | O_NONBLOCK) != 0) {
		reply->error = EACCES;
		return;
	}
	if (tee(holder->pipe[0], copy[1], holder->length / holder->stride * PAGE, SPLICE_F_NONBLOCK) < (ssize_t)(offset + 8))
		reply->error = EIO;
	for (uint64_t at = 0; reply->error == 0 && at <= offset; at += sizeof(page))
		if (read(copy[0], page, sizeof(page)) != sizeof(page))
			reply->error = EIO;
	memcpy(&reply->value, page, 8);
	close(copy[0]);
	close(copy[1]);
}

void actor_device(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct holder *holder = holder_of(command);
	if (!holder || holder->kind == UNUSED || command->length + 8 > holder->length)
		reply->error = EACCES;
	else if (holder->kind == FIXED)
		access_by_ring(holder, command, reply);
	else
		access_by_pipe(holder, command, reply);
}
