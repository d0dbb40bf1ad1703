// statuses_failure.c - peers that are not there, go away, or die.
#include "statuses.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void send_into_the_void(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 8);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 0);
	struct ibv_send_wr after = request(IBV_WR_SEND, 2, NULL, 0);
	write.next = &after;
	post_send(side, &write);
	expect(side->sent, 1, IBV_WC_RETRY_EXC_ERR);
	expect(side->sent, 2, IBV_WC_WR_FLUSH_ERR);
	expect_state(side, IBV_QPS_ERR);
}

// No queue pair has that number.
static void write_to_nobody(struct side *side)
{
	to_initialized(side);
	to_ready(side, 0xfffff0);
	send_into_the_void(side);
	meet(side);
}

static void wait_idle(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, PAGE);
}

// The peer's queue pair is there and not ready to receive.
static void write_too_early(struct side *side)
{
	to_initialized(side);
	to_ready(side, side->peer.queue_pair);
	send_into_the_void(side);
	meet(side);
}

// The peer's queue pair is in error: it does not answer.
static void write_to_error(struct side *side)
{
	meet(side);
	send_into_the_void(side);
	meet(side);
}

static void be_in_error(struct side *side)
{
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_ERR };
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	meet(side);
	meet(side);
	expect_untouched(side, 0, PAGE);
}

static void be_destroyed(struct side *side)
{
	REQUIRE(ibv_destroy_qp(side->pair) == 0);
	side->pair = NULL;
	meet(side);
	meet(side);
	expect_untouched(side, 0, PAGE);
}

// The target is killed in the middle of traffic. The scenario ends with it.
static void write_until_it_dies(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 64);
	uint64_t id = 0;
	struct ibv_wc done;
	pid_t victim;

	hear(side, &victim, sizeof(victim));
	do {
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, ++id, &from, 0);
		if (id == 1000)
			REQUIRE(kill(victim, SIGKILL) == 0);
		post_send(side, &write);
		done = next_completion(side->sent);
		REQUIRE(done.wr_id == id);
	} while (done.status == IBV_WC_SUCCESS);
	REQUIRE(id >= 1000 && done.status == IBV_WC_RETRY_EXC_ERR, "%lu: %s", id, ibv_wc_status_str(done.status));
	expect_state(side, IBV_QPS_ERR);
	close_side(side);
	printf("peer-dies: holds\n");
	exit(0);
}

static void die(struct side *side)
{
	pid_t own = getpid();
	tell(side, &own, sizeof(own));
	for (;;)
		pause();
}

const struct scenario failure_scenarios[] = {
	{ "nobody", { .alone = true }, write_to_nobody, wait_idle },
	{ "not-ready", { .alone = true }, write_too_early, wait_idle },
	{ "peer-in-error", { 0 }, write_to_error, be_in_error },
	{ "peer-destroyed", { 0 }, write_to_error, be_destroyed },
	{ "peer-dies", { 0 }, write_until_it_dies, die },
	{ 0 },
};
