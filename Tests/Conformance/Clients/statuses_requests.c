// statuses_requests.c - posting requests, and waiting for what becomes of them.
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

struct ibv_sge piece(struct side *side, size_t offset, size_t length)
{
	return (struct ibv_sge){ .addr = (uintptr_t)side->memory + offset, .length = length, .lkey = side->region->lkey };
}

void post_receive(struct side *side, uint64_t id, size_t offset, size_t length)
{
	struct ibv_sge buffer = piece(side, offset, length);
	struct ibv_recv_wr receive = { .wr_id = id, .sg_list = &buffer, .num_sge = 1 }, *bad = NULL;
	int result = side->shared ? ibv_post_srq_recv(side->shared, &receive, &bad) : ibv_post_recv(side->pair, &receive, &bad);
	REQUIRE(result == 0, "post_recv: %d", result);
}

struct ibv_send_wr request(enum ibv_wr_opcode opcode, uint64_t id, struct ibv_sge *pieces, int count)
{
	return (struct ibv_send_wr){ .wr_id = id, .opcode = opcode, .sg_list = pieces, .num_sge = count, .send_flags = IBV_SEND_SIGNALED };
}

// A request towards the peer's region, so many bytes from its start.
struct ibv_send_wr remote(struct side *side, enum ibv_wr_opcode opcode, uint64_t id, struct ibv_sge *piece, size_t offset)
{
	struct ibv_send_wr made = request(opcode, id, piece, piece ? 1 : 0);

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		made.wr.atomic.remote_addr = side->peer.start + offset;
		made.wr.atomic.rkey = side->peer.rkey;
	} else {
		made.wr.rdma.remote_addr = side->peer.start + offset;
		made.wr.rdma.rkey = side->peer.rkey;
	}
	return made;
}

// The result of posting; a list that is refused must name the refused request.
int try_send(struct side *side, struct ibv_send_wr *list)
{
	struct ibv_send_wr *bad = NULL;
	int result = ibv_post_send(side->pair, list, &bad);
	REQUIRE(result == 0 || bad != NULL);
	return result;
}

void post_send(struct side *side, struct ibv_send_wr *list)
{
	int result = try_send(side, list);
	REQUIRE(result == 0, "post_send: %d", result);
}

// Waits as long as it takes: the alarm of the process is the guard.
struct ibv_wc next_completion(struct ibv_cq *queue)
{
	struct ibv_wc completion;
	int count;
	do {
		count = ibv_poll_cq(queue, 1, &completion);
	} while (count == 0);
	REQUIRE(count == 1, "poll_cq: %d", count);
	return completion;
}

struct ibv_wc expect(struct ibv_cq *queue, uint64_t id, enum ibv_wc_status status)
{
	struct ibv_wc completion = next_completion(queue);
	REQUIRE(completion.wr_id == id, "completion of %lu, not %lu", completion.wr_id, id);
	REQUIRE(completion.status == status, "%lu: %s, not %s", id, ibv_wc_status_str(completion.status), ibv_wc_status_str(status));
	return completion;
}

void expect_nothing(struct ibv_cq *queue)
{
	struct ibv_wc completion;
	int count = ibv_poll_cq(queue, 1, &completion);
	REQUIRE(count == 0, "poll_cq: %d, %lu %s", count, completion.wr_id, ibv_wc_status_str(completion.status));
}

void expect_state(struct side *side, enum ibv_qp_state state)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr initial;
	REQUIRE(ibv_query_qp(side->pair, &attributes, IBV_QP_STATE, &initial) == 0);
	REQUIRE(attributes.qp_state == state, "state %d, not %d", attributes.qp_state, state);
	REQUIRE(side->pair->state == state);
}

// The next asynchronous event, and to which object it belongs.
void expect_event(struct side *side, enum ibv_event_type type)
{
	struct ibv_async_event event;
	REQUIRE(ibv_get_async_event(side->context, &event) == 0);
	REQUIRE(event.event_type == type, "%s, not %s", ibv_event_type_str(event.event_type), ibv_event_type_str(type));
	switch (type) {
	case IBV_EVENT_SRQ_LIMIT_REACHED:
		REQUIRE(event.element.srq == side->shared);
		break;
	default:
		REQUIRE(event.element.qp == side->pair);
	}
	ibv_ack_async_event(&event);
}

void expect_no_event(struct side *side)
{
	struct pollfd descriptor = { .fd = side->context->async_fd, .events = POLLIN };
	REQUIRE(poll(&descriptor, 1, 0) == 0);
}

// A pattern that differs from byte to byte and from seed to seed, and is never the untouched byte twice in a row.
static unsigned char pattern(size_t index, unsigned seed) { return (unsigned char)(index * 31 + index / 251 + seed * 17 + 1); }

void fill(struct side *side, size_t offset, size_t length, unsigned seed)
{
	for (size_t i = 0; i < length; i++)
		side->memory[offset + i] = pattern(i, seed);
}

void expect_filled(struct side *side, size_t offset, size_t length, unsigned seed)
{
	for (size_t i = 0; i < length; i++)
		REQUIRE(side->memory[offset + i] == pattern(i, seed), "byte %zu is %#x, not %#x", i, side->memory[offset + i], pattern(i, seed));
}

void expect_untouched(struct side *side, size_t offset, size_t length)
{
	for (size_t i = 0; i < length; i++)
		REQUIRE(side->memory[offset + i] == 0xa5, "byte %zu is %#x", offset + i, side->memory[offset + i]);
}
