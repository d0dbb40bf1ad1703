// verbs_end.c - one end of a connection over the first RDMA device that is up.
#define _GNU_SOURCE
#include "verbs_end.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PORT = 1, PAGE = 4096 };

static int state_of_port(const struct verbs_library *library, struct ibv_context *context, struct ibv_port_attr *port)
{
	memset(port, 0, sizeof(*port));
	return library->query_port(context, PORT, (struct _compat_ibv_port_attr *)port);
}

void load_drivers(const struct verbs_library *library)
{
	struct ibv_device **list = library ? library->get_device_list(NULL) : NULL;
	if (list)
		library->free_device_list(list);
}

struct ibv_context *open_first(const struct verbs_library *library)
{
	int count = 0;
	struct ibv_device **list = library ? library->get_device_list(&count) : NULL;
	struct ibv_context *found = NULL;
	for (int i = 0; list && i < count && !found; i++) {
		struct ibv_port_attr port;
		if (list[i]->transport_type != IBV_TRANSPORT_IB)
			continue;
		found = library->open_device(list[i]);
		if (found && (state_of_port(library, found, &port) != 0 || port.state != IBV_PORT_ACTIVE)) {
			library->close_device(found);
			found = NULL;
		}
	}
	if (list)
		library->free_device_list(list);
	return found;
}

static int find_path(struct verbs_end *end)
{
	struct ibv_port_attr port;
	if (state_of_port(end->library, end->context, &port) != 0)
		return EIO;
	end->path.port_num = PORT;
	end->path.dlid = port.lid;
	if (port.link_layer != IBV_LINK_LAYER_ETHERNET)
		return 0;
	end->path.is_global = 1;
	end->path.grh.hop_limit = 64;
	return end->library->query_gid(end->context, PORT, 0, &end->path.grh.dgid) == 0 ? 0 : EIO;
}

static int make_objects(struct verbs_end *end)
{
	struct ibv_qp_init_attr wish = { .cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1 };
	end->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end->page == MAP_FAILED || !(end->domain = end->library->alloc_pd(end->context)))
		return errno;
	if (!(end->queue = end->library->create_cq(end->context, 4, NULL, NULL, 0)))
		return errno;
	wish.send_cq = wish.recv_cq = end->queue;
	if (!(end->pair = end->library->create_qp(end->domain, &wish)))
		return errno;
	if (!(end->word = end->library->reg_mr(end->domain, end->page, PAGE, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ)))
		return errno;
	return find_path(end);
}

int make_end(struct verbs_end *end)
{
	memset(end, 0, sizeof(*end));
	end->library = verbs_library();
	end->context = open_first(end->library);
	int error = end->context ? make_objects(end) : ENODEV;
	// What was made of it goes with the process.
	if (error != 0)
		end->context = NULL;
	return error;
}

static int reset(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RESET };
	return end->library->modify_qp(end->pair, &change, IBV_QP_STATE);
}

static int initialize(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_INIT, .port_num = PORT,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };
	return end->library->modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int hear(struct verbs_end *end, uint32_t queue_pair)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = queue_pair,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12, .ah_attr = end->path };
	return end->library->modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
		| IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static int send(struct verbs_end *end)
{
	struct ibv_qp_attr change = { .qp_state = IBV_QPS_RTS, .timeout = 12, .retry_cnt = 3, .rnr_retry = 3, .max_rd_atomic = 1 };
	return end->library->modify_qp(end->pair, &change, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN
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
