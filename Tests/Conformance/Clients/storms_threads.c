// storms_threads.c - any mix of threads posts, polls, creates and destroys, with forks in the middle of it.
//
// Some threads own what they use; all of them post to, and poll, one lane in common. There each message carries a number and
// is taken by whichever thread polls it; at the end each was taken once.
#define _GNU_SOURCE
#include "storms.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 5, SLOTS = 32, SLOT_BYTES = 512, COMMON_WINDOWS = 1 };

static struct end end;
static struct lane common;
static _Atomic int slots[SLOTS];	// 1 while a message is under way from, and a receive waits in, that slot
static _Atomic uint64_t numbered, sent, received, sums_sent, sums_received;
static int steps;

static int take_slot(void)
{
	for (int i = 0; i < SLOTS; i++) {
		int unused = 0;
		if (atomic_compare_exchange_strong(&slots[i], &unused, 2))
			return i;
	}
	return -1;
}

// A slot's first half is sent from, its second half received into: in whichever slot a message arrives.
static unsigned char *slot_memory(int slot) { return common.window + (size_t)slot * SLOT_BYTES; }

static void post_common(void)
{
	int slot = take_slot();
	if (slot < 0)
		return;
	uint64_t number = atomic_fetch_add(&numbered, 1) + 1;
	memcpy(slot_memory(slot), &number, 8);
	memset(slot_memory(slot) + 8, (int)number, SLOT_BYTES / 2 - 8);
	uint32_t key = end.region->lkey;
	struct ibv_sge into = { (uintptr_t)slot_memory(slot) + SLOT_BYTES / 2, SLOT_BYTES / 2, key };
	struct ibv_sge from = { (uintptr_t)slot_memory(slot), SLOT_BYTES / 2, key };
	struct ibv_recv_wr receive = { .wr_id = slot, .sg_list = &into, .num_sge = 1 }, *bad_receive;
	struct ibv_send_wr send = { .wr_id = slot, .opcode = IBV_WR_SEND, .sg_list = &from, .num_sge = 1 }, *bad_send;
	REQUIRE(ibv_post_recv(common.pair, &receive, &bad_receive) == 0);
	atomic_fetch_add(&sums_sent, number);
	REQUIRE(ibv_post_send(common.pair, &send, &bad_send) == 0);
}

// A slot is free again when its send and its receive are both done.
static void finish_half(int slot) { atomic_fetch_sub(&slots[slot], 1); }

static void take_message(int slot)
{
	const unsigned char *bytes = slot_memory(slot) + SLOT_BYTES / 2;
	uint64_t number;
	memcpy(&number, bytes, 8);
	for (int i = 8; i < SLOT_BYTES / 2; i++)
		REQUIRE_VALUE(bytes[i] == (unsigned char)number, i);
	atomic_fetch_add(&sums_received, number);
	atomic_fetch_add(&received, 1);
}

static void poll_common(void)
{
	struct ibv_wc done[4];
	int found = ibv_poll_cq(common.queue, 4, done);
	REQUIRE_VALUE(found >= 0, found);
	for (int i = 0; i < found; i++) {
		REQUIRE_VALUE(done[i].status == IBV_WC_SUCCESS, done[i].status);
		if (done[i].opcode == IBV_WC_RECV)
			take_message((int)done[i].wr_id);
		else
			atomic_fetch_add(&sent, 1);
		finish_half((int)done[i].wr_id);
	}
}

static void open_and_close(int window, uint64_t *numbers)
{
	struct lane own;
	open_loop(&own, &end, window);
	memset(own.window, 0, WINDOW);
	for (unsigned i = below(numbers, 4); i > 0; i--) {
		message_round(&own, numbers);
		one_sided_round(&own, numbers);
	}
	close_lane(&own);
}

static void register_and_release(uint64_t *numbers)
{
	size_t bytes = 1 + below(numbers, 100000);
	void *memory = malloc(bytes);
	struct ibv_pd *domain = ibv_alloc_pd(end.context);
	REQUIRE(memory && domain);
	struct ibv_mr *regions[3];
	for (int i = 0; i < 3; i++) {
		regions[i] = ibv_reg_mr(domain, memory, bytes, IBV_ACCESS_LOCAL_WRITE);
		REQUIRE(regions[i]);
	}
	struct ibv_srq_init_attr attributes = { .attr = { .max_wr = 1 + below(numbers, 100), .max_sge = 1 } };
	struct ibv_srq *shared = ibv_create_srq(domain, &attributes);
	REQUIRE(shared && ibv_dealloc_pd(domain) != 0);
	REQUIRE(ibv_destroy_srq(shared) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(ibv_dereg_mr(regions[i]) == 0);
	REQUIRE(ibv_dealloc_pd(domain) == 0);
	free(memory);
}

static void fork_once(void)
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		use_inherited(&common);
		_exit(0);
	}
	expect_clean_end(child);
}

static void *work(void *argument)
{
	int index = (int)(intptr_t)argument;
	uint64_t numbers = 0x9e3779b97f4a7c15 * (uint64_t)(index + 1) ^ atomic_load(&numbered);
	for (int step = 0; step < steps; step++) {
		unsigned choice = below(&numbers, 256);
		if (choice < 100)
			post_common();
		else if (choice < 220)
			poll_common();
		else if (choice < 240)
			open_and_close(COMMON_WINDOWS + index, &numbers);
		else if (choice < 255)
			register_and_release(&numbers);
		else
			fork_once();
	}
	return NULL;
}

void storm_of_threads(struct storm storm)
{
	pthread_t threads[THREADS];
	steps = storm.count;
	atomic_store(&numbered, storm.seed);
	open_end(&end, COMMON_WINDOWS + THREADS);
	open_loop(&common, &end, 0);
	for (intptr_t i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	uint64_t posted = atomic_load(&numbered) - storm.seed;
	while (atomic_load(&received) < posted || atomic_load(&sent) < posted)
		poll_common();
	REQUIRE_VALUE(posted > 0, posted);
	REQUIRE(atomic_load(&sums_sent) == atomic_load(&sums_received));
	close_lane(&common);
	close_end(&end);
}
