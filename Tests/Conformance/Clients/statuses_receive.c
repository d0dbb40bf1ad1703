// statuses_receive.c - receive requests that are missing, too small, forbidden or shared.
#include "statuses.h"
#include <arpa/inet.h>

static void send_bytes(struct side *side, uint64_t id, size_t length)
{
	struct ibv_sge from = piece(side, 0, length);
	struct ibv_send_wr send = request(IBV_WR_SEND, id, length ? &from : NULL, length ? 1 : 0);
	post_send(side, &send);
}

static void send_too_much(struct side *side)
{
	fill(side, 0, 100, 1);
	meet(side);
	send_bytes(side, 1, 100);
	expect(side->sent, 1, IBV_WC_REM_INV_REQ_ERR);
	expect_state(side, IBV_QPS_ERR);
	meet(side);
}

static void receive_too_little(struct side *side)
{
	post_receive(side, 1, 0, 99);
	post_receive(side, 2, 1000, 200);
	meet(side);
	expect(side->received, 1, IBV_WC_LOC_LEN_ERR);
	expect(side->received, 2, IBV_WC_WR_FLUSH_ERR);
	meet(side);
	expect_state(side, IBV_QPS_ERR);
	// What was written into the small buffer is not said; beyond it nothing may be.
	expect_untouched(side, 99, PAGE - 99);
}

// An unreliable message that does not fit is dropped, and the receive request stays for the next.
static void send_too_much_unreliably(struct side *side)
{
	fill(side, 0, 100, 1);
	meet(side);
	send_bytes(side, 1, 100);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	send_bytes(side, 2, 50);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
}

static void drop_too_much(struct side *side)
{
	post_receive(side, 1, 0, 99);
	meet(side);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == 50, "%u bytes", done.byte_len);
	expect_filled(side, 0, 50, 1);
	expect_state(side, IBV_QPS_RTS);
}

static void send_to_forbidden_buffer(struct side *side)
{
	meet(side);
	send_bytes(side, 1, 100);
	expect(side->sent, 1, IBV_WC_REM_OP_ERR);
	expect_state(side, IBV_QPS_ERR);
	meet(side);
}

static void receive_into(struct side *side, struct ibv_sge buffer)
{
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &buffer, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	expect(side->received, 1, IBV_WC_LOC_PROT_ERR);
	meet(side);
	expect_state(side, IBV_QPS_ERR);
	expect_untouched(side, 0, PAGE);
}

static void receive_with_bad_key(struct side *side)
{
	struct ibv_sge buffer = piece(side, 0, 200);
	buffer.lkey ^= 0x40;
	receive_into(side, buffer);
}

static void receive_past_the_end(struct side *side) { receive_into(side, piece(side, PAGE - 50, 100)); }

static void receive_into_read_only(struct side *side)
{
	struct ibv_mr *read_only = ibv_reg_mr(side->domain, side->memory, PAGE, IBV_ACCESS_REMOTE_READ);
	REQUIRE(read_only);
	struct ibv_sge buffer = piece(side, 0, 200);
	buffer.lkey = read_only->lkey;
	receive_into(side, buffer);
	REQUIRE(ibv_dereg_mr(read_only) == 0);
}

// No receive request, and a sender that does not wait for one.
static void send_unwanted(struct side *side)
{
	meet(side);
	send_bytes(side, 1, 100);
	expect(side->sent, 1, IBV_WC_RNR_RETRY_EXC_ERR);
	expect_state(side, IBV_QPS_ERR);
	meet(side);
}

static void want_nothing(struct side *side)
{
	meet(side);
	meet(side);
	expect_nothing(side->received);
	expect_state(side, IBV_QPS_RTS);
	expect_no_event(side);
}

// A sender that waits for ever: the message comes when there is room, and once.
static void send_patiently(struct side *side)
{
	fill(side, 0, 100, 2);
	send_bytes(side, 1, 100);
	expect_nothing(side->sent);
	meet(side);
	expect(side->sent, 1, IBV_WC_SUCCESS);
}

static void receive_late(struct side *side)
{
	meet(side);
	post_receive(side, 1, 0, 100);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == 100);
	expect_filled(side, 0, 100, 2);
	expect_nothing(side->received);
}

// What waits, waits in order: a write behind a send that waits has not happened.
static void write_behind_waiting_send(struct side *side)
{
	fill(side, 0, 100, 3);
	struct ibv_sge from = piece(side, 0, 100);
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, &from, 1);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 2, &from, 1000);
	send.next = &write;
	post_send(side, &send);
	meet(side);
	expect_nothing(side->sent);
	meet(side);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
}

static void receive_before_write(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, PAGE);
	meet(side);
	post_receive(side, 1, 0, 100);
	expect(side->received, 1, IBV_WC_SUCCESS);
	meet(side);
	expect_filled(side, 1000, 100, 3);
}

static void send_unwanted_unreliably(struct side *side)
{
	meet(side);
	send_bytes(side, 1, 100);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect_state(side, IBV_QPS_RTS);
	meet(side);
}

// A shared queue tells once when it falls below its limit.
static void send_three(struct side *side)
{
	meet(side);
	for (uint64_t id = 1; id <= 3; id++) {
		send_bytes(side, id, 10);
		expect(side->sent, id, IBV_WC_SUCCESS);
	}
	meet(side);
}

static void run_low(struct side *side)
{
	for (uint64_t id = 1; id <= 4; id++)
		post_receive(side, id, 64 * id, 64);
	struct ibv_srq_attr attributes = { .srq_limit = 3 };
	REQUIRE(ibv_modify_srq(side->shared, &attributes, IBV_SRQ_LIMIT) == 0);
	expect_no_event(side);
	meet(side);
	meet(side);
	for (uint64_t id = 1; id <= 3; id++)
		expect(side->received, id, IBV_WC_SUCCESS);
	expect_event(side, IBV_EVENT_SRQ_LIMIT_REACHED);
	expect_no_event(side);
	REQUIRE(ibv_query_srq(side->shared, &attributes) == 0 && attributes.srq_limit == 0, "limit %u", attributes.srq_limit);
}

const struct scenario receive_scenarios[] = {
	{ "receive-too-small", { 0 }, send_too_much, receive_too_little },
	{ "receive-too-small-uc", { .type = IBV_QPT_UC }, send_too_much_unreliably, drop_too_much },
	{ "receive-bad-key", { 0 }, send_to_forbidden_buffer, receive_with_bad_key },
	{ "receive-past-the-end", { 0 }, send_to_forbidden_buffer, receive_past_the_end },
	{ "receive-read-only", { 0 }, send_to_forbidden_buffer, receive_into_read_only },
	{ "no-receive", { .waits = 0 }, send_unwanted, want_nothing },
	{ "no-receive-twice", { .waits = 2 }, send_unwanted, want_nothing },
	{ "no-receive-uc", { .type = IBV_QPT_UC }, send_unwanted_unreliably, want_nothing },
	{ "late-receive", { .waits = 7 }, send_patiently, receive_late },
	{ "order-behind-late-receive", { .waits = 7 }, write_behind_waiting_send, receive_before_write },
	{ "shared-receive-limit", { .shared_receives = true }, send_three, run_low },
	{ 0 },
};
