// statuses_atomic.c - fetch-and-add and compare-and-swap: values, both ways of comparing, and many at once.
#include "statuses.h"
#include <string.h>

static uint64_t word(struct side *side, size_t offset)
{
	uint64_t value;
	memcpy(&value, side->memory + offset, sizeof(value));
	return value;
}

static void set_word(struct side *side, size_t offset, uint64_t value)
{
	memcpy(side->memory + offset, &value, sizeof(value));
}

// Runs one atomic on the target's word at 64 and returns what it held before.
static uint64_t atomic(struct side *side, enum ibv_wr_opcode opcode, uint64_t operand, uint64_t swap)
{
	struct ibv_sge into = piece(side, 8, 8);
	struct ibv_send_wr made = remote(side, opcode, 1, &into, 64);
	made.wr.atomic.compare_add = operand;
	made.wr.atomic.swap = swap;
	post_send(side, &made);
	struct ibv_wc done = expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD ? IBV_WC_FETCH_ADD : IBV_WC_COMP_SWAP));
	expect_untouched(side, 0, 8);
	expect_untouched(side, 16, 64);
	return word(side, 8);
}

static void compute(struct side *side)
{
	meet(side);
	REQUIRE(atomic(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 5, 0) == 37);
	REQUIRE(atomic(side, IBV_WR_ATOMIC_FETCH_AND_ADD, UINT64_MAX, 0) == 42);
	REQUIRE(atomic(side, IBV_WR_ATOMIC_CMP_AND_SWP, 40, 7) == 41);
	REQUIRE(atomic(side, IBV_WR_ATOMIC_CMP_AND_SWP, 41, UINT64_MAX) == 41);
	REQUIRE(atomic(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 2, 0) == UINT64_MAX);
	meet(side);
}

static void hold(struct side *side)
{
	set_word(side, 64, 37);
	meet(side);
	meet(side);
	REQUIRE(word(side, 64) == 1, "%lu", word(side, 64));
	expect_untouched(side, 0, 64);
	expect_untouched(side, 72, 64);
	expect_nothing(side->received);
}

enum { ROUNDS = 20000 };

// The target counts in its own memory through the device, at the same time as its peer does.
static void count(struct side *side, struct ibv_send_wr *add)
{
	for (uint64_t i = 0; i < ROUNDS; i++) {
		post_send(side, add);
		expect(side->sent, add->wr_id, IBV_WC_SUCCESS);
	}
}

static void count_remotely(struct side *side)
{
	struct ibv_sge into = piece(side, 8, 8);
	struct ibv_send_wr add = remote(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 1, &into, 64);
	add.wr.atomic.compare_add = 1;
	meet(side);
	count(side, &add);
	meet(side);
}

static struct ibv_qp *connect_to_self(struct side *side)
{
	struct ibv_qp *connected = side->pair;
	struct address peer = side->peer;
	struct ibv_qp_init_attr attributes = {
		.send_cq = side->sent, .recv_cq = side->received, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	side->pair = ibv_create_qp(side->domain, &attributes);
	REQUIRE(side->pair);
	side->peer = (struct address){
		.gid = side->gid, .lid = side->lid, .start = (uintptr_t)side->memory, .rkey = side->region->rkey,
		.queue_pair = side->pair->qp_num, .packet = side->pair->qp_num,
	};
	to_initialized(side);
	to_ready(side, side->pair->qp_num);
	side->peer = peer;
	return connected;
}

static void count_at_home(struct side *side)
{
	set_word(side, 64, 0);
	struct ibv_qp *connected = connect_to_self(side);
	struct ibv_sge into = piece(side, 8, 8);
	struct ibv_send_wr add = request(IBV_WR_ATOMIC_FETCH_AND_ADD, 1, &into, 1);
	add.wr.atomic.remote_addr = (uintptr_t)side->memory + 64;
	add.wr.atomic.rkey = side->region->rkey;
	add.wr.atomic.compare_add = 1;
	meet(side);
	count(side, &add);
	meet(side);
	REQUIRE(word(side, 64) == 2 * ROUNDS, "%lu", word(side, 64));
	REQUIRE(ibv_destroy_qp(side->pair) == 0);
	side->pair = connected;
}

const struct scenario atomic_scenarios[] = {
	{ "atomic-values", { 0 }, compute, hold },
	{ "atomic-against-atomic", { 0 }, count_remotely, count_at_home },
	{ 0 },
};
