// statuses_data.c - what moves, arrives: every operation, lists, lengths, immediate data, inline, order.
#include "statuses.h"
#include <arpa/inet.h>
#include <string.h>

static void nothing(struct side *side) { meet(side); }

static void write_from(struct side *side)
{
	fill(side, 0, 1000, 1);
	struct ibv_sge from = piece(side, 0, 1000);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 2000);
	post_send(side, &write);
	struct ibv_wc done = expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_RDMA_WRITE && done.qp_num == side->pair->qp_num);
	meet(side);
}

static void write_to(struct side *side)
{
	meet(side);
	expect_filled(side, 2000, 1000, 1);
	expect_untouched(side, 0, 2000);
	expect_untouched(side, 3000, 1096);
	expect_nothing(side->received);
	expect_no_event(side);
}

static void read_from(struct side *side)
{
	meet(side);
	struct ibv_sge into = piece(side, 100, 777);
	struct ibv_send_wr read = remote(side, IBV_WR_RDMA_READ, 1, &into, 3);
	post_send(side, &read);
	struct ibv_wc done = expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_RDMA_READ);
	expect_filled(side, 100, 777, 2);
	expect_untouched(side, 0, 100);
	expect_untouched(side, 877, 1000);
}

static void be_read(struct side *side)
{
	fill(side, 3, 777, 2);
	meet(side);
}

static void send_message(struct side *side)
{
	fill(side, 0, 3000, 3);
	meet(side);
	struct ibv_sge from = piece(side, 0, 3000);
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, &from, 1);
	post_send(side, &send);
	struct ibv_wc done = expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_SEND);
}

static void receive_message(struct side *side)
{
	post_receive(side, 7, 50, 3500);
	meet(side);
	struct ibv_wc done = expect(side->received, 7, IBV_WC_SUCCESS);
	REQUIRE(done.opcode == IBV_WC_RECV && done.byte_len == 3000, "opcode %d, %u bytes", done.opcode, done.byte_len);
	REQUIRE(done.qp_num == side->pair->qp_num && !(done.wc_flags & IBV_WC_WITH_IMM));
	expect_filled(side, 50, 3000, 3);
	expect_untouched(side, 0, 50);
	expect_untouched(side, 3050, 1000);
}

static void send_zero_lengths(struct side *side)
{
	meet(side);
	struct ibv_sge empty = piece(side, 0, 0);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, NULL, 0);
	struct ibv_send_wr read = remote(side, IBV_WR_RDMA_READ, 2, &empty, 0);
	// No key is looked at where no byte is touched.
	write.wr.rdma.rkey ^= 0x55;
	struct ibv_send_wr send = request(IBV_WR_SEND, 3, NULL, 0);
	write.next = &read;
	read.next = &send;
	post_send(side, &write);
	for (uint64_t id = 1; id <= 3; id++)
		expect(side->sent, id, IBV_WC_SUCCESS);
}

static void receive_zero_length(struct side *side)
{
	post_receive(side, 9, 0, PAGE);
	meet(side);
	struct ibv_wc done = expect(side->received, 9, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == 0);
	expect_untouched(side, 0, PAGE);
}

// 32 pieces of uneven length, out of order in memory, gathered here and scattered there over other borders.
enum { PIECES = 32, PIECE = 100 };

static void send_list(struct side *side)
{
	struct ibv_sge list[PIECES];
	for (size_t i = 0; i < PIECES; i++) {
		size_t place = (i * 7 % PIECES) * PIECE;
		memset(side->memory + place, (int)i + 1, PIECE);
		list[i] = piece(side, place, i + 40);
	}
	meet(side);
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, list, PIECES);
	post_send(side, &send);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	struct ibv_send_wr write = request(IBV_WR_RDMA_WRITE, 2, list, PIECES);
	write.wr.rdma.remote_addr = side->peer.start + 2 * PAGE;
	write.wr.rdma.rkey = side->peer.rkey;
	post_send(side, &write);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
}

static void receive_list(struct side *side)
{
	struct ibv_sge list[PIECES];
	for (size_t i = 0; i < PIECES; i++)
		list[i] = piece(side, (i * 5 % PIECES) * PIECE, 99 - i);
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = list, .num_sge = PIECES }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	struct ibv_wc done = expect(side->received, 1, IBV_WC_SUCCESS);
	size_t total = PIECES * 40 + PIECES * (PIECES - 1) / 2;
	REQUIRE(done.byte_len == total);
	meet(side);
	size_t in_piece = 0, index = 0;
	for (size_t sent = 0, i = 0; i < PIECES; i++) {
		for (size_t byte = 0; byte < i + 40; byte++, sent++, in_piece++) {
			if (in_piece == list[index].length) {
				in_piece = 0;
				index++;
			}
			REQUIRE(((unsigned char *)(uintptr_t)list[index].addr)[in_piece] == i + 1, "sent byte %zu", sent);
			REQUIRE(side->memory[2 * PAGE + sent] == i + 1, "written byte %zu", sent);
		}
	}
}

static void send_immediate(struct side *side)
{
	meet(side);
	struct ibv_sge from = piece(side, 0, 16);
	struct ibv_send_wr send = request(IBV_WR_SEND_WITH_IMM, 1, &from, 1);
	send.imm_data = htonl(0x12345678);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE_WITH_IMM, 2, &from, 64);
	write.imm_data = htonl(0x9abcdef0);
	fill(side, 0, 16, 4);
	send.next = &write;
	post_send(side, &send);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	expect(side->sent, 2, IBV_WC_SUCCESS);
}

static void receive_immediate(struct side *side)
{
	post_receive(side, 1, 1024, 16);
	post_receive(side, 2, 2048, 16);
	meet(side);
	struct ibv_wc send = expect(side->received, 1, IBV_WC_SUCCESS);
	REQUIRE(send.opcode == IBV_WC_RECV && (send.wc_flags & IBV_WC_WITH_IMM) && ntohl(send.imm_data) == 0x12345678);
	struct ibv_wc write = expect(side->received, 2, IBV_WC_SUCCESS);
	REQUIRE(write.opcode == IBV_WC_RECV_RDMA_WITH_IMM && (write.wc_flags & IBV_WC_WITH_IMM));
	REQUIRE(ntohl(write.imm_data) == 0x9abcdef0 && write.byte_len == 16, "%u bytes", write.byte_len);
	expect_filled(side, 1024, 16, 4);
	expect_filled(side, 64, 16, 4);
	// A write consumes a receive request and leaves its buffers alone.
	expect_untouched(side, 2048, 16);
}

static void send_inline(struct side *side)
{
	meet(side);
	unsigned char local[48];
	memset(local, 'i', sizeof(local));
	// Not registered: an inline request is copied while it is posted, and its key is not looked at.
	struct ibv_sge from = { .addr = (uintptr_t)local, .length = sizeof(local), .lkey = 0xdead };
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, &from, 1);
	send.send_flags |= IBV_SEND_INLINE;
	post_send(side, &send);
	memset(local, 'o', sizeof(local));
	expect(side->sent, 1, IBV_WC_SUCCESS);
}

static void receive_inline(struct side *side)
{
	post_receive(side, 1, 0, 64);
	meet(side);
	expect(side->received, 1, IBV_WC_SUCCESS);
	for (int i = 0; i < 48; i++)
		REQUIRE(side->memory[i] == 'i', "byte %d", i);
	expect_untouched(side, 48, 100);
}

// What is not signalled leaves no completion; what is, completes after all before it.
static void send_unsignalled(struct side *side)
{
	meet(side);
	struct ibv_sge from = piece(side, 0, 8);
	for (uint64_t id = 1; id <= 30; id++) {
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, id, &from, 8 * id);
		write.send_flags = id % 10 ? 0 : IBV_SEND_SIGNALED;
		side->memory[0] = (unsigned char)id;
		post_send(side, &write);
		if (id % 10 == 0)
			expect(side->sent, id, IBV_WC_SUCCESS);
	}
	expect_nothing(side->sent);
}

// Writes before a send have arrived when the send has.
enum { WRITES = 500 };

static void write_then_send(struct side *side)
{
	for (unsigned round = 0; round < 20; round++) {
		meet(side);
		for (uint32_t i = 0; i < WRITES; i += 50) {
			for (uint32_t word = i; word < i + 50; word++)
				memcpy(side->memory + 4 * word, &(uint32_t){ word ^ (round << 16) }, 4);
			struct ibv_sge from = piece(side, 4 * i, 200);
			struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, i, &from, 4 * i);
			write.send_flags = 0;
			post_send(side, &write);
		}
		struct ibv_send_wr send = request(IBV_WR_SEND, round, NULL, 0);
		post_send(side, &send);
		expect(side->sent, round, IBV_WC_SUCCESS);
	}
}

static void see_in_order(struct side *side)
{
	for (uint32_t round = 0; round < 20; round++) {
		post_receive(side, round, PAGE - 8, 8);
		meet(side);
		expect(side->received, round, IBV_WC_SUCCESS);
		for (uint32_t word = 0; word < WRITES; word++) {
			uint32_t seen;
			memcpy(&seen, side->memory + 4 * word, 4);
			REQUIRE(seen == (word ^ (round << 16)), "round %u, word %u is %#x", round, word, seen);
		}
	}
}

// A fenced request starts when the reads before it have ended: what they brought is what it sends.
static void read_then_fenced_send(struct side *side)
{
	meet(side);
	for (uint64_t round = 0; round < 20; round++) {
		struct ibv_sge buffer = piece(side, 0, 4096);
		struct ibv_send_wr read = remote(side, IBV_WR_RDMA_READ, 2 * round, &buffer, round * 64);
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 2 * round + 1, &buffer, 8192);
		write.send_flags |= IBV_SEND_FENCE;
		read.next = &write;
		memset(side->memory, 0, 4096);
		post_send(side, &read);
		expect(side->sent, 2 * round, IBV_WC_SUCCESS);
		expect(side->sent, 2 * round + 1, IBV_WC_SUCCESS);
		meet(side);
		meet(side);
	}
}

static void see_what_was_read(struct side *side)
{
	fill(side, 0, 8192, 5);
	meet(side);
	for (size_t round = 0; round < 20; round++) {
		meet(side);
		REQUIRE(memcmp(side->memory + 8192, side->memory + round * 64, 4096) == 0, "round %zu", round);
		meet(side);
	}
}

enum { LARGE = 6 << 20 };

static void write_large(struct side *side)
{
	fill(side, 0, LARGE, 6);
	struct ibv_sge from = piece(side, 0, LARGE);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 0);
	post_send(side, &write);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	meet(side);
}

static void see_large(struct side *side)
{
	meet(side);
	expect_filled(side, 0, LARGE, 6);
}

const struct scenario data_scenarios[] = {
	{ "write", { 0 }, write_from, write_to },
	{ "write-uc", { .type = IBV_QPT_UC }, write_from, write_to },
	{ "read", { 0 }, read_from, be_read },
	{ "send", { 0 }, send_message, receive_message },
	{ "send-uc", { .type = IBV_QPT_UC }, send_message, receive_message },
	{ "send-to-shared-receives", { .shared_receives = true }, send_message, receive_message },
	{ "zero-length", { 0 }, send_zero_lengths, receive_zero_length },
	{ "lists", { .pieces = PIECES, .bytes = 4 * PAGE }, send_list, receive_list },
	{ "immediate", { 0 }, send_immediate, receive_immediate },
	{ "inline", { 0 }, send_inline, receive_inline },
	{ "unsignalled", { .unsignalled = true }, send_unsignalled, nothing },
	{ "write-before-send", { .unsignalled = true }, write_then_send, see_in_order },
	{ "fence", { .bytes = 4 * PAGE }, read_then_fenced_send, see_what_was_read },
	{ "large", { .bytes = LARGE }, write_large, see_large },
	{ 0 },
};
