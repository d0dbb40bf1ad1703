// verbs_end.c - one end of a connection over the first RDMA device that is up.
#define _GNU_SOURCE
#include "verbs_end.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PORT = 1, PAGE = 4096 };

struct ibv_context *open_first(void)
{
	int count = 0;
	struct ibv_device **list = ibv_get_device_list(&count);
	struct ibv_context *found = NULL;
	for (int i = 0; list && i < count && !found; i++) {
		struct ibv_port_attr port;
		if (list[i]->transport_type != IBV_TRANSPORT_IB)
			continue;
		found = ibv_open_device(list[i]);
		if (found && (ibv_query_port(found, PORT, &port) != 0 || port.state != IBV_PORT_ACTIVE)) {
			ibv_close_device(found);
			found = NULL;
		}
	}
	if (list)
		ibv_free_device_list(list);
	return found;
}

static int find_path(struct verbs_end *end)
{
	struct ibv_port_attr port;
	if (ibv_query_port(end->context, PORT, &port) != 0)
		return EIO;
	end->path.port_num = PORT;
	end->path.dlid = port.lid;
	if (port.link_layer != IBV_LINK_LAYER_ETHERNET)
		return 0;
	end->path.is_global = 1;
	end->path.grh.hop_limit = 64;
	return ibv_query_gid(end->context, PORT, 0, &end->path.grh.dgid) == 0 ? 0 : EIO;
}

static int make_objects(struct verbs_end *end)
{
	struct ibv_qp_init_attr wish = { .cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1 };
	end->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end->page == MAP_FAILED || !(end->domain = ibv_alloc_pd(end->context)))
		return errno;
	if (!(end->queue = ibv_create_cq(end->context, 4, NULL, NULL, 0)))
		return errno;
	wish.send_cq = wish.recv_cq = end->queue;
	if (!(end->pair = ibv_create_qp(end->domain, &wish)))
		return errno;
	if (!(end->word = ibv_reg_mr(end->domain, end->page, PAGE, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ)))
		return errno;
	return find_path(end);
}

int make_end(struct verbs_end *end)
{
	memset(end, 0, sizeof(*end));
	end->context = open_first();
	int error = end->context ? make_objects(end) : ENODEV;
	// What was made of it goes with the process.
	if (error != 0)
		end->context = NULL;
	return error;
}

static int reset(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RESET };
	return ibv_modify_qp(end->pair, &change, IBV_QP_STATE);
}

static int initialize(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_INIT, .port_num = PORT,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };
	return ibv_modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int hear(struct verbs_end *end, uint32_t queue_pair)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = queue_pair,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12, .ah_attr = end->path };
	return ibv_modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
		| IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static int send(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RTS, .timeout = 12, .retry_cnt = 3, .rnr_retry = 3, .max_rd_atomic = 1 };
	return ibv_modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN
		| IBV_QP_MAX_QP_RD_ATOMIC);
}

int connect_end(struct verbs_end *end, uint32_t queue_pair)
{
	int error = reset(end);
	if (!error)
		error = initialize(end);
	if (!error)
		error = hear(end, queue_pair);
	return error ? error : send(end);
}
