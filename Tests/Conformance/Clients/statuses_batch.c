// statuses_batch.c - the extended send interface: every operation, several in one batch, errors, and several threads.
#include "statuses.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { HEADER = 40, QUEUE_KEY = 0x1ee7 };

static const uint64_t writes = IBV_QP_EX_WITH_RDMA_WRITE;

#define MESSAGES (IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM)
#define EVERY (MESSAGES | IBV_QP_EX_WITH_RDMA_WRITE | IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | IBV_QP_EX_WITH_RDMA_READ | \
	       IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP | IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)

static void nothing(struct side *side) { meet(side); }

static struct ibv_qp_ex *begin(struct side *side)
{
	struct ibv_qp_ex *pair = ibv_qp_to_qp_ex(side->pair);
	REQUIRE(pair);
	ibv_wr_start(pair);
	pair->wr_flags = IBV_SEND_SIGNALED;
	return pair;
}

static void finish(struct ibv_qp_ex *pair)
{
	int result = ibv_wr_complete(pair);
	REQUIRE(result == 0, "wr_complete: %d", result);
}

static void set(struct side *side, struct ibv_qp_ex *pair, size_t offset, size_t length)
{
	ibv_wr_set_sge(pair, side->region->lkey, (uintptr_t)side->memory + offset, length);
}

// One batch holds every operation of a reliable connection, in this order.
static void send_every_operation(struct side *side)
{
	uint64_t *word = (uint64_t *)side->memory;
	meet(side);
	fill(side, 512, 400, 1);
	struct ibv_qp_ex *pair = begin(side);
	pair->wr_id = 1;
	ibv_wr_rdma_write(pair, side->peer.rkey, side->peer.start + 512);
	set(side, pair, 512, 400);
	pair->wr_id = 2;
	ibv_wr_rdma_read(pair, side->peer.rkey, side->peer.start + 512);
	set(side, pair, 1024, 400);
	pair->wr_id = 3;
	ibv_wr_atomic_fetch_add(pair, side->peer.rkey, side->peer.start, 5);
	set(side, pair, 0, 8);
	pair->wr_id = 4;
	ibv_wr_atomic_cmp_swp(pair, side->peer.rkey, side->peer.start, 105, 77);
	set(side, pair, 8, 8);
	pair->wr_id = 5;
	ibv_wr_rdma_write_imm(pair, side->peer.rkey, side->peer.start + 2048, htonl(0x12345678));
	ibv_wr_set_inline_data(pair, "inline bytes", 12);
	pair->wr_id = 6;
	ibv_wr_send(pair);
	struct ibv_sge list[] = { piece(side, 512, 100), piece(side, 700, 50) };
	ibv_wr_set_sge_list(pair, 2, list);
	pair->wr_id = 7;
	ibv_wr_send_imm(pair, htonl(0xfeedf00d));
	struct ibv_data_buf parts[] = { { "one ", 4 }, { "two", 3 } };
	ibv_wr_set_inline_data_list(pair, 2, parts);
	finish(pair);
	static const enum ibv_wc_opcode opcodes[] = { IBV_WC_RDMA_WRITE, IBV_WC_RDMA_READ, IBV_WC_FETCH_ADD, IBV_WC_COMP_SWAP,
						      IBV_WC_RDMA_WRITE, IBV_WC_SEND, IBV_WC_SEND };
	for (uint64_t id = 1; id <= 7; id++)
		REQUIRE(expect(side->sent, id, IBV_WC_SUCCESS).opcode == opcodes[id - 1]);
	expect_filled(side, 1024, 400, 1);
	REQUIRE(word[0] == 100 && word[1] == 105, "%lu, %lu", word[0], word[1]);
	meet(side);
}

static void receive_every_operation(struct side *side)
{
	*(uint64_t *)side->memory = 100;
	for (uint64_t id = 1; id <= 3; id++)
		post_receive(side, id, 3000 + 200 * (id - 1), 200);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_RECV_RDMA_WITH_IMM && ntohl(done.imm_data) == 0x12345678 && done.byte_len == 12);
	done = expect(side->received, 2, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_RECV && done.byte_len == 150 && !(done.wc_flags & IBV_WC_WITH_IMM));
	done = expect(side->received, 3, IBV_WC_SUCCESS);
	REQUIRE((done.wc_flags & IBV_WC_WITH_IMM) && ntohl(done.imm_data) == 0xfeedf00d && done.byte_len == 7);
	meet(side);
	REQUIRE(*(uint64_t *)side->memory == 77);
	expect_filled(side, 512, 400, 1);
	REQUIRE(memcmp(side->memory + 2048, "inline bytes", 12) == 0);
	REQUIRE(memcmp(side->memory + 3200, side->memory + 512, 100) == 0 && memcmp(side->memory + 3300, side->memory + 700, 50) == 0);
	REQUIRE(memcmp(side->memory + 3400, "one two", 7) == 0);
}

static void send_datagram_batch(struct side *side)
{
	struct ibv_ah_attr address = address_of_peer(side);
	struct ibv_ah *handle = ibv_create_ah(side->domain, &address);
	REQUIRE(handle);
	fill(side, 0, 100, 2);
	meet(side);
	// Without an address the batch is refused, and what was in it is not sent.
	struct ibv_qp_ex *pair = begin(side);
	pair->wr_id = 1;
	ibv_wr_send(pair);
	ibv_wr_set_ud_addr(pair, handle, side->peer.queue_pair, QUEUE_KEY);
	set(side, pair, 0, 50);
	ibv_wr_send(pair);
	REQUIRE(ibv_wr_complete(pair) == EINVAL);
	expect_nothing(side->sent);

	pair = begin(side);
	pair->wr_id = 2;
	ibv_wr_send_imm(pair, htonl(3));
	ibv_wr_set_ud_addr(pair, handle, side->peer.queue_pair, QUEUE_KEY);
	set(side, pair, 0, 100);
	pair->wr_id = 3;
	ibv_wr_send(pair);
	ibv_wr_set_ud_addr(pair, handle, side->peer.queue_pair, QUEUE_KEY);
	ibv_wr_set_inline_data(pair, "datagram", 8);
	finish(pair);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	expect(side->sent, 3, IBV_WC_SUCCESS);
	meet(side);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void receive_datagram_batch(struct side *side)
{
	post_receive(side, 1, 0, 200);
	post_receive(side, 2, 200, 200);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + 100 && ntohl(done.imm_data) == 3);
	done = expect(side->received, 2, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + 8 && memcmp(side->memory + 200 + HEADER, "datagram", 8) == 0);
	expect_filled(side, HEADER, 100, 2);
	meet(side);
	expect_nothing(side->received);
}

// The second of three is refused by the target: the third is flushed, and nothing of it is written.
static void send_failing_batch(struct side *side)
{
	fill(side, 0, 64, 3);
	meet(side);
	struct ibv_qp_ex *pair = begin(side);
	for (uint64_t id = 1; id <= 3; id++) {
		pair->wr_id = id;
		ibv_wr_rdma_write(pair, side->peer.rkey ^ (id == 2 ? 0x55 : 0), side->peer.start + 1000 * id);
		set(side, pair, 0, 64);
	}
	finish(pair);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect(side->sent, 2, IBV_WC_REM_ACCESS_ERR);
	expect(side->sent, 3, IBV_WC_WR_FLUSH_ERR);
	expect_state(side, IBV_QPS_ERR);
	// What is posted in this state is flushed too.
	pair = begin(side);
	pair->wr_id = 4;
	ibv_wr_rdma_write(pair, side->peer.rkey, side->peer.start);
	finish(pair);
	expect(side->sent, 4, IBV_WC_WR_FLUSH_ERR);
	meet(side);
}

static void receive_failing_batch(struct side *side)
{
	meet(side);
	meet(side);
	expect_filled(side, 1000, 64, 3);
	expect_untouched(side, 1064, 3000);
}

// Unsignalled requests leave nothing but their effect; the queue takes more than its size over time, and no more at once.
static void send_full_queue(struct side *side)
{
	meet(side);
	struct ibv_qp_ex *pair = ibv_qp_to_qp_ex(side->pair);
	for (int round = 0; round < 5; round++) {
		pair = begin(side);
		for (int i = 0; i < 8; i++) {
			pair->wr_id = i;
			pair->wr_flags = i == 7 ? IBV_SEND_SIGNALED : 0;
			ibv_wr_rdma_write(pair, side->peer.rkey, side->peer.start + 8 * i);
			uint64_t value = round * 8 + i;
			ibv_wr_set_inline_data(pair, &value, sizeof(value));
		}
		finish(pair);
		// The place of a request comes back with a later completion only.
		pair = begin(side);
		ibv_wr_rdma_write(pair, side->peer.rkey, side->peer.start);
		REQUIRE(ibv_wr_complete(pair) == ENOMEM);
		expect(side->sent, 7, IBV_WC_SUCCESS);
		expect_nothing(side->sent);
	}
	meet(side);
}

static void receive_full_queue(struct side *side)
{
	meet(side);
	meet(side);
	for (uint64_t i = 0; i < 8; i++)
		REQUIRE(((uint64_t *)side->memory)[i] == 32 + i);
}

enum { THREADS = 4, BATCHES = 200, BATCH = 4 };

struct builder {
	struct side *side;
	uint64_t number;
};

// Each thread builds batches of four writes of its own number; between them, nobody else's may come.
static void *build(void *argument)
{
	struct builder *builder = argument;
	struct side *side = builder->side;
	for (int round = 0; round < BATCHES;) {
		struct ibv_qp_ex *pair = begin(side);
		for (int i = 0; i < BATCH; i++) {
			pair->wr_id = builder->number;
			ibv_wr_rdma_write(pair, side->peer.rkey, side->peer.start + 8 * builder->number);
			uint64_t value = builder->number << 32 | (uint64_t)(round * BATCH + i);
			ibv_wr_set_inline_data(pair, &value, sizeof(value));
		}
		int result = ibv_wr_complete(pair);
		// Full until somebody polls.
		REQUIRE(result == 0 || result == ENOMEM, "wr_complete: %d", result);
		round += result == 0;
	}
	return NULL;
}

static void send_from_threads(struct side *side)
{
	pthread_t threads[THREADS];
	struct builder builders[THREADS];
	meet(side);
	for (uint64_t i = 0; i < THREADS; i++) {
		builders[i] = (struct builder){ side, i };
		REQUIRE(pthread_create(&threads[i], NULL, build, &builders[i]) == 0);
	}
	for (int i = 0; i < THREADS * BATCHES; i++) {
		uint64_t number = next_completion(side->sent).wr_id;
		for (int j = 1; j < BATCH; j++)
			expect(side->sent, number, IBV_WC_SUCCESS);
	}
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	meet(side);
}

static void receive_from_threads(struct side *side)
{
	meet(side);
	meet(side);
	for (uint64_t i = 0; i < THREADS; i++)
		REQUIRE(((uint64_t *)side->memory)[i] == (i << 32 | (BATCHES * BATCH - 1)));
}

static void create_plain(struct side *side)
{
	REQUIRE(ibv_qp_to_qp_ex(side->pair) == NULL);
	struct ibv_qp_init_attr_ex attributes = {
		.send_cq = side->sent, .recv_cq = side->received, .qp_type = IBV_QPT_UD, .pd = side->domain,
		.cap = { .max_send_wr = 1, .max_send_sge = 1 },
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS, .send_ops_flags = writes,
	};
	errno = 0;
	REQUIRE(ibv_create_qp_ex(side->context, &attributes) == NULL && errno == EOPNOTSUPP, "errno %d", errno);
	meet(side);
}

const struct scenario batch_scenarios[] = {
	{ "batch-operations", { .operations = EVERY }, send_every_operation, receive_every_operation },
	{ "batch-datagrams", { .type = IBV_QPT_UD, .operations = MESSAGES }, send_datagram_batch, receive_datagram_batch },
	{ "batch-failing", { .operations = EVERY }, send_failing_batch, receive_failing_batch },
	{ "batch-queue-full", { .operations = EVERY, .sends = 8, .unsignalled = true }, send_full_queue, receive_full_queue },
	{ "batch-threads", { .operations = EVERY, .sends = 64 }, send_from_threads, receive_from_threads },
	{ "batch-not-asked-for", { 0 }, create_plain, nothing },
	{ 0 },
};
