// statuses_datagram.c - unreliable datagrams: the header in front, the sender's number, keys, and what is dropped.
#include "statuses.h"
#include <arpa/inet.h>
#include <string.h>

enum { HEADER = 40, QUEUE_KEY = 0x1ee7, TURNS = 300, BURSTS = 100, BURST = 96, LIST = 8 };

static struct ibv_ah *handle_to_peer(struct side *side)
{
	struct ibv_ah_attr address = address_of_peer(side);
	struct ibv_ah *handle = ibv_create_ah(side->domain, &address);
	REQUIRE(handle);
	return handle;
}

static struct ibv_send_wr datagram(struct side *side, struct ibv_ah *handle, uint64_t id, struct ibv_sge *from, uint32_t key)
{
	struct ibv_send_wr send = request(IBV_WR_SEND, id, from, 1);
	send.wr.ud.ah = handle;
	send.wr.ud.remote_qpn = side->peer.queue_pair;
	send.wr.ud.remote_qkey = key;
	return send;
}

static void send_datagrams(struct side *side)
{
	struct ibv_ah *handle = handle_to_peer(side);
	struct ibv_sge from = piece(side, 0, 200);
	fill(side, 0, 200, 1);
	meet(side);
	// A wrong key, a number that nobody has: dropped there, and a success here.
	struct ibv_send_wr wrong_key = datagram(side, handle, 1, &from, QUEUE_KEY + 1);
	struct ibv_send_wr nobody = datagram(side, handle, 2, &from, QUEUE_KEY);
	nobody.wr.ud.remote_qpn = 0xfffff0;
	struct ibv_send_wr good = datagram(side, handle, 3, &from, QUEUE_KEY);
	good.opcode = IBV_WR_SEND_WITH_IMM;
	good.imm_data = htonl(0xfeedf00d);
	wrong_key.next = &nobody;
	nobody.next = &good;
	post_send(side, &wrong_key);
	for (uint64_t id = 1; id <= 3; id++)
		expect(side->sent, id, IBV_WC_SUCCESS);
	meet(side);
	// With no receive request left, the next is dropped too.
	struct ibv_send_wr unwanted = datagram(side, handle, 4, &from, QUEUE_KEY);
	post_send(side, &unwanted);
	expect(side->sent, 4, IBV_WC_SUCCESS);
	meet(side);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void receive_datagram(struct side *side)
{
	post_receive(side, 1, 0, 1000);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + 200, "%u bytes", done.byte_len);
	REQUIRE(done.src_qp == side->peer.queue_pair, "from %u", done.src_qp);
	REQUIRE((done.wc_flags & IBV_WC_WITH_IMM) && ntohl(done.imm_data) == 0xfeedf00d);
	// The header is there only for a peer that is addressed by GID.
	REQUIRE(!!(done.wc_flags & IBV_WC_GRH) == (side->link_layer == IBV_LINK_LAYER_ETHERNET));
	if (side->link_layer == IBV_LINK_LAYER_INFINIBAND)
		REQUIRE(done.slid == side->peer.lid);
	expect_filled(side, HEADER, 200, 1);
	expect_untouched(side, HEADER + 200, 500);
	meet(side);
	meet(side);
	expect_nothing(side->received);
	post_receive(side, 2, 0, 1000);
	expect_nothing(side->received);
	expect_state(side, IBV_QPS_RTS);
}

// The receiver answers the one who sent, knowing only what came with the message.
static void ask(struct side *side)
{
	struct ibv_ah *handle = handle_to_peer(side);
	struct ibv_sge from = piece(side, 0, 16);
	post_receive(side, 1, 1024, 200);
	meet(side);
	struct ibv_send_wr send = datagram(side, handle, 1, &from, QUEUE_KEY);
	post_send(side, &send);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + 32);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void answer(struct side *side)
{
	post_receive(side, 1, 0, 200);
	meet(side);
	struct ibv_wc asked = expect(side->received, 1, IBV_WC_SUCCESS);
	struct ibv_ah *handle = ibv_create_ah_from_wc(side->domain, &asked, (struct ibv_grh *)side->memory, 1);
	REQUIRE(handle);
	struct ibv_sge from = piece(side, 512, 32);
	struct ibv_send_wr send = datagram(side, handle, 2, &from, QUEUE_KEY);
	send.wr.ud.remote_qpn = asked.src_qp;
	post_send(side, &send);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

// A datagram longer than the port's MTU never leaves, and its sender is not told: unreliable in this too.
static void send_too_long(struct side *side)
{
	struct ibv_ah *handle = handle_to_peer(side);
	struct ibv_port_attr port;
	REQUIRE(ibv_query_port(side->context, 1, &port) == 0);
	size_t mtu = 128u << port.active_mtu;
	struct ibv_sge too_long = piece(side, 0, mtu + 1), longest = piece(side, 0, mtu);
	fill(side, 0, mtu, 1);
	meet(side);
	struct ibv_send_wr first = datagram(side, handle, 1, &too_long, QUEUE_KEY);
	struct ibv_send_wr second = datagram(side, handle, 2, &longest, QUEUE_KEY);
	first.next = &second;
	post_send(side, &first);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

// Of the two, the one that fits arrives.
static void receive_the_longest(struct side *side)
{
	struct ibv_port_attr port;
	REQUIRE(ibv_query_port(side->context, 1, &port) == 0);
	size_t mtu = 128u << port.active_mtu;
	post_receive(side, 1, 0, 2 * PAGE);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + mtu, "%u bytes", done.byte_len);
	expect_filled(side, HEADER, mtu, 1);
	meet(side);
	expect_nothing(side->received);
}

static void receive_nothing(struct side *side)
{
	post_receive(side, 1, 0, 2 * PAGE);
	meet(side);
	expect_nothing(side->received);
}

static void send_one(struct side *from, struct side *side, struct ibv_ah *handle, uint64_t id)
{
	struct ibv_sge bytes = piece(side, 0, 200);
	struct ibv_send_wr send = datagram(side, handle, id, &bytes, QUEUE_KEY);
	post_send(from, &send);
	expect(side->sent, id, IBV_WC_SUCCESS);
}

// Two queue pairs send to one. What one of them knows of the receives, the other has used up meanwhile.
static void send_in_turn(struct side *side)
{
	struct ibv_ah *handle = handle_to_peer(side);
	struct side second = *side;
	struct ibv_qp_init_attr wanted = {
		.send_cq = side->sent, .recv_cq = side->received, .qp_type = IBV_QPT_UD,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	second.pair = ibv_create_qp(side->domain, &wanted);
	REQUIRE(second.pair);
	to_initialized(&second);
	to_ready(&second, 0);
	meet(side);
	send_one(side, side, handle, 0);
	for (uint64_t id = 1; id < TURNS; id++) {
		send_one(&second, side, handle, id);
		meet(side);
	}
	send_one(side, side, handle, TURNS);
	meet(side);
	REQUIRE(ibv_destroy_qp(second.pair) == 0 && ibv_destroy_ah(handle) == 0);
}

static void receive_in_turn(struct side *side)
{
	post_receive(side, 0, 0, 1000);
	for (uint64_t id = 1; id < TURNS; id++) {
		post_receive(side, id, 0, 1000);
		meet(side);
		expect(side->received, id - 1, IBV_WC_SUCCESS);
	}
	meet(side);
	expect(side->received, TURNS - 1, IBV_WC_SUCCESS);
	meet(side);
	// The last one found no receive, and was dropped.
	expect_nothing(side->received);
	expect_state(side, IBV_QPS_RTS);
}

// As many datagrams as there are receives, as fast as can be: none is lost, whatever way each of them takes.
static void send_bursts(struct side *side)
{
	struct ibv_ah *handle = handle_to_peer(side);
	for (int burst = 0; burst < BURSTS; burst++) {
		meet(side);
		for (int first = 0; first < BURST; first += LIST) {
			struct ibv_sge from[LIST];
			struct ibv_send_wr list[LIST];
			for (int index = 0; index < LIST; index++) {
				from[index] = piece(side, 0, 4096);
				list[index] = datagram(side, handle, first + index, &from[index], QUEUE_KEY);
				list[index].next = index + 1 < LIST ? &list[index + 1] : NULL;
			}
			post_send(side, list);
		}
		for (int index = 0; index < BURST; index++)
			expect(side->sent, index, IBV_WC_SUCCESS);
		meet(side);
	}
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void receive_bursts(struct side *side)
{
	for (int burst = 0; burst < BURSTS; burst++) {
		for (int index = 0; index < BURST; index++)
			post_receive(side, index, 0, HEADER + 4096);
		meet(side);
		for (int index = 0; index < BURST; index++)
			expect(side->received, index, IBV_WC_SUCCESS);
		meet(side);
	}
}

// One-sided operations are not for datagrams.
static void write_by_datagram(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 8);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 0);
	REQUIRE(try_send(side, &write) != 0);
	meet(side);
}

#define DATAGRAM .type = IBV_QPT_UD

const struct scenario datagram_scenarios[] = {
	{ "datagrams", { DATAGRAM }, send_datagrams, receive_datagram },
	{ "datagram-answer", { DATAGRAM }, ask, answer },
	{ "datagram-too-long", { DATAGRAM, .bytes = 4 * PAGE }, send_too_long, receive_the_longest },
	{ "datagram-two-senders", { DATAGRAM, .bytes = 2 * PAGE }, send_in_turn, receive_in_turn },
	{ "datagram-bursts", { DATAGRAM, .bytes = 2 * PAGE, .sends = BURST, .receives = BURST }, send_bursts, receive_bursts },
	{ "datagram-write", { DATAGRAM }, write_by_datagram, receive_nothing },
	{ 0 },
};
