// registration_live.c - very many registrations at once: each of one page of the same memory, with a key of its own.
#include "registration.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES = 200000, PAGES = 64 };

static struct ibv_mr **regions;
static struct ibv_cq *queue;
static struct ibv_qp *pair;

// This process's share of the memory that it has mapped, in KiB.
static double memory_share(void)
{
	char line[256];
	double share = -1;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Pss: %lf", &share);
	if (file)
		fclose(file);
	return share;
}

// A queue pair that talks to itself.
static void connect_to_itself(struct ibv_pd *domain)
{
	struct ibv_qp_init_attr make = { .send_cq = queue, .recv_cq = queue, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 16, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1, .max_inline_data = 8 } };
	union ibv_gid gid;
	struct ibv_port_attr port;
	pair = ibv_create_qp(domain, &make);
	if (!pair || ibv_query_gid(domain->context, 1, 0, &gid) || ibv_query_port(domain->context, 1, &port))
		fail("ibv_create_qp");
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = ACCESS };
	if (ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS))
		fail("INIT");
	attributes = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = pair->qp_num,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
		.ah_attr = { .is_global = 1, .grh = { .dgid = gid, .hop_limit = 1 }, .dlid = port.lid, .port_num = 1 } };
	if (ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
			| IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER))
		fail("RTR");
	attributes = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1 };
	if (ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN
			| IBV_QP_MAX_QP_RD_ATOMIC))
		fail("RTS");
}

// Nanoseconds for a write of eight bytes, each under the key of one of the first so many regions, taken at random.
static double write_under(int keys)
{
	uint64_t word = 1, seed = 12345;
	struct ibv_sge piece = { .addr = (uintptr_t)&word, .length = 8 };
	double start = nanoseconds();
	for (int i = 0; i < WRITES; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		struct ibv_mr *region = regions[(seed >> 33) % keys];
		struct ibv_send_wr write = { .sg_list = &piece, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
			.send_flags = IBV_SEND_SIGNALED | IBV_SEND_INLINE }, *bad;
		write.wr.rdma.remote_addr = (uintptr_t)region->addr;
		write.wr.rdma.rkey = region->rkey;
		struct ibv_wc done;
		if (ibv_post_send(pair, &write, &bad))
			fail("ibv_post_send");
		while (ibv_poll_cq(queue, 1, &done) == 0)
			;
		if (done.status != IBV_WC_SUCCESS)
			fail(ibv_wc_status_str(done.status));
	}
	return (nanoseconds() - start) / WRITES;
}

void measure_live(int count)
{
	struct ibv_context *context = open_device();
	struct ibv_pd *domain = ibv_alloc_pd(context);
	queue = ibv_create_cq(context, 64, NULL, NULL, 0);
	char *memory = map(PAGES * PAGE, 1);
	regions = calloc(count, sizeof(*regions));
	if (!domain || !queue || !regions)
		fail("set-up");
	memset(regions, 1, count * sizeof(*regions));
	connect_to_itself(domain);
	double share = memory_share(), start = nanoseconds();
	for (int i = 0; i < count; i++) {
		regions[i] = ibv_reg_mr(domain, memory + (size_t)(i % PAGES) * PAGE, PAGE, ACCESS);
		if (!regions[i])
			fail("ibv_reg_mr");
	}
	double registered = nanoseconds();
	double bytes = (memory_share() - share) * 1024 / count;
	printf("%d live registrations: %.0f ns and %.0f bytes each\n", count, (registered - start) / count, bytes);
	for (int keys = 1; keys < count; keys *= 1000)
		printf("a write under one of %d keys: %.0f ns\n", keys, write_under(keys));
	printf("a write under one of %d keys: %.0f ns\n", count, write_under(count));
	start = nanoseconds();
	for (int i = 0; i < count; i++)
		if (ibv_dereg_mr(regions[i]))
			fail("ibv_dereg_mr");
	printf("deregistering: %.0f ns each\n", (nanoseconds() - start) / count);
}
