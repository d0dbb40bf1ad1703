// statuses_drain.c - the send queue comes to rest (SQD) and goes on.
#include "statuses.h"
#include <errno.h>

static int change_state(struct side *side, enum ibv_qp_state state, int more, uint8_t notify)
{
	struct ibv_qp_attr attributes = { .qp_state = state, .en_sqd_async_notify = notify, .min_rnr_timer = 5 };
	return ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE | more);
}

static void expect_draining(struct side *side, int draining)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr creation;
	REQUIRE(ibv_query_qp(side->pair, &attributes, IBV_QP_STATE, &creation) == 0);
	REQUIRE(attributes.qp_state == IBV_QPS_SQD && attributes.cur_qp_state == IBV_QPS_SQD, "state %d", attributes.qp_state);
	REQUIRE(attributes.sq_draining == draining, "sq_draining is %d", attributes.sq_draining);
}

static void send_one(struct side *side, uint64_t id)
{
	struct ibv_sge from = piece(side, 64 * id, 64);
	struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
	fill(side, 64 * id, 64, (unsigned)id);
	post_send(side, &send);
}

// What is under way when SQD is asked for is finished, and told; what comes after is held until RTS.
static void drain_under_way(struct side *side)
{
	send_one(side, 1);
	send_one(side, 2);
	REQUIRE(change_state(side, IBV_QPS_SQD, IBV_QP_EN_SQD_ASYNC_NOTIFY, 1) == 0);
	expect_draining(side, 1);
	expect_no_event(side);
	REQUIRE(change_state(side, IBV_QPS_SQD, IBV_QP_MIN_RNR_TIMER, 0) == EINVAL);
	send_one(side, 3);
	meet(side);
	expect_event(side, IBV_EVENT_SQ_DRAINED);
	expect_draining(side, 0);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect_nothing(side->sent);
	REQUIRE(change_state(side, IBV_QPS_SQD, IBV_QP_MIN_RNR_TIMER, 0) == 0);
	meet(side);
	meet(side);
	REQUIRE(change_state(side, IBV_QPS_RTS, 0, 0) == 0);
	meet(side);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	expect(side->sent, 3, IBV_WC_SUCCESS);
	expect_state(side, IBV_QPS_RTS);
	expect_no_event(side);
}

static void receive_while_drained(struct side *side)
{
	meet(side);
	for (uint64_t id = 1; id <= 3; id++)
		post_receive(side, id, 64 * id, 64);
	meet(side);
	expect(side->received, 1, IBV_WC_SUCCESS);
	expect_nothing(side->received);
	expect_untouched(side, 128, 128);
	meet(side);
	meet(side);
	// The sender's program does not poll: what was held goes out all the same.
	expect(side->received, 2, IBV_WC_SUCCESS);
	expect(side->received, 3, IBV_WC_SUCCESS);
	for (uint64_t id = 1; id <= 3; id++)
		expect_filled(side, 64 * id, 64, (unsigned)id);
}

// With nothing under way the queue is at rest at once, and says so only to who asked.
static void drain_idle(struct side *side)
{
	REQUIRE(change_state(side, IBV_QPS_SQD, IBV_QP_EN_SQD_ASYNC_NOTIFY, 1) == 0);
	expect_event(side, IBV_EVENT_SQ_DRAINED);
	expect_draining(side, 0);
	REQUIRE(change_state(side, IBV_QPS_RTS, 0, 0) == 0);
	REQUIRE(change_state(side, IBV_QPS_SQD, 0, 0) == 0);
	expect_no_event(side);
	REQUIRE(change_state(side, IBV_QPS_RTR, 0, 0) == EINVAL);
	REQUIRE(change_state(side, IBV_QPS_RTS, 0, 0) == 0);
	expect_no_event(side);
}

// The responder does not rest: messages arrive in SQD.
static void receive_in_drained(struct side *side)
{
	REQUIRE(change_state(side, IBV_QPS_SQD, 0, 0) == 0);
	post_receive(side, 1, 64, 64);
	meet(side);
	expect(side->received, 1, IBV_WC_SUCCESS);
	expect_filled(side, 64, 64, 1);
}

static void send_to_drained(struct side *side)
{
	meet(side);
	send_one(side, 1);
	expect(side->sent, 1, IBV_WC_SUCCESS);
}

// What was held is flushed in order, behind what was under way.
static void fail_while_draining(struct side *side)
{
	send_one(side, 1);
	REQUIRE(change_state(side, IBV_QPS_SQD, IBV_QP_EN_SQD_ASYNC_NOTIFY, 1) == 0);
	send_one(side, 2);
	send_one(side, 3);
	REQUIRE(change_state(side, IBV_QPS_ERR, 0, 0) == 0);
	for (uint64_t id = 1; id <= 3; id++)
		expect(side->sent, id, IBV_WC_WR_FLUSH_ERR);
	expect_no_event(side);
}

static void nothing(struct side *side) { (void)side; }

const struct scenario drain_scenarios[] = {
	{ "drain-under-way", { .waits = 7 }, drain_under_way, receive_while_drained },
	{ "drain-idle", { 0 }, drain_idle, nothing },
	{ "drain-idle-unreliable", { .type = IBV_QPT_UC }, drain_idle, nothing },
	{ "drain-idle-datagram", { .type = IBV_QPT_UD }, drain_idle, nothing },
	{ "receive-while-drained", { 0 }, send_to_drained, receive_in_drained },
	{ "fail-while-draining", { .waits = 7 }, fail_while_draining, nothing },
	{ 0 },
};
