// statuses_peer.c - memory that the kernel's copies between processes do not reach, but its owner's loads and stores do.
//
// Two kinds. Secret memory (memfd_secret), which most machines have; and peer memory: a controller memory buffer, mapped through the
// controller's p2pmem/allocate. The peer- scenarios want root, PCI_P2PDMA and an NVMe disk with such a buffer, which they write to
// and whose driver they unbind and bind again: scripts/peer-memory plays them in a virtual machine.
#define _GNU_SOURCE
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BYTES = 16 * PAGE, PLACE = 1 << 20, SEED = 7, OTHER_SEED = 8 };

struct controller {
	char allocate[PATH_MAX], unbind[PATH_MAX], bind[PATH_MAX], slot[NAME_MAX + 1], disk[PATH_MAX];
};

// What one path matches; waits for a driver that comes.
static void find(const char *pattern, char path[PATH_MAX])
{
	glob_t found;
	for (int tries = 0; glob(pattern, 0, NULL, &found) != 0; tries++) {
		REQUIRE(tries < 200, "nothing is %s", pattern);
		usleep(50000);
	}
	REQUIRE(strlen(found.gl_pathv[0]) < PATH_MAX - 64);
	strcpy(path, found.gl_pathv[0]);
	globfree(&found);
}

static struct controller find_controller(void)
{
	struct controller controller;
	char path[PATH_MAX], device[PATH_MAX];
	find("/sys/bus/pci/devices/*/p2pmem/allocate", controller.allocate);
	strcpy(device, controller.allocate);
	strcpy(device, dirname(dirname(device)));
	snprintf(controller.slot, sizeof(controller.slot), "%s", basename(strcpy(path, device)));
	sprintf(controller.unbind, "%.3000s/driver/unbind", device);
	sprintf(path, "%.3000s/driver", device);
	REQUIRE(realpath(path, controller.bind));
	strcat(controller.bind, "/bind");
	sprintf(path, "%.3000s/nvme/nvme*/nvme*n*", device);
	find(path, controller.disk);
	sprintf(path, "/dev/%.200s", basename(controller.disk));
	strcpy(controller.disk, path);
	for (int tries = 0; access(controller.disk, R_OK) != 0; tries++) {
		REQUIRE(tries < 200, "%s: errno %d", controller.disk, errno);
		usleep(50000);
	}
	return controller;
}

static unsigned char *map_peer_memory(const struct controller *controller)
{
	int file = open(controller->allocate, O_RDWR | O_CLOEXEC);
	REQUIRE(file >= 0, "%s: errno %d", controller->allocate, errno);
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	REQUIRE(memory != MAP_FAILED, "mmap: errno %d", errno);
	close(file);
	memset(memory, 0, BYTES);
	return memory;
}

static struct ibv_mr *offer(struct side *side, unsigned char *memory)
{
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	REQUIRE(region, "ibv_reg_mr: errno %d", errno);
	struct address place = { .start = (uintptr_t)memory, .rkey = region->rkey };
	tell(side, &place, sizeof(place));
	return region;
}

static void accept_offer(struct side *side)
{
	struct address place;
	hear(side, &place, sizeof(place));
	side->peer.start = place.start;
	side->peer.rkey = place.rkey;
}

static enum ibv_wc_status move(struct side *side, enum ibv_wr_opcode opcode, size_t count)
{
	struct ibv_sge own = piece(side, 0, count);
	struct ibv_send_wr wr = remote(side, opcode, 1, &own, 0);
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		wr.wr.atomic.compare_add = 1;
	post_send(side, &wr);
	return next_completion(side->sent).status;
}

static void expect_moved(struct side *side, enum ibv_wr_opcode opcode, size_t count)
{
	enum ibv_wc_status status = move(side, opcode, count);
	REQUIRE(status == IBV_WC_SUCCESS, "opcode %d: %s", opcode, ibv_wc_status_str(status));
}

// Between the disk and memory, with no copy on the way.
static void transfer(const struct controller *controller, unsigned char *memory, bool to_disk)
{
	int disk = open(controller->disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	REQUIRE(disk >= 0, "%s: errno %d", controller->disk, errno);
	ssize_t moved = to_disk ? pwrite(disk, memory, BYTES, PLACE) : pread(disk, memory, BYTES, PLACE);
	REQUIRE(moved == BYTES, "%s: %zd, errno %d", to_disk ? "pwrite" : "pread", moved, errno);
	close(disk);
}

// --- what the target does with memory of either kind, and the initiator with its key --------------------------------------------------

// Written, read, and a word of it counted up.
static void use(struct side *side)
{
	accept_offer(side);
	fill(side, 0, BYTES, SEED);
	expect_moved(side, IBV_WR_RDMA_WRITE, BYTES);
	memset(side->memory, 0, BYTES);
	expect_moved(side, IBV_WR_RDMA_READ, BYTES);
	expect_filled(side, 0, BYTES, SEED);
	meet(side);
	meet(side);
	expect_moved(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 8);
	meet(side);
}

static void be_used(struct side *side, unsigned char *memory)
{
	struct ibv_mr *region = offer(side, memory);
	uint64_t before, after;
	meet(side);
	memcpy(&before, memory, sizeof(before));
	meet(side);
	meet(side);
	memcpy(&after, memory, sizeof(after));
	REQUIRE(after == before + 1);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

// Sent into it, and from it.
static void exchange(struct side *side)
{
	accept_offer(side);
	meet(side);
	fill(side, 0, BYTES, SEED);
	struct ibv_sge own = piece(side, 0, BYTES);
	struct ibv_send_wr wr = request(IBV_WR_SEND, 1, &own, 1);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	memset(side->memory, 0, BYTES);
	post_receive(side, 2, 0, BYTES);
	meet(side);
	expect(side->received, 2, IBV_WC_SUCCESS);
	expect_filled(side, 0, BYTES, SEED);
}

static void be_exchanged(struct side *side, unsigned char *memory)
{
	struct ibv_mr *region = offer(side, memory);
	struct ibv_sge place = { .addr = (uintptr_t)memory, .length = BYTES, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &place, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	REQUIRE(expect(side->received, 1, IBV_WC_SUCCESS).byte_len == BYTES);
	meet(side);
	struct ibv_send_wr wr = request(IBV_WR_SEND, 2, &place, 1);
	post_send(side, &wr);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

// --- secret memory ---------------------------------------------------------------------------------------------------------------

static unsigned char *map_secret_memory(void)
{
	int file = (int)syscall(SYS_memfd_secret, 0);
	REQUIRE(file >= 0 && ftruncate(file, BYTES) == 0, "memfd_secret: errno %d", errno);
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	REQUIRE(memory != MAP_FAILED, "mmap: errno %d", errno);
	// Nobody maps it by its file.
	close(file);
	return memory;
}

static void secret_used(struct side *side)
{
	unsigned char *memory = map_secret_memory();
	be_used(side, memory);
	munmap(memory, BYTES);
}

static void secret_exchanged(struct side *side)
{
	unsigned char *memory = map_secret_memory();
	be_exchanged(side, memory);
	munmap(memory, BYTES);
}

// --- peer memory -----------------------------------------------------------------------------------------------------------------

// What holds frames can hold none of these; a descriptor of the controller's file stands for no memory: each mapping has its own.
static void refused(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	errno = 0;
	REQUIRE(!ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS) && errno == EFAULT, "to write: errno %d", errno);
	errno = 0;
	REQUIRE(!ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ) && (errno == EREMOTEIO || errno == EFAULT), "to read: errno %d", errno);
	munmap(memory, BYTES);
}

static void no_descriptor(struct side *side)
{
	struct controller controller = find_controller();
	int file = open(controller.allocate, O_RDWR | O_CLOEXEC);
	errno = 0;
	REQUIRE(file >= 0 && !ibv_reg_dmabuf_mr(side->domain, 0, BYTES, 0, file, ALL_ACCESS) && errno == EINVAL, "errno %d", errno);
	close(file);
}

static void peer_used(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	be_used(side, memory);
	munmap(memory, BYTES);
}

static void peer_exchanged(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	be_exchanged(side, memory);
	munmap(memory, BYTES);
}

// Written by the initiator; the disk fetches it from there; the initiator reads the disk.
static void write_through(struct side *side)
{
	struct controller controller = find_controller();
	accept_offer(side);
	fill(side, 0, BYTES, SEED);
	expect_moved(side, IBV_WR_RDMA_WRITE, BYTES);
	memset(side->memory, 0, BYTES);
	meet(side);
	meet(side);
	transfer(&controller, side->memory, false);
	expect_filled(side, 0, BYTES, SEED);
}

static void written(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	struct ibv_mr *region = offer(side, memory);
	meet(side);
	transfer(&controller, memory, true);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	munmap(memory, BYTES);
}

// Written to the disk by the initiator; the disk stores it there; the initiator reads it by its key.
static void read_through(struct side *side)
{
	struct controller controller = find_controller();
	accept_offer(side);
	fill(side, 0, BYTES, OTHER_SEED);
	transfer(&controller, side->memory, true);
	memset(side->memory, 0, BYTES);
	meet(side);
	meet(side);
	expect_moved(side, IBV_WR_RDMA_READ, BYTES);
	expect_filled(side, 0, BYTES, OTHER_SEED);
	meet(side);
}

static void read_from(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	struct ibv_mr *region = offer(side, memory);
	meet(side);
	transfer(&controller, memory, false);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	munmap(memory, BYTES);
}

static void command_driver(const char *file, const char *slot)
{
	int descriptor = open(file, O_WRONLY | O_CLOEXEC);
	REQUIRE(descriptor >= 0 && write(descriptor, slot, strlen(slot)) == (ssize_t)strlen(slot), "%s: errno %d", file, errno);
	close(descriptor);
}

// Unbound in the midst of writes: each of them is there or refused, and the registration keeps nobody waiting.
static void use_until_unbound(struct side *side)
{
	accept_offer(side);
	expect_moved(side, IBV_WR_RDMA_WRITE, BYTES);
	meet(side);
	enum ibv_wc_status status;
	while ((status = move(side, IBV_WR_RDMA_WRITE, BYTES)) == IBV_WC_SUCCESS)
		;
	REQUIRE(status == IBV_WC_REM_ACCESS_ERR, "%s", ibv_wc_status_str(status));
	meet(side);
}

static void unbound(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	struct ibv_mr *region = offer(side, memory);
	meet(side);
	command_driver(controller.unbind, controller.slot);
	REQUIRE(access(controller.allocate, F_OK) != 0);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	munmap(memory, BYTES);
	command_driver(controller.bind, controller.slot);
	find_controller();
}

// Its own use of what was taken away is its own error.
static void use_own_unbound(struct side *side)
{
	struct controller controller = find_controller();
	unsigned char *memory = map_peer_memory(&controller);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	REQUIRE(region, "ibv_reg_mr: errno %d", errno);
	command_driver(controller.unbind, controller.slot);
	struct ibv_sge own = { .addr = (uintptr_t)memory, .length = BYTES, .lkey = region->lkey };
	struct ibv_send_wr wr = remote(side, IBV_WR_RDMA_WRITE, 1, &own, 0);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_LOC_PROT_ERR);
	REQUIRE(ibv_dereg_mr(region) == 0);
	munmap(memory, BYTES);
	command_driver(controller.bind, controller.slot);
	find_controller();
}

static void nothing(struct side *side) { (void)side; }

const struct scenario peer_scenarios[] = {
	{ "secret-used", { .bytes = BYTES }, use, secret_used },
	{ "secret-exchanged", { .bytes = BYTES }, exchange, secret_exchanged },
	{ "peer-used", { .bytes = BYTES }, use, peer_used },
	{ "peer-exchanged", { .bytes = BYTES }, exchange, peer_exchanged },
	{ "peer-written", { .bytes = BYTES }, write_through, written },
	{ "peer-read", { .bytes = BYTES }, read_through, read_from },
	{ "peer-unbound", { .bytes = BYTES }, use_until_unbound, unbound },
	{ "peer-unbound-local", { .bytes = BYTES }, nothing, use_own_unbound },
	{ "peer-no-descriptor", { 0 }, nothing, no_descriptor },
	{ "peer-refused", { 0 }, nothing, refused },
	{ 0 },
};
