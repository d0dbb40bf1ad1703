// statuses_multicast.c - datagrams to groups: who gets a copy, and who does not.
#include "statuses.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEADER = 40, QUEUE_KEY = 0x1ee7, GROUP_LID = 0xc001, BYTES = 300 };

static union ibv_gid group_number(unsigned char number)
{
	union ibv_gid group = { .raw = { 0xff, 0x12, 0xa0, 0x1b } };
	group.raw[15] = number;
	return group;
}

static struct ibv_ah *handle_to(struct side *side, union ibv_gid group)
{
	struct ibv_ah_attr address = {
		.dlid = GROUP_LID, .port_num = 1, .is_global = 1,
		.grh = { .dgid = group, .sgid_index = side->gid_index, .hop_limit = 1 },
	};
	struct ibv_ah *handle = ibv_create_ah(side->domain, &address);
	REQUIRE(handle, "errno %d", errno);
	return handle;
}

static void send_to_group(struct side *side, struct ibv_ah *handle, uint64_t id, uint32_t key)
{
	struct ibv_sge from = piece(side, 0, BYTES);
	struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
	fill(side, 0, BYTES, (unsigned)id);
	send.wr.ud.ah = handle;
	send.wr.ud.remote_qpn = 0xffffff;
	send.wr.ud.remote_qkey = key;
	post_send(side, &send);
	expect(side->sent, id, IBV_WC_SUCCESS);
}

// Another queue pair of this side, ready, with its own queue of completions.
static struct ibv_qp *another(struct side *side, struct ibv_cq **queue)
{
	struct ibv_qp *first = side->pair;
	*queue = ibv_create_cq(side->context, 16, NULL, NULL, 0);
	struct ibv_qp_init_attr attributes = {
		.send_cq = *queue, .recv_cq = *queue, .qp_type = IBV_QPT_UD,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	side->pair = ibv_create_qp(side->domain, &attributes);
	REQUIRE(*queue && side->pair);
	to_initialized(side);
	to_ready(side, 0);
	struct ibv_qp *second = side->pair;
	side->pair = first;
	return second;
}

static void receive_on(struct side *side, struct ibv_qp *pair, uint64_t id, size_t offset)
{
	struct ibv_sge into = piece(side, offset, HEADER + BYTES);
	struct ibv_recv_wr receive = { .wr_id = id, .sg_list = &into, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(pair, &receive, &bad) == 0);
}

static void expect_copy(struct side *side, struct ibv_cq *queue, uint64_t id, size_t offset, unsigned seed, union ibv_gid group)
{
	struct ibv_wc done = expect(queue, id, IBV_WC_SUCCESS);
	REQUIRE(done.byte_len == HEADER + BYTES && (done.wc_flags & IBV_WC_GRH) && done.src_qp == side->peer.queue_pair);
	REQUIRE(memcmp(side->memory + offset + 24, &group, 16) == 0);
	expect_filled(side, offset + HEADER, BYTES, seed);
}

// A sender that is in the group too: it gets a copy of its own, when it has a receive.
static void send_around(struct side *side)
{
	union ibv_gid group = group_number(1), other = group_number(2);
	struct ibv_ah *handle = handle_to(side, group), *elsewhere = handle_to(side, other);
	REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == 0);
	post_receive(side, 99, 2000, HEADER + BYTES);
	meet(side);
	send_to_group(side, handle, 1, QUEUE_KEY);
	expect(side->received, 99, IBV_WC_SUCCESS);
	meet(side);
	// Nobody is there; the wrong key; a member that has left: a success here, and nothing there.
	send_to_group(side, elsewhere, 2, QUEUE_KEY);
	send_to_group(side, handle, 3, QUEUE_KEY + 1);
	meet(side);
	meet(side);
	send_to_group(side, handle, 4, QUEUE_KEY);
	expect_nothing(side->received);
	meet(side);
	REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == 0);
	REQUIRE(ibv_destroy_ah(handle) == 0 && ibv_destroy_ah(elsewhere) == 0);
}

static void receive_around(struct side *side)
{
	union ibv_gid group = group_number(1);
	struct ibv_cq *queue;
	struct ibv_qp *second = another(side, &queue);
	// Twice in a group is once.
	REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == 0 && ibv_attach_mcast(side->pair, &group, GROUP_LID) == 0);
	REQUIRE(ibv_attach_mcast(second, &group, GROUP_LID) == 0);
	for (uint64_t id = 1; id <= 2; id++) {
		receive_on(side, side->pair, id, (id - 1) * 400);
		receive_on(side, second, id, 800 + (id - 1) * 400);
	}
	meet(side);
	meet(side);
	expect_copy(side, side->received, 1, 0, 1, group);
	expect_copy(side, queue, 1, 800, 1, group);
	expect_nothing(side->received);
	meet(side);
	expect_nothing(side->received);
	expect_nothing(queue);
	REQUIRE(ibv_destroy_qp(second) == EBUSY && ibv_detach_mcast(second, &group, GROUP_LID) == 0);
	meet(side);
	meet(side);
	expect_copy(side, side->received, 2, 400, 4, group);
	expect_nothing(queue);
	REQUIRE(ibv_destroy_qp(second) == 0 && ibv_destroy_cq(queue) == 0);
	REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == 0);
}

enum { ROUNDS = 60 };

// ::ffff:239.1.2.4, as RoCE names IPv4 groups.
static const union ibv_gid ipv4_group = { .raw = { [10] = 0xff, [11] = 0xff, [12] = 239, [13] = 1, [14] = 2, [15] = 4 } };

// Attaching and detaching hold at once, also for one who has sent to the group before.
static void send_in_turns(struct side *side)
{
	struct ibv_ah *handle = handle_to(side, ipv4_group);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		meet(side);
		send_to_group(side, handle, round, QUEUE_KEY);
		meet(side);
	}
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void attach_in_turns(struct side *side)
{
	bool posted = false;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		bool attached = round % 3 != 0;
		if (attached)
			REQUIRE(ibv_attach_mcast(side->pair, &ipv4_group, GROUP_LID) == 0);
		if (!posted)
			post_receive(side, 7, 0, HEADER + BYTES);
		meet(side);
		meet(side);
		posted = !attached;
		if (!attached) {
			expect_nothing(side->received);
			continue;
		}
		struct ibv_wc done = expect(side->received, 7, IBV_WC_SUCCESS);
		REQUIRE(done.wc_flags & IBV_WC_GRH);
		// In either form of the header its last bytes are the group's.
		REQUIRE(memcmp(side->memory + HEADER - 4, ipv4_group.raw + 12, 4) == 0);
		expect_filled(side, HEADER, BYTES, (unsigned)round);
		REQUIRE(ibv_detach_mcast(side->pair, &ipv4_group, GROUP_LID) == 0);
	}
}

// A child that lives on does not keep its parent in a group.
static void detach_beside_a_child(struct side *side)
{
	union ibv_gid group = group_number(5);
	REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == 0);
	int ready[2];
	char word = 'r';
	REQUIRE(pipe(ready) == 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		close(side->socket);
		alarm(30);
		REQUIRE(write(ready[1], &word, 1) == 1);
		pause();
		_exit(0);
	}
	REQUIRE(read(ready[0], &word, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	post_receive(side, 1, 0, HEADER + BYTES);
	REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == 0);
	meet(side);
	meet(side);
	expect_nothing(side->received);
	REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == 0);
	meet(side);
	meet(side);
	expect_copy(side, side->received, 1, 0, 2, group);
	REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == 0);
	REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static void send_twice(struct side *side)
{
	struct ibv_ah *handle = handle_to(side, group_number(5));
	for (uint64_t id = 1; id <= 2; id++) {
		meet(side);
		send_to_group(side, handle, id, QUEUE_KEY);
		meet(side);
	}
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void refuse(struct side *side)
{
	union ibv_gid group = group_number(3), unicast = side->gid;
	struct ibv_device_attr device;
	REQUIRE(ibv_query_device(side->context, &device) == 0);
	REQUIRE(ibv_attach_mcast(side->pair, &unicast, GROUP_LID) == EINVAL);
	REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == EINVAL);
	int plain = ibv_attach_mcast(side->pair, &group, 1);
	REQUIRE(plain == (side->link_layer == IBV_LINK_LAYER_ETHERNET ? 0 : EINVAL));
	if (plain == 0)
		REQUIRE(ibv_detach_mcast(side->pair, &group, 1) == 0);
	for (int number = 0; number <= device.max_mcast_grp; number++) {
		group.raw[13] = (unsigned char)(number >> 8);
		group.raw[14] = (unsigned char)number;
		REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == (number < device.max_mcast_grp ? 0 : ENOMEM), "group %d", number);
	}
	for (int number = 0; number < device.max_mcast_grp; number++) {
		group.raw[13] = (unsigned char)(number >> 8);
		group.raw[14] = (unsigned char)number;
		REQUIRE(ibv_detach_mcast(side->pair, &group, GROUP_LID) == 0);
	}
	meet(side);
}

static void refuse_connected(struct side *side)
{
	union ibv_gid group = group_number(3);
	REQUIRE(ibv_attach_mcast(side->pair, &group, GROUP_LID) == EINVAL);
	meet(side);
}

static void idle(struct side *side) { meet(side); }

const struct scenario multicast_scenarios[] = {
	{ "multicast", { .type = IBV_QPT_UD }, send_around, receive_around },
	{ "multicast-turns", { .type = IBV_QPT_UD }, send_in_turns, attach_in_turns },
	{ "multicast-fork", { .type = IBV_QPT_UD }, send_twice, detach_beside_a_child },
	{ "multicast-refused", { .type = IBV_QPT_UD }, idle, refuse },
	{ "multicast-connected", { .type = IBV_QPT_RC }, idle, refuse_connected },
	{ 0 },
};
