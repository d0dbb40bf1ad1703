// statuses_groups.c - what registrations cost, by the judgement of a memory cgroup: the target joins the one that
// VERBENA_TEST_GROUP names (its cgroup.procs), whose limit is below the size of what is registered.
//
// The memory is another process's by then, or nobody's: a page counts for the group that first needed it. Whoever makes
// pages its own here is killed by the kernel, or refused memory.
#define _GNU_SOURCE
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGES = 6144,
	CHUNK = 256 * PAGE,
	WRITTEN_PAGES = 512,
	GIFT = 1 << 30,
};
static const size_t BYTES = (size_t)PAGES * PAGE;

struct place {
	uint64_t start;
	uint32_t rkey;
};

static unsigned char *map(void)
{
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED && madvise(memory, BYTES, MADV_NOHUGEPAGE) == 0);
	return memory;
}

static void join_group(void)
{
	const char *path = getenv("VERBENA_TEST_GROUP");
	REQUIRE(path, "VERBENA_TEST_GROUP names no group");
	int file = open(path, O_WRONLY | O_CLOEXEC);
	REQUIRE(file >= 0 && write(file, "0\n", 2) == 2, "%s: errno %d", path, errno);
	close(file);
}

// A child outside of the group that has every page too.
static pid_t share(unsigned char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		memset(memory + i * PAGE, (int)(i % 251), PAGE);
	pid_t parent = getpid(), child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	return child;
}

static void let_go(pid_t child) { REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child); }

static void read_all(struct side *side, bool touched)
{
	struct place place;
	hear(side, &place, sizeof(place));
	for (size_t offset = 0; offset < BYTES; offset += CHUNK) {
		struct ibv_sge own = piece(side, 0, CHUNK);
		struct ibv_send_wr wr = request(IBV_WR_RDMA_READ, offset, &own, 1);
		wr.wr.rdma.remote_addr = place.start + offset;
		wr.wr.rdma.rkey = place.rkey;
		memset(side->memory, 255, CHUNK);
		post_send(side, &wr);
		expect(side->sent, offset, IBV_WC_SUCCESS);
		for (size_t i = 0; i < CHUNK; i += PAGE / 2)
			REQUIRE(side->memory[i] == (touched ? (offset + i) / PAGE % 251 : 0), "byte %zu", offset + i);
	}
	meet(side);
}

static void read_shared(struct side *side) { read_all(side, true); }
static void read_untouched(struct side *side) { read_all(side, false); }

static void offer(struct side *side, unsigned char *memory)
{
	join_group();
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	REQUIRE(region, "errno %d", errno);
	struct place place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void offer_shared(struct side *side)
{
	unsigned char *memory = map();
	pid_t child = share(memory);
	offer(side, memory);
	let_go(child);
}

static void offer_untouched(struct side *side) { offer(side, map()); }

// A thread that goes on writing into some of the pages while they are sent.
struct writer {
	unsigned char *memory;
	atomic_bool done;
};

static void *keep_writing(void *argument)
{
	struct writer *writer = argument;
	for (unsigned round = 0; !atomic_load(&writer->done); round++)
		writer->memory[(size_t)(round % WRITTEN_PAGES) * (PAGES / WRITTEN_PAGES) * PAGE + 8] = (unsigned char)round;
	return NULL;
}

// Page by page: registered, sent, deregistered; as a virtual machine's memory moves elsewhere.
static void migrate(struct side *side, int access)
{
	struct writer writer = { .memory = map() };
	pthread_t thread;
	pid_t child = share(writer.memory);
	struct place place;
	hear(side, &place, sizeof(place));
	join_group();
	REQUIRE(pthread_create(&thread, NULL, keep_writing, &writer) == 0);
	for (uint64_t i = 0; i < PAGES; i++) {
		struct ibv_mr *page = ibv_reg_mr(side->domain, writer.memory + i * PAGE, PAGE, access);
		REQUIRE(page, "page %d, errno %d", (int)i, errno);
		struct ibv_sge own = { .addr = (uintptr_t)page->addr, .length = PAGE, .lkey = page->lkey };
		struct ibv_send_wr wr = request(IBV_WR_RDMA_WRITE, i, &own, 1);
		wr.wr.rdma.remote_addr = place.start + i * PAGE;
		wr.wr.rdma.rkey = place.rkey;
		post_send(side, &wr);
		expect(side->sent, i, IBV_WC_SUCCESS);
		REQUIRE(ibv_dereg_mr(page) == 0);
	}
	atomic_store(&writer.done, true);
	REQUIRE(pthread_join(thread, NULL) == 0);
	let_go(child);
	meet(side);
}

static void migrate_gifts(struct side *side) { migrate(side, IBV_ACCESS_REMOTE_READ | GIFT); }
static void migrate_plain(struct side *side) { migrate(side, IBV_ACCESS_REMOTE_READ); }

// Where it arrives. Byte 8 of some pages is whatever the writer made it.
static void take(struct side *side)
{
	unsigned char *memory = map();
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	REQUIRE(region, "errno %d", errno);
	struct place place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	for (size_t i = 0; i < BYTES; i++)
		REQUIRE(memory[i] == i / PAGE % 251 || i % PAGE == 8, "byte %zu", i);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

const struct scenario group_scenarios[] = {
	{ "group-shared", { .bytes = CHUNK }, read_shared, offer_shared },
	{ "group-untouched", { .bytes = CHUNK }, read_untouched, offer_untouched },
	{ "group-gifts", { 0 }, take, migrate_gifts },
	{ "group-plain", { 0 }, take, migrate_plain },
	{ 0 },
};
