// statuses_sharing.c - what a registration by address does to memory: nothing. Frames that are shared or absent stay so until
// somebody writes, and what the process may not write cannot be written through the device.
#define _GNU_SOURCE
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SHARED_PAGES = 256,
	UNTOUCHED_PAGES = 1024,
};

#define WIDE { .bytes = SHARED_PAGES * PAGE }

struct named {
	uint64_t start;
	uint32_t rkey;
};

static unsigned char *map(size_t pages)
{
	unsigned char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED && madvise(memory, pages * PAGE, MADV_NOHUGEPAGE) == 0);
	return memory;
}

// Frames that this process alone has, by the kernel's word (bit 56 of pagemap). The page of zeroes is nobody's own.
static size_t own_frames(const void *memory, size_t pages)
{
	static uint64_t entries[UNTOUCHED_PAGES];
	size_t own = 0;
	int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	REQUIRE(map >= 0 && pages <= UNTOUCHED_PAGES);
	REQUIRE(pread(map, entries, 8 * pages, (uintptr_t)memory / PAGE * 8) == (ssize_t)(8 * pages));
	close(map);
	for (size_t i = 0; i < pages; i++)
		own += entries[i] >> 63 && entries[i] >> 56 & 1;
	return own;
}

static void share(struct side *side, struct ibv_mr *region)
{
	REQUIRE(region, "errno %d", errno);
	struct named place = { (uintptr_t)region->addr, region->rkey };
	tell(side, &place, sizeof(place));
}

static void act(
	struct side *side, enum ibv_wr_opcode opcode, struct named *place, size_t offset, size_t bytes, enum ibv_wc_status status)
{
	struct ibv_sge own = piece(side, 0, bytes);
	struct ibv_send_wr wr = request(opcode, offset, &own, 1);
	wr.wr.rdma.remote_addr = place->start + offset;
	wr.wr.rdma.rkey = place->rkey;
	post_send(side, &wr);
	expect(side->sent, offset, status);
}

// Everything is read; one page is written twice and another once; then what the target's processor stored is read.
static void read_then_write(struct side *side)
{
	struct named place;
	hear(side, &place, sizeof(place));
	act(side, IBV_WR_RDMA_READ, &place, 0, SHARED_PAGES * PAGE, IBV_WC_SUCCESS);
	for (size_t i = 0; i < SHARED_PAGES * PAGE; i++)
		REQUIRE(side->memory[i] == (unsigned char)(i / PAGE), "byte %zu", i);
	meet(side);
	meet(side);
	memset(side->memory, 0xee, 16);
	act(side, IBV_WR_RDMA_WRITE, &place, 5 * PAGE + 7, 1, IBV_WC_SUCCESS);
	act(side, IBV_WR_RDMA_WRITE, &place, 5 * PAGE + 8, 8, IBV_WC_SUCCESS);
	act(side, IBV_WR_RDMA_WRITE, &place, 9 * PAGE, 8, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	act(side, IBV_WR_RDMA_READ, &place, 7 * PAGE, 4, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "cpu", 4) == 0);
	meet(side);
}

// A child that holds every frame until its socket closes, and then tells whether it still sees what it inherited.
static pid_t fork_holder(unsigned char *memory, int hold[2])
{
	REQUIRE(pipe(hold) == 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		char byte;
		close(hold[1]);
		while (read(hold[0], &byte, 1) > 0)
			;
		for (size_t i = 0; i < SHARED_PAGES * PAGE; i++)
			if (memory[i] != (unsigned char)(i / PAGE))
				_exit(1);
		_exit(0);
	}
	close(hold[0]);
	return child;
}

static void keep_frames_shared(struct side *side)
{
	unsigned char *memory = map(SHARED_PAGES);
	for (size_t i = 0; i < SHARED_PAGES; i++)
		memset(memory + i * PAGE, (int)i, PAGE);
	REQUIRE(own_frames(memory, SHARED_PAGES) == SHARED_PAGES);
	int hold[2], status;
	pid_t child = fork_holder(memory, hold);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, SHARED_PAGES * PAGE, ALL_ACCESS);
	REQUIRE(own_frames(memory, SHARED_PAGES) == 0);
	share(side, region);
	meet(side);
	REQUIRE(own_frames(memory, SHARED_PAGES) == 0, "reading unshared %zu", own_frames(memory, SHARED_PAGES));
	meet(side);
	meet(side);
	REQUIRE(own_frames(memory, SHARED_PAGES) == 2 && own_frames(memory + 5 * PAGE, 1) == 1 && own_frames(memory + 9 * PAGE, 1) == 1);
	REQUIRE(memory[5 * PAGE + 6] == 5 && memory[5 * PAGE + 7] == 0xee && memory[5 * PAGE + 15] == 0xee && memory[5 * PAGE + 16] == 5);
	memcpy(memory + 7 * PAGE, "cpu", 4);
	REQUIRE(own_frames(memory, SHARED_PAGES) == 3);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	close(hold[1]);
	REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child: %#x", status);
	REQUIRE(munmap(memory, SHARED_PAGES * PAGE) == 0);
}

static void read_untouched(struct side *side)
{
	struct named place;
	hear(side, &place, sizeof(place));
	for (size_t i = 0; i < UNTOUCHED_PAGES; i += SHARED_PAGES) {
		memset(side->memory, 1, SHARED_PAGES * PAGE);
		act(side, IBV_WR_RDMA_READ, &place, i * PAGE, SHARED_PAGES * PAGE, IBV_WC_SUCCESS);
		for (size_t j = 0; j < SHARED_PAGES * PAGE; j++)
			REQUIRE(side->memory[j] == 0);
	}
	meet(side);
	meet(side);
	memset(side->memory, 1, PAGE);
	act(side, IBV_WR_RDMA_WRITE, &place, 1000 * PAGE + 100, PAGE, IBV_WC_SUCCESS);
	meet(side);
}

static void keep_frames_absent(struct side *side)
{
	unsigned char *memory = map(UNTOUCHED_PAGES);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, (size_t)UNTOUCHED_PAGES * PAGE, ALL_ACCESS);
	REQUIRE(own_frames(memory, UNTOUCHED_PAGES) == 0);
	share(side, region);
	meet(side);
	REQUIRE(own_frames(memory, UNTOUCHED_PAGES) == 0, "reading brought %zu", own_frames(memory, UNTOUCHED_PAGES));
	meet(side);
	meet(side);
	REQUIRE(own_frames(memory, UNTOUCHED_PAGES) == 2 && own_frames(memory + 1000 * PAGE, 2) == 2);
	REQUIRE(ibv_dereg_mr(region) == 0 && munmap(memory, (size_t)UNTOUCHED_PAGES * PAGE) == 0);
}

static struct ibv_mr *register_for_reading(struct side *side, void *memory)
{
	static const int writers[] = { IBV_ACCESS_LOCAL_WRITE, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_ATOMIC, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND, ALL_ACCESS };
	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		errno = 0;
		REQUIRE(ibv_reg_mr(side->domain, memory, PAGE, writers[i]) == NULL && errno == EFAULT, "%#x: errno %d", writers[i], errno);
	}
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, PAGE, IBV_ACCESS_REMOTE_READ);
	REQUIRE(region, "errno %d", errno);
	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, writers[i]) != 0 && errno == EACCES, "errno %d", errno);
		REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION | IBV_REREG_MR_CHANGE_ACCESS, NULL, memory, PAGE, writers[i]) != 0
			&& errno == EFAULT, "errno %d", errno);
	}
	return region;
}

static void try_to_write(struct side *side)
{
	struct named place;
	hear(side, &place, sizeof(place));
	act(side, IBV_WR_RDMA_READ, &place, 0, PAGE, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "\177ELF", 4) == 0);
	act(side, IBV_WR_RDMA_WRITE, &place, 8, 1, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

// The program's own file, mapped as the loader maps a library's text.
static void offer_text(struct side *side)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	REQUIRE(file >= 0);
	static const int kinds[] = { MAP_SHARED, MAP_PRIVATE };
	struct ibv_mr *regions[2];
	unsigned char *memory[2];
	for (int i = 0; i < 2; i++) {
		memory[i] = mmap(NULL, PAGE, PROT_READ | PROT_EXEC * i, kinds[i], file, 0);
		REQUIRE(memory[i] != MAP_FAILED);
		regions[i] = register_for_reading(side, memory[i]);
	}
	close(file);
	share(side, regions[1]);
	meet(side);
	REQUIRE(memcmp(memory[0], memory[1], PAGE) == 0);
	for (int i = 0; i < 2; i++)
		REQUIRE(ibv_dereg_mr(regions[i]) == 0 && munmap(memory[i], PAGE) == 0);
}

const struct scenario sharing_scenarios[] = {
	{ "frames-stay-shared", WIDE, read_then_write, keep_frames_shared },
	{ "frames-stay-absent", WIDE, read_untouched, keep_frames_absent },
	{ "text-stays-text", { 0 }, try_to_write, offer_text },
	{ 0 },
};
