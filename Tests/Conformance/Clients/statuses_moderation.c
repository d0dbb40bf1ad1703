// statuses_moderation.c - events of a completion queue that come after so many completions, or so much time.
#include "statuses.h"
#include <errno.h>
#include <poll.h>
#include <time.h>

enum { MILLISECOND = 1000000, PERIOD_MICROSECONDS = 30000 };

static void moderate(struct ibv_cq *queue, uint16_t count, uint16_t period)
{
	struct ibv_modify_cq_attr change = { .attr_mask = IBV_CQ_ATTR_MODERATE, .moderate = { count, period } };
	REQUIRE(ibv_modify_cq(queue, &change) == 0);
}

// Whether an event is there within a time in which an agent that raises it would have done so.
static bool has_event(struct side *side, int milliseconds)
{
	struct pollfd entry = { .fd = side->channel->fd, .events = POLLIN };
	return poll(&entry, 1, milliseconds) == 1;
}

static void take_event(struct side *side)
{
	struct ibv_cq *queue;
	void *own;
	REQUIRE(ibv_get_cq_event(side->channel, &queue, &own) == 0 && queue == side->received);
	ibv_ack_cq_events(queue, 1);
}

static uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 * MILLISECOND + (uint64_t)time.tv_nsec;
}

static void send_when_told(struct side *side)
{
	uint32_t count;
	for (hear(side, &count, sizeof(count)); count > 0; hear(side, &count, sizeof(count))) {
		for (uint64_t id = 0; id < count; id++) {
			struct ibv_sge own = piece(side, 0, 16);
			struct ibv_send_wr send = request(IBV_WR_SEND, id, &own, 1);
			post_send(side, &send);
			expect(side->sent, id, IBV_WC_SUCCESS);
		}
		meet(side);
	}
	meet(side);
}

// The peer has sent `count` messages when this returns.
static void let_send(struct side *side, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		post_receive(side, i, 0, 16);
	tell(side, &count, sizeof(count));
	if (count > 0)
		meet(side);
}

static void poll_all(struct side *side, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		REQUIRE(next_completion(side->received).status == IBV_WC_SUCCESS);
}

static void by_count(struct side *side)
{
	struct ibv_device_attr_ex device;
	REQUIRE(ibv_query_device_ex(side->context, NULL, &device) == 0 && device.cq_mod_caps.max_cq_count >= 4);
	moderate(side->received, 4, 0);
	for (int round = 0; round < 3; round++) {
		REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
		let_send(side, 3);
		REQUIRE(!has_event(side, 60));
		let_send(side, 1);
		take_event(side);
		poll_all(side, 4);
		// One event a request.
		let_send(side, 5);
		REQUIRE(!has_event(side, 60));
		poll_all(side, 5);
	}
	// What was held is due by the new rule.
	REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
	let_send(side, 1);
	REQUIRE(!has_event(side, 60));
	moderate(side->received, 0, 0);
	take_event(side);
	REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
	let_send(side, 1);
	take_event(side);
	poll_all(side, 2);
	let_send(side, 0);
	meet(side);
}

static void by_time(struct side *side)
{
	moderate(side->received, 8, PERIOD_MICROSECONDS);
	for (int round = 0; round < 3; round++) {
		REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
		uint64_t before = now();
		let_send(side, 1);
		take_event(side);
		REQUIRE(now() - before >= PERIOD_MICROSECONDS * 1000ull, "after %lu ns", (unsigned long)(now() - before));
		// Enough of them do not wait for the time.
		REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
		let_send(side, 8);
		take_event(side);
		poll_all(side, 9);
		REQUIRE(!has_event(side, 60));
	}
	let_send(side, 0);
	meet(side);
}

static void refuse(struct side *side)
{
	struct ibv_modify_cq_attr none = { 0 }, unknown = { .attr_mask = IBV_CQ_ATTR_MODERATE | IBV_CQ_ATTR_RESERVED };
	REQUIRE(ibv_modify_cq(side->received, &none) == EINVAL && ibv_modify_cq(side->received, &unknown) == EINVAL);
	// A queue without a channel has no events to hold back.
	moderate(side->sent, 16, 100);
	meet(side);
}

static void idle(struct side *side) { meet(side); }

const struct scenario moderation_scenarios[] = {
	{ "moderated-by-count", { .with_channel = true, .receives = 16 }, send_when_told, by_count },
	{ "moderated-by-time", { .with_channel = true, .receives = 16 }, send_when_told, by_time },
	{ "moderation-refused", { .receives = 1 }, idle, refuse },
	{ 0 },
};
