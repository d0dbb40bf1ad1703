// statuses_users.c - processes of two users: on a fabric of the same name they do not find each other.
//
// One side becomes nobody before it opens the device, so these are for root to play.
#include "statuses.h"
#include <string.h>

static void fail_to_write(struct side *side)
{
	fill(side, 0, 64, 3);
	struct ibv_sge own = piece(side, 0, 64);
	struct ibv_send_wr wr = remote(side, IBV_WR_RDMA_WRITE, 1, &own, 0);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_RETRY_EXC_ERR);
	meet(side);
}

static void stay_untouched(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, PAGE);
	expect_nothing(side->received);
	expect_state(side, IBV_QPS_RTS);
}

const struct scenario user_scenarios[] = {
	{ "users-target-nobody", { .nobody = TARGET_IS_NOBODY }, fail_to_write, stay_untouched },
	{ "users-initiator-nobody", { .nobody = INITIATOR_IS_NOBODY }, fail_to_write, stay_untouched },
	{ 0 },
};
