// scale_end.c - one process's device: many queue pairs on one completion queue, and the ping-pong over them.
#define _GNU_SOURCE
#include "scale.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what)
{
	fprintf(stderr, "scale: %s: %s\n", what, strerror(errno));
	exit(1);
}

double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

void pin(int processor)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void put(int socket, const void *bytes, size_t count)
{
	while (count > 0) {
		ssize_t done = write(socket, bytes, count);
		if (done <= 0)
			fail("write to the other process");
		bytes = (const char *)bytes + done;
		count -= done;
	}
}

void get(int socket, void *bytes, size_t count)
{
	while (count > 0) {
		ssize_t done = read(socket, bytes, count);
		if (done <= 0)
			fail("read from the other process");
		bytes = (char *)bytes + done;
		count -= done;
	}
}

double memory_share(void)
{
	char line[256];
	double share = -1;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	if (!file)
		fail("/proc/self/smaps_rollup");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Pss: %lf", &share) == 1)
			break;
	fclose(file);
	if (share < 0)
		fail("no Pss in /proc/self/smaps_rollup");
	return share;
}

static struct ibv_qp *create_queue_pair(struct end *end)
{
	struct ibv_qp_init_attr creation = {
		.send_cq = end->queue, .recv_cq = end->queue, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *queue_pair = ibv_create_qp(end->domain, &creation);
	if (!queue_pair)
		fail("ibv_create_qp");
	struct ibv_qp_attr init = {
		.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = IBV_ACCESS_LOCAL_WRITE,
	};
	if (ibv_modify_qp(queue_pair, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS))
		fail("ibv_modify_qp to INIT");
	return queue_pair;
}

// A device with that many queue pairs.
struct end open_end(int count)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	if (!devices || !devices[0])
		fail("no device: run with `verbena run --`");
	struct end end = { .context = ibv_open_device(devices[0]), .count = count };
	ibv_free_device_list(devices);
	if (!end.context)
		fail("ibv_open_device");
	end.domain = ibv_alloc_pd(end.context);
	// Few requests are ever under way; a ring of many entries would measure the caches that it does not fit in.
	end.queue = ibv_create_cq(end.context, 256, NULL, NULL, 0);
	if (!end.domain || !end.queue)
		fail("ibv_alloc_pd, ibv_create_cq");
	if (posix_memalign((void **)&end.buffer, 4096, 4096))
		fail("posix_memalign");
	end.region = ibv_reg_mr(end.domain, end.buffer, 4096, IBV_ACCESS_LOCAL_WRITE);
	if (!end.region || ibv_query_gid(end.context, 1, 0, &end.gid))
		fail("ibv_reg_mr, ibv_query_gid");
	end.queue_pairs = calloc(count, sizeof(*end.queue_pairs));
	for (int index = 0; index < count; index++)
		end.queue_pairs[index] = create_queue_pair(&end);
	return end;
}

void close_end(struct end *end)
{
	for (int index = 0; index < end->count; index++)
		if (ibv_destroy_qp(end->queue_pairs[index]))
			fail("ibv_destroy_qp");
	if (ibv_dereg_mr(end->region) || ibv_destroy_cq(end->queue) || ibv_dealloc_pd(end->domain) || ibv_close_device(end->context))
		fail("closing the device");
	free(end->buffer);
	free(end->queue_pairs);
}

struct address address_of(const struct end *end, int index)
{
	struct ibv_port_attr port;
	if (ibv_query_port(end->context, 1, &port))
		fail("ibv_query_port");
	return (struct address){ .number = end->queue_pairs[index]->qp_num, .lid = port.lid, .gid = end->gid };
}

void connect_queue_pair(struct end *end, int index, struct address peer)
{
	struct ibv_qp_attr ready_to_receive = {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_4096, .dest_qp_num = peer.number, .max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.ah_attr = { .is_global = 1, .grh = { .dgid = peer.gid, .hop_limit = 1 }, .dlid = peer.lid, .port_num = 1 },
	};
	int mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC
		| IBV_QP_MIN_RNR_TIMER;
	if (ibv_modify_qp(end->queue_pairs[index], &ready_to_receive, mask))
		fail("ibv_modify_qp to RTR");
	struct ibv_qp_attr ready_to_send = {
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
	};
	mask = IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC;
	if (ibv_modify_qp(end->queue_pairs[index], &ready_to_send, mask))
		fail("ibv_modify_qp to RTS");
}

static void post_receive(struct end *end, int index)
{
	struct ibv_sge piece = { (uintptr_t)end->buffer + 2048, MESSAGE_BYTES, end->region->lkey };
	struct ibv_recv_wr request = { .wr_id = index, .sg_list = &piece, .num_sge = 1 }, *bad;
	if (ibv_post_recv(end->queue_pairs[index], &request, &bad))
		fail("ibv_post_recv");
}

static void post_send(struct end *end, int index)
{
	struct ibv_sge piece = { (uintptr_t)end->buffer, MESSAGE_BYTES, end->region->lkey };
	struct ibv_send_wr request = {
		.wr_id = index, .sg_list = &piece, .num_sge = 1, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED,
	}, *bad;
	if (ibv_post_send(end->queue_pairs[index], &request, &bad))
		fail("ibv_post_send");
}

// Completions until so many messages were received and sent.
static void await(struct end *end, int sent, int received)
{
	while (sent > 0 || received > 0) {
		struct ibv_wc completion;
		int found = ibv_poll_cq(end->queue, 1, &completion);
		if (found < 0)
			fail("ibv_poll_cq");
		if (found == 0)
			continue;
		if (completion.status != IBV_WC_SUCCESS)
			fail(ibv_wc_status_str(completion.status));
		if (completion.opcode == IBV_WC_RECV)
			received--;
		else
			sent--;
	}
}

static int next(const struct end *end, int index, int step) { return (index + step) % end->count; }

double lead(struct end *end, int first, int step)
{
	int index = first;
	double begin = seconds();
	for (int trip = 0; trip < ROUND_TRIPS; trip++) {
		post_receive(end, index);
		post_send(end, index);
		await(end, 1, 1);
		index = next(end, index, step);
	}
	return (seconds() - begin) / ROUND_TRIPS / 2 * 1e6;
}

void follow(struct end *end, int first, int step)
{
	int index = first;
	for (int trip = 0; trip < ROUND_TRIPS; trip++) {
		post_receive(end, index);
		await(end, 0, 1);
		post_send(end, index);
		await(end, 1, 0);
		index = next(end, index, step);
	}
}
