// actor_verbs.c - memory regions of a real verbs device, and RDMA through them.
//
// Each process opens the first RDMA device that is up, and connects a reliable queue pair to itself: what the wire would bring goes
// through the device's own loopback, the region's key and the pages that it pinned. The word that travels lies in a page of its
// own, registered before the scenario begins.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <infiniband/verbs.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PORT = 1, WORD = 8, PAGE = 4096 };

struct region {
	struct ibv_mr *memory;
	uint64_t address, length;
	int was_read;	// since it was registered
};

static struct {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *queue;
	struct ibv_qp *pair;
	struct ibv_mr *word;
	uint64_t *page;
	struct ibv_ah_attr path;
} device;

static struct region regions[VERBENA_HOST_REGIONS];

static struct region *region_of(const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_REGIONS ? &regions[command->slot] : NULL;
}

// The first InfiniBand or RoCE device: iWARP needs a connection manager.
static struct ibv_context *open_first(void)
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

int verbena_host_has_verbs_device(void)
{
	struct ibv_context *context = open_first();
	if (!context)
		return 0;
	ibv_close_device(context);
	return 1;
}

static int find_path(void)
{
	struct ibv_port_attr port;
	if (ibv_query_port(device.context, PORT, &port) != 0)
		return EIO;
	memset(&device.path, 0, sizeof(device.path));
	device.path.port_num = PORT;
	device.path.dlid = port.lid;
	if (port.link_layer != IBV_LINK_LAYER_ETHERNET)
		return 0;
	device.path.is_global = 1;
	device.path.grh.hop_limit = 64;
	return ibv_query_gid(device.context, PORT, 0, &device.path.grh.dgid) == 0 ? 0 : EIO;
}

// From any state to one that sends and receives: an error leaves the queue pair unusable.
static int connect_to_itself(void)
{
	struct ibv_qp_attr change;
	memset(&change, 0, sizeof(change));
	change.qp_state = IBV_QPS_RESET;
	int error = ibv_modify_qp(device.pair, &change, IBV_QP_STATE);
	change.qp_state = IBV_QPS_INIT;
	change.port_num = PORT;
	change.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;
	if (!error)
		error = ibv_modify_qp(device.pair, &change, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	change.qp_state = IBV_QPS_RTR;
	change.path_mtu = IBV_MTU_1024;
	change.dest_qp_num = device.pair->qp_num;
	change.max_dest_rd_atomic = 1;
	change.min_rnr_timer = 12;
	change.ah_attr = device.path;
	if (!error)
		error = ibv_modify_qp(device.pair, &change, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
			| IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	change.qp_state = IBV_QPS_RTS;
	change.timeout = 12;
	change.retry_cnt = 3;
	change.rnr_retry = 3;
	change.max_rd_atomic = 1;
	if (!error)
		error = ibv_modify_qp(device.pair, &change, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY
			| IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
	return error;
}

static int make_objects(void)
{
	struct ibv_qp_init_attr wish = { .cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1 };
	device.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (device.page == MAP_FAILED || !(device.domain = ibv_alloc_pd(device.context)))
		return errno;
	if (!(device.queue = ibv_create_cq(device.context, 4, NULL, NULL, 0)))
		return errno;
	wish.send_cq = wish.recv_cq = device.queue;
	if (!(device.pair = ibv_create_qp(device.domain, &wish)))
		return errno;
	if (!(device.word = ibv_reg_mr(device.domain, device.page, PAGE, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ)))
		return errno;
	return find_path();
}

void actor_open_device(struct verbena_host_reply *reply)
{
	if (device.context)
		return;
	device.context = open_first();
	reply->error = device.context ? make_objects() : ENODEV;
	if (reply->error == 0)
		reply->error = connect_to_itself();
}

void actor_hold_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	if (!region || region->memory || !device.context) {
		reply->error = EBUSY;
		return;
	}
	errno = 0;
	region->memory = (ibv_reg_mr)(device.domain, (void *)(uintptr_t)command->address, command->length, (int)command->argument);
	reply->error = region->memory ? 0 : errno;
	region->was_read = 0;
	region->address = command->address;
	region->length = command->length;
}

static int await_completion(void)
{
	struct ibv_wc done;
	int count;
	// The device retries for as long as the queue pair says, and then completes in any case.
	while ((count = ibv_poll_cq(device.queue, 1, &done)) == 0)
		usleep(50);
	if (count < 0)
		return EIO;
	if (done.status == IBV_WC_SUCCESS)
		return 0;
	switch (done.status) {
	case IBV_WC_REM_ACCESS_ERR:
	case IBV_WC_WR_FLUSH_ERR:	// the refusing end is this queue pair too, and its error can come first
	case IBV_WC_RETRY_EXC_ERR:	// Soft-RoCE of Linux 5.10 drops what a key forbids, and the sender gives up
		return EACCES;
	default:
		return EIO;
	}
}

// Eight bytes from or to the word's page. 0 or an errno; whatever went wrong, the next request finds a working queue pair.
static int transfer(enum ibv_wr_opcode opcode, uint64_t address, uint32_t key)
{
	struct ibv_sge piece = { (uintptr_t)device.page, WORD, device.word->lkey };
	struct ibv_send_wr request, *bad;
	memset(&request, 0, sizeof(request));
	request.opcode = opcode;
	request.sg_list = &piece;
	request.num_sge = 1;
	request.wr.rdma.remote_addr = address;
	request.wr.rdma.rkey = key;
	int error = ibv_post_send(device.pair, &request, &bad);
	if (error == 0)
		error = await_completion();
	if (error != 0 && connect_to_itself() != 0)
		error = EIO;
	return error;
}

void actor_release_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	reply->error = region && region->memory ? ibv_dereg_mr(region->memory) : EINVAL;
	// Soft-RoCE of Linux 5.10 keeps the region that was read last, and its pins, until the queue pair reads another.
	if (region && region->was_read && transfer(IBV_WR_RDMA_READ, (uintptr_t)device.page, device.word->rkey) != 0)
		reply->error = EIO;
	if (region)
		region->memory = NULL;
}

void actor_device_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	if (!region || !region->memory || command->length + WORD > region->length) {
		reply->error = EACCES;
		return;
	}
	int reads = command->kind == VERBENA_HOST_REGION_READ;
	region->was_read |= reads;
	*device.page = reads ? 0 : (uint64_t)command->argument;
	reply->error = transfer(reads ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE, region->address + command->length, region->memory->rkey);
	reply->value = (int64_t)*(volatile uint64_t *)device.page;
}

void actor_forget_device(void)
{
	// The objects are the parent's: only the descriptors that came with the fork are let go of.
	if (device.context) {
		close(device.context->cmd_fd);
		close(device.context->async_fd);
	}
	memset(&device, 0, sizeof(device));
	memset(regions, 0, sizeof(regions));
}
