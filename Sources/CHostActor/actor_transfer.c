// actor_transfer.c - a disk that reads and writes a process's memory itself: the pages are pinned for as long as the transfer takes.
//
// Direct I/O of a disk behind the same switch is what asks for peer-to-peer memory. The disk is a slow one, so that there is time for what
// a scenario does meanwhile; what is on it is overwritten.
// Counterpart in Linux: block/bio.c (bio_iov_iter_get_pages), FOLL_PCI_P2PDMA.
#define _GNU_SOURCE
#include "actor.h"
#include "controller.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The disk does one after the other; a refusal comes at once, the first of several in a moment.
enum { PAGE = 4096, WORD = 8, AT_ONCE = 4, REGION = 1 << 20, PAUSE = 20000 };

static struct transfer {
	int is_there, disk, running;
	struct io_uring ring;
	uint64_t place, length;	// on the disk
} transfers[VERBENA_HOST_REGIONS];

static struct transfer *transfer_of(const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_REGIONS ? &transfers[command->slot] : NULL;
}

static void end_transfer(struct transfer *transfer)
{
	io_uring_queue_exit(&transfer->ring);
	close(transfer->disk);
	transfer->is_there = 0;
}

// Takes note of transfers that have ended. The first errno among them, or 0.
static int note_ended(struct transfer *transfer)
{
	struct io_uring_cqe *done;
	int error = 0;
	while (transfer->running > 0 && io_uring_peek_cqe(&transfer->ring, &done) == 0) {
		if (error == 0 && done->res != (int)transfer->length)
			error = done->res < 0 ? -done->res : EIO;
		io_uring_cqe_seen(&transfer->ring, done);
		transfer->running--;
	}
	return error;
}

static int wait_for_end(struct transfer *transfer)
{
	struct io_uring_cqe *done;
	int error = 0;
	while (error == 0 && transfer->running > 0) {
		error = -io_uring_wait_cqe(&transfer->ring, &done);
		if (error == 0)
			error = note_ended(transfer);
	}
	return error;
}

static int error_of(ssize_t done) { return done == PAGE ? 0 : done < 0 ? errno : EIO; }

// One page of ordinary memory, as the disk wants it aligned.
static void *bounce_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

// Copies one page of memory, which may be gone, to the disk. 0 or an errno.
static int write_page(const struct transfer *transfer, uint64_t address, uint64_t offset, char *bounce)
{
	int side = memfd_create("side", MFD_CLOEXEC);
	if (side < 0)
		return errno;
	int error = error_of(pwrite(side, (void *)(uintptr_t)(address + offset), PAGE, 0));
	if (error == 0)
		error = error_of(pread(side, bounce, PAGE, 0));
	close(side);
	return error != 0 ? error : error_of(pwrite(transfer->disk, bounce, PAGE, (off_t)(transfer->place + offset)));
}

// The disk is to write what is there: the memory's content is the scenario's.
static int prepare_disk(const struct transfer *transfer, uint64_t address)
{
	char *bounce = bounce_page();
	int error = bounce ? 0 : ENOMEM;
	for (uint64_t offset = 0; error == 0 && offset < transfer->length; offset += PAGE)
		error = write_page(transfer, address, offset, bounce);
	if (bounce)
		munmap(bounce, PAGE);
	return error;
}

// A word of what the disk has. 0 or an errno.
static int read_word(const struct transfer *transfer, uint64_t offset, int64_t *word)
{
	char *bounce = bounce_page();
	if (!bounce)
		return ENOMEM;
	int error = error_of(pread(transfer->disk, bounce, PAGE, (off_t)(transfer->place + offset / PAGE * PAGE)));
	memcpy(word, bounce + offset % PAGE, WORD);
	munmap(bounce, PAGE);
	return error;
}

static int begin_transfers(struct transfer *transfer, uint64_t address, int into_memory)
{
	void *memory = (void *)(uintptr_t)address;
	for (int i = 0; i < AT_ONCE; i++) {
		struct io_uring_sqe *entry = io_uring_get_sqe(&transfer->ring);
		if (into_memory)
			io_uring_prep_read(entry, transfer->disk, memory, (unsigned)transfer->length, transfer->place);
		else
			io_uring_prep_write(entry, transfer->disk, memory, (unsigned)transfer->length, transfer->place);
	}
	transfer->running = io_uring_submit(&transfer->ring);
	if (transfer->running < 0)
		return -transfer->running;
	usleep(PAUSE);
	return note_ended(transfer);
}

void actor_hold_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct transfer *transfer = transfer_of(command);
	if (!transfer || transfer->is_there) {
		reply->error = EBUSY;
		return;
	}
	*transfer = (struct transfer){ .is_there = 1, .place = (uint64_t)command->slot * REGION, .length = command->length };
	transfer->disk = open(controller_disk(), O_RDWR | O_DIRECT | O_CLOEXEC);
	int error = transfer->disk < 0 ? errno : -io_uring_queue_init(AT_ONCE, &transfer->ring, 0);
	if (error != 0) {
		if (transfer->disk >= 0)
			close(transfer->disk);
		transfer->is_there = 0;
		reply->error = error;
		reply->value = VERBENA_HOST_NO_ROOM;
		return;
	}
	int into_memory = command->argument != 0;
	reply->error = into_memory ? prepare_disk(transfer, command->address) : 0;
	if (reply->error == 0)
		reply->error = begin_transfers(transfer, command->address, into_memory);
	if (reply->error == 0 && transfer->running > 0)
		return;
	if (reply->error == 0) {
		reply->error = ETIME; // the disk is too fast to be looked at
		reply->value = VERBENA_HOST_NO_ROOM;
	}
	(void)wait_for_end(transfer);
	end_transfer(transfer);
}

void actor_release_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct transfer *transfer = transfer_of(command);
	if (!transfer || !transfer->is_there) {
		reply->error = EINVAL;
		return;
	}
	reply->error = wait_for_end(transfer);
	end_transfer(transfer);
}

// What the disk has read, once it has.
void actor_read_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct transfer *transfer = transfer_of(command);
	if (!transfer || !transfer->is_there || command->length + WORD > transfer->length) {
		reply->error = EACCES;
		return;
	}
	reply->error = wait_for_end(transfer);
	if (reply->error == 0)
		reply->error = read_word(transfer, command->length, &reply->value);
}

void actor_forget_transfers(void)
{
	for (int i = 0; i < VERBENA_HOST_REGIONS; i++)
		if (transfers[i].is_there)
			end_transfer(&transfers[i]);
}
