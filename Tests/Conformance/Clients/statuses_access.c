// statuses_access.c - what the target's memory is protected from, and what both sides see of it.
#include "statuses.h"
#include <string.h>

// Posts one remote request that must end so, and loses the connection.
static void refused(struct side *side, enum ibv_wr_opcode opcode, size_t offset, size_t length, uint32_t key, enum ibv_wc_status status)
{
	struct ibv_sge local = piece(side, 0, length);
	struct ibv_send_wr made = remote(side, opcode, 1, &local, offset);
	struct ibv_send_wr after = request(IBV_WR_SEND, 2, NULL, 0);

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		made.wr.atomic.rkey ^= key;
	else
		made.wr.rdma.rkey ^= key;
	made.next = &after;
	meet(side);
	post_send(side, &made);
	expect(side->sent, 1, status);
	expect(side->sent, 2, IBV_WC_WR_FLUSH_ERR);
	expect_state(side, IBV_QPS_ERR);
	// Nothing came here either: not into a read's buffer.
	expect_untouched(side, 0, PAGE);
	meet(side);
}

#define REFUSED(name, opcode, offset, length, key, status) \
	static void name(struct side *side) { refused(side, opcode, offset, length, key, status); }

REFUSED(write_with_bad_key, IBV_WR_RDMA_WRITE, 0, 64, 0x40, IBV_WC_REM_ACCESS_ERR)
REFUSED(read_with_bad_key, IBV_WR_RDMA_READ, 0, 64, 0x40, IBV_WC_REM_ACCESS_ERR)
REFUSED(atomic_with_bad_key, IBV_WR_ATOMIC_FETCH_AND_ADD, 0, 8, 0x40, IBV_WC_REM_ACCESS_ERR)
REFUSED(write_past_the_end, IBV_WR_RDMA_WRITE, PAGE - 63, 64, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(write_before_the_start, IBV_WR_RDMA_WRITE, -1, 64, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(read_past_the_end, IBV_WR_RDMA_READ, PAGE - 63, 64, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(atomic_past_the_end, IBV_WR_ATOMIC_FETCH_AND_ADD, PAGE, 8, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(write_without_right, IBV_WR_RDMA_WRITE, 0, 64, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(read_without_right, IBV_WR_RDMA_READ, 0, 64, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(atomic_without_right, IBV_WR_ATOMIC_FETCH_AND_ADD, 0, 8, 0, IBV_WC_REM_ACCESS_ERR)
REFUSED(write_not_enabled, IBV_WR_RDMA_WRITE, 0, 64, 0, IBV_WC_REM_INV_REQ_ERR)
REFUSED(read_not_enabled, IBV_WR_RDMA_READ, 0, 64, 0, IBV_WC_REM_INV_REQ_ERR)
REFUSED(atomic_not_enabled, IBV_WR_ATOMIC_FETCH_AND_ADD, 0, 8, 0, IBV_WC_REM_INV_REQ_ERR)
REFUSED(atomic_misaligned, IBV_WR_ATOMIC_FETCH_AND_ADD, 4, 8, 0, IBV_WC_REM_INV_REQ_ERR)

// The target's queue pair is lost too, its receives are flushed, its memory is as it was, and an event says why.
static void refusing(struct side *side, enum ibv_event_type event)
{
	post_receive(side, 5, 0, 64);
	meet(side);
	meet(side);
	expect_event(side, event);
	expect(side->received, 5, IBV_WC_WR_FLUSH_ERR);
	expect_state(side, IBV_QPS_ERR);
	expect_untouched(side, 0, PAGE);
}

static void refuses_access(struct side *side) { refusing(side, IBV_EVENT_QP_ACCESS_ERR); }
static void refuses_request(struct side *side) { refusing(side, IBV_EVENT_QP_REQ_ERR); }

// A key dies with its registration.
static void write_after_deregistration(struct side *side)
{
	meet(side);
	refused(side, IBV_WR_RDMA_WRITE, 0, 64, 0, IBV_WC_REM_ACCESS_ERR);
}

static void deregisters(struct side *side)
{
	REQUIRE(ibv_dereg_mr(side->region) == 0);
	// Registered anew, the same bytes have another key.
	side->region = ibv_reg_mr(side->domain, side->memory, PAGE, ALL_ACCESS);
	REQUIRE(side->region);
	meet(side);
	refuses_access(side);
}

// Unreliable connections drop what they may not do; the sender never learns.
static void write_unreliably_with_bad_key(struct side *side)
{
	struct ibv_sge local = piece(side, 0, 64);
	struct ibv_send_wr bad = remote(side, IBV_WR_RDMA_WRITE, 1, &local, 0);
	struct ibv_send_wr good = remote(side, IBV_WR_RDMA_WRITE, 2, &local, 1024);
	bad.wr.rdma.rkey ^= 0x40;
	bad.next = &good;
	fill(side, 0, 64, 1);
	post_send(side, &bad);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
}

static void drops(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, 1024);
	expect_filled(side, 1024, 64, 1);
	expect_state(side, IBV_QPS_RTS);
	expect_no_event(side);
}

// The initiator's own buffers are checked as well.
static void own_buffer(struct side *side, enum ibv_wr_opcode opcode, struct ibv_sge local)
{
	struct ibv_send_wr made = remote(side, opcode, 1, &local, 0);
	post_send(side, &made);
	expect(side->sent, 1, IBV_WC_LOC_PROT_ERR);
	expect_state(side, IBV_QPS_ERR);
	meet(side);
}

static void write_with_bad_local_key(struct side *side)
{
	struct ibv_sge local = piece(side, 0, 64);
	local.lkey ^= 0x40;
	own_buffer(side, IBV_WR_RDMA_WRITE, local);
}

static void write_from_past_the_end(struct side *side) { own_buffer(side, IBV_WR_RDMA_WRITE, piece(side, PAGE - 63, 64)); }
static void send_from_past_the_end(struct side *side) { own_buffer(side, IBV_WR_SEND, piece(side, PAGE, 1)); }

static void read_into_read_only(struct side *side)
{
	struct ibv_mr *read_only = ibv_reg_mr(side->domain, side->memory, PAGE, IBV_ACCESS_REMOTE_READ);
	REQUIRE(read_only);
	struct ibv_sge local = piece(side, 0, 64);
	local.lkey = read_only->lkey;
	own_buffer(side, IBV_WR_RDMA_READ, local);
	expect_untouched(side, 0, PAGE);
	REQUIRE(ibv_dereg_mr(read_only) == 0);
}

static void sees_nothing(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, PAGE);
	expect_nothing(side->received);
	expect_state(side, IBV_QPS_RTS);
}

#define READ_ONLY .region_access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ
#define WRITE_ONLY .region_access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE

const struct scenario access_scenarios[] = {
	{ "write-bad-key", { 0 }, write_with_bad_key, refuses_access },
	{ "read-bad-key", { 0 }, read_with_bad_key, refuses_access },
	{ "atomic-bad-key", { 0 }, atomic_with_bad_key, refuses_access },
	{ "write-past-the-end", { 0 }, write_past_the_end, refuses_access },
	{ "write-before-the-start", { 0 }, write_before_the_start, refuses_access },
	{ "read-past-the-end", { 0 }, read_past_the_end, refuses_access },
	{ "atomic-past-the-end", { 0 }, atomic_past_the_end, refuses_access },
	{ "write-without-right", { READ_ONLY }, write_without_right, refuses_access },
	{ "read-without-right", { WRITE_ONLY }, read_without_right, refuses_access },
	{ "atomic-without-right", { WRITE_ONLY }, atomic_without_right, refuses_access },
	{ "write-other-domain", { .other_domain = true }, write_without_right, refuses_access },
	{ "read-other-domain", { .other_domain = true }, read_without_right, refuses_access },
	{ "atomic-other-domain", { .other_domain = true }, atomic_without_right, refuses_access },
	{ "write-not-enabled", { .queue_pair_access = IBV_ACCESS_REMOTE_READ }, write_not_enabled, refuses_request },
	{ "read-not-enabled", { .queue_pair_access = IBV_ACCESS_REMOTE_WRITE }, read_not_enabled, refuses_request },
	{ "atomic-not-enabled", { .queue_pair_access = IBV_ACCESS_REMOTE_READ }, atomic_not_enabled, refuses_request },
	{ "atomic-misaligned", { 0 }, atomic_misaligned, refuses_request },
	{ "write-after-deregistration", { 0 }, write_after_deregistration, deregisters },
	{ "write-bad-key-uc", { .type = IBV_QPT_UC }, write_unreliably_with_bad_key, drops },
	{ "local-bad-key", { 0 }, write_with_bad_local_key, sees_nothing },
	{ "local-past-the-end", { 0 }, write_from_past_the_end, sees_nothing },
	{ "local-send-past-the-end", { 0 }, send_from_past_the_end, sees_nothing },
	{ "local-read-only", { 0 }, read_into_read_only, sees_nothing },
	{ 0 },
};
