// actor_peer.c - the process from which RDMA reaches what a scenario's process registered.
//
// It opens the device at the first request. Owns: its end of the connection, and what completions mean.
#define _GNU_SOURCE
#include "actor_peer.h"
#include "verbs_end.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The device retries for less than a second, and then completes in any case: what takes longer is lost.
enum { NAP_MICROSECONDS = 50, NAPS = 200000 };

int ask_peer(int channel, const struct peer_request *request, struct peer_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	if (send(channel, request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request)
		|| recv(channel, answer, sizeof(*answer), 0) != sizeof(*answer))
		return EPIPE;
	return answer->error;
}

static int await_completion(struct verbs_end *end)
{
	struct ibv_wc done;
	int count = 0;
	for (int i = 0; i < NAPS && (count = ibv_poll_cq(end->queue, 1, &done)) == 0; i++)
		usleep(NAP_MICROSECONDS);
	if (count <= 0)
		return count == 0 ? ETIMEDOUT : EIO;
	switch (done.status) {
	case IBV_WC_SUCCESS:
		return 0;
	case IBV_WC_REM_ACCESS_ERR:
	case IBV_WC_RETRY_EXC_ERR:	// Soft-RoCE of Linux 5.10 drops what a key forbids, and the sender gives up
		return EACCES;
	default:
		return EIO;
	}
}

static int transfer(struct verbs_end *end, const struct peer_request *request, int64_t *word)
{
	struct ibv_sge piece = { (uintptr_t)end->page, WORD, end->word->lkey };
	struct ibv_send_wr work, *bad;
	memset(&work, 0, sizeof(work));
	work.opcode = request->kind == PEER_READ ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE;
	work.sg_list = &piece;
	work.num_sge = 1;
	work.wr.rdma.remote_addr = request->address;
	work.wr.rdma.rkey = request->key;
	*end->page = request->kind == PEER_READ ? 0 : (uint64_t)request->word;
	int error = ibv_post_send(end->pair, &work, &bad);
	if (error == 0)
		error = await_completion(end);
	*word = (int64_t)*(volatile uint64_t *)end->page;
	return error;
}

static void serve(struct verbs_end *end, const struct peer_request *request, struct peer_answer *answer)
{
	answer->error = end->context ? 0 : make_end(end);
	if (answer->error != 0)
		return;
	answer->queue_pair = end->pair->qp_num;
	answer->error = request->kind == PEER_CONNECT ? connect_end(end, request->queue_pair) : transfer(end, request, &answer->word);
}

_Noreturn void be_peer(int channel)
{
	struct verbs_end end = { 0 };
	for (;;) {
		struct peer_request request;
		struct peer_answer answer = { 0 };
		if (recv(channel, &request, sizeof(request), 0) != sizeof(request))
			_exit(0);
		serve(&end, &request, &answer);
		if (send(channel, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			_exit(1);
	}
}
