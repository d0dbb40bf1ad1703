// statuses_events.c - completion events: arming, solicited only, descriptors, acknowledgements.
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

static void send_one(struct side *side, uint64_t id, unsigned flags)
{
	struct ibv_sge from = piece(side, 0, 8);
	struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
	send.send_flags |= flags;
	post_send(side, &send);
	expect(side->sent, id, IBV_WC_SUCCESS);
}

static bool readable(struct side *side)
{
	struct pollfd descriptor = { .fd = side->channel->fd, .events = POLLIN };
	return poll(&descriptor, 1, 0) == 1;
}

// The event is the receive queue's, and comes with what the program gave with the queue.
static void take_event(struct side *side)
{
	struct ibv_cq *queue;
	void *context;
	REQUIRE(ibv_get_cq_event(side->channel, &queue, &context) == 0);
	REQUIRE(queue == side->received && context == side);
}

static void send_in_steps(struct side *side)
{
	for (uint64_t id = 1; id <= 4; id++) {
		meet(side);
		send_one(side, id, id == 3 ? IBV_SEND_SOLICITED : 0);
		meet(side);
	}
}

// One event for one arming: none unarmed, and none more for what comes later.
static void wait_for_events(struct side *side)
{
	for (uint64_t id = 1; id <= 4; id++)
		post_receive(side, id, 0, 8);
	meet(side);
	meet(side);
	REQUIRE(!readable(side), "an event that nobody asked for");
	REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
	meet(side);
	take_event(side);
	meet(side);
	meet(side);
	meet(side);
	REQUIRE(!readable(side), "an event without arming");
	meet(side);
	meet(side);
	REQUIRE(!readable(side), "an event without arming");
	for (uint64_t id = 1; id <= 4; id++)
		expect(side->received, id, IBV_WC_SUCCESS);
	ibv_ack_cq_events(side->received, 1);
}

// Armed for solicited completions only, others pass in silence.
static void wait_for_solicited(struct side *side)
{
	for (uint64_t id = 1; id <= 4; id++)
		post_receive(side, id, 0, 8);
	REQUIRE(ibv_req_notify_cq(side->received, 1) == 0);
	for (uint64_t id = 1; id <= 2; id++) {
		meet(side);
		meet(side);
		REQUIRE(!readable(side), "an event for %lu, which was not solicited", id);
	}
	meet(side);
	take_event(side);
	meet(side);
	meet(side);
	meet(side);
	REQUIRE(!readable(side));
	for (uint64_t id = 1; id <= 4; id++)
		expect(side->received, id, IBV_WC_SUCCESS);
	ibv_ack_cq_events(side->received, 1);
}

// An error is always worth an event.
static void wait_for_error(struct side *side)
{
	post_receive(side, 1, 0, 8);
	REQUIRE(ibv_req_notify_cq(side->received, 1) == 0);
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_ERR };
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	take_event(side);
	expect(side->received, 1, IBV_WC_WR_FLUSH_ERR);
	ibv_ack_cq_events(side->received, 1);
}

static void nothing(struct side *side) { (void)side; }

static void send_when_told(struct side *side)
{
	meet(side);
	meet(side);
	send_one(side, 1, 0);
}

// A descriptor that does not block says so; one that does sleeps until the event.
static void wait_without_blocking(struct side *side)
{
	struct ibv_cq *queue;
	void *context;
	post_receive(side, 1, 0, 8);
	REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
	int flags = fcntl(side->channel->fd, F_GETFL);
	REQUIRE(fcntl(side->channel->fd, F_SETFL, flags | O_NONBLOCK) == 0);
	errno = 0;
	REQUIRE(ibv_get_cq_event(side->channel, &queue, &context) == -1 && errno == EAGAIN, "errno %d", errno);
	meet(side);
	meet(side);
	struct pollfd descriptor = { .fd = side->channel->fd, .events = POLLIN };
	REQUIRE(poll(&descriptor, 1, -1) == 1 && (descriptor.revents & POLLIN));
	take_event(side);
	REQUIRE(!readable(side), "readable after its only event was taken");
	ibv_ack_cq_events(side->received, 1);
	expect(side->received, 1, IBV_WC_SUCCESS);
}

// Destroying a queue waits until every event of it that was taken is acknowledged.
static _Atomic int destroyed;

static void *destroy(void *queue)
{
	int result = ibv_destroy_cq(queue);
	atomic_store(&destroyed, 1);
	return (void *)(intptr_t)result;
}

static void destroy_unacknowledged(struct side *side)
{
	post_receive(side, 1, 0, 8);
	REQUIRE(ibv_req_notify_cq(side->received, 0) == 0);
	meet(side);
	meet(side);
	take_event(side);
	expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(ibv_destroy_qp(side->pair) == 0);
	side->pair = NULL;
	pthread_t thread;
	void *result;
	REQUIRE(pthread_create(&thread, NULL, destroy, side->received) == 0);
	// A hundred round trips to the peer: time enough for a destruction that does not wait.
	for (int i = 0; i < 100; i++)
		meet(side);
	REQUIRE(!atomic_load(&destroyed), "destroyed before the event was acknowledged");
	ibv_ack_cq_events(side->received, 1);
	REQUIRE(pthread_join(thread, &result) == 0 && result == NULL);
	side->received = NULL;
}

static void keep_company(struct side *side)
{
	send_when_told(side);
	for (int i = 0; i < 100; i++)
		meet(side);
}

const struct scenario event_scenarios[] = {
	{ "events", { .with_channel = true }, send_in_steps, wait_for_events },
	{ "events-solicited", { .with_channel = true }, send_in_steps, wait_for_solicited },
	{ "events-error", { .with_channel = true }, nothing, wait_for_error },
	{ "events-nonblocking", { .with_channel = true }, send_when_told, wait_without_blocking },
	{ "acknowledgement", { .with_channel = true }, keep_company, destroy_unacknowledged },
	{ 0 },
};
