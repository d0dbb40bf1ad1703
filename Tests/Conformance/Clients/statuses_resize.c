// statuses_resize.c - a completion queue that takes other sizes while messages arrive.
#include "statuses.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { MESSAGES = 20000, RECEIVES = 64, ROOM = 512 };

// Each length travels in its own way: in the completion, through the ring beside it, straight to its place.
static size_t length_of(uint64_t number) { return number % 50 == 7 ? 20000 : number % 3 == 0 ? 400 : 24; }

static void send_all(struct side *side)
{
	meet(side);
	for (uint64_t number = 0; number < MESSAGES; number++) {
		struct ibv_sge own = piece(side, 0, length_of(number));
		memset(side->memory, (int)number, own.length);
		struct ibv_send_wr send = request(IBV_WR_SEND, number, &own, 1);
		post_send(side, &send);
		expect(side->sent, number, IBV_WC_SUCCESS);
	}
	meet(side);
}

static void receive_all(struct side *side)
{
	static const int sizes[] = { 2 * RECEIVES, RECEIVES, 1000, 70, 4096, 65 };
	uint64_t posted = 0, number = 0;
	for (; posted < RECEIVES; posted++)
		post_receive(side, posted, (posted % RECEIVES) * 20480, 20480);
	meet(side);
	while (number < MESSAGES) {
		if (number % 17 == 3) {
			int size = sizes[number / 17 % 6];
			REQUIRE(ibv_resize_cq(side->received, size) == 0, "errno %d", errno);
			REQUIRE(side->received->cqe >= size);
		}
		struct ibv_wc done[5];
		int count = ibv_poll_cq(side->received, 5, done);
		for (int i = 0; i < count; i++, number++) {
			size_t length = length_of(number);
			REQUIRE(done[i].wr_id == number && done[i].status == IBV_WC_SUCCESS && done[i].byte_len == length);
			unsigned char *place = side->memory + (number % RECEIVES) * 20480;
			REQUIRE(place[0] == (unsigned char)number && place[length - 1] == (unsigned char)number);
			if (posted < MESSAGES) {
				post_receive(side, posted, (posted % RECEIVES) * 20480, 20480);
				posted++;
			}
		}
	}
	meet(side);
}

struct resizer {
	struct ibv_cq *queue;
	atomic_bool done;
	unsigned changes;
};

// Never smaller than what the other thread may ask for.
static void *resize_without_pause(void *argument)
{
	struct resizer *resizer = argument;
	static const int sizes[] = { 4096, 9000, 5000 };
	while (!atomic_load(&resizer->done))
		REQUIRE(ibv_resize_cq(resizer->queue, sizes[resizer->changes++ % 3]) == 0, "errno %d", errno);
	return NULL;
}

// Another thread resizes the queue without pause; who polls it gets its turn.
static void while_resizing(struct ibv_cq *queue, void (*traffic)(struct side *), struct side *side)
{
	struct resizer resizer = { .queue = queue };
	pthread_t thread;
	REQUIRE(pthread_create(&thread, NULL, resize_without_pause, &resizer) == 0);
	traffic(side);
	atomic_store(&resizer.done, true);
	REQUIRE(pthread_join(thread, NULL) == 0 && resizer.changes > 10, "%u", resizer.changes);
}

static void send_through_resizes(struct side *side) { while_resizing(side->sent, send_all, side); }

static void receive_through_resizes(struct side *side) { while_resizing(side->received, receive_all, side); }

// What waits must find room; a size that no queue can have is refused, and nothing has changed.
static void send_three(struct side *side)
{
	struct ibv_sge own = piece(side, 0, 24);
	meet(side);
	for (uint64_t number = 0; number < 3; number++) {
		struct ibv_send_wr send = request(IBV_WR_SEND, number, &own, 1);
		post_send(side, &send);
		expect(side->sent, number, IBV_WC_SUCCESS);
	}
	meet(side);
	meet(side);
}

static void refuse_sizes(struct side *side)
{
	struct ibv_device_attr device;
	REQUIRE(ibv_query_device(side->context, &device) == 0);
	for (uint64_t number = 0; number < 3; number++)
		post_receive(side, number, 0, 24);
	meet(side);
	meet(side);
	int before = side->received->cqe;
	static const int sizes[] = { 0, -1, 2 };
	for (int i = 0; i < 3; i++)
		REQUIRE(ibv_resize_cq(side->received, sizes[i]) == EINVAL);
	REQUIRE(ibv_resize_cq(side->received, device.max_cqe + 1) == EINVAL);
	REQUIRE(side->received->cqe == before);
	REQUIRE(ibv_resize_cq(side->received, 3) == 0);
	for (uint64_t number = 0; number < 3; number++)
		expect(side->received, number, IBV_WC_SUCCESS);
	meet(side);
}

const struct scenario resize_scenarios[] = {
	{ "resize-under-traffic", { .bytes = RECEIVES * 20480, .receives = RECEIVES, .completions = ROOM, .waits = 7 }, send_all, receive_all },
	{ "resize-storm", { .bytes = RECEIVES * 20480, .receives = RECEIVES, .completions = ROOM, .waits = 7 }, send_through_resizes, receive_through_resizes },
	{ "resize-refused", { .receives = 4 }, send_three, refuse_sizes },
	{ 0 },
};
