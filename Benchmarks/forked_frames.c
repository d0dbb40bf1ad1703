// forked_frames.c - whether the device and the program still see the same memory after a fork: forked_frames base|huge
//
// Registers a page, forks, writes to it as the parent, and asks the device what it sees; then the device writes, and the
// parent looks. Prints two words: "same" or "LOST" for what the program wrote, and for what the device wrote; or the errno of a
// page that cannot be had. By frame a fork can separate them: the kernel gives one of parent and child another frame.
#define _GNU_SOURCE
#include <errno.h>
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HUGE_BYTES = 2 << 20, PAGE = 4096, PORT = 1 };

struct loop {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *queue;
	struct ibv_qp *pair;
	struct ibv_mr *own;
	unsigned char *bytes;
};

_Noreturn static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void open_loop(struct loop *loop)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	loop->context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	loop->domain = loop->context ? ibv_alloc_pd(loop->context) : NULL;
	loop->queue = loop->domain ? ibv_create_cq(loop->context, 16, NULL, NULL, 0) : NULL;
	if (!loop->queue)
		fail("ibv_open_device");
	struct ibv_qp_init_attr attributes = {
		.send_cq = loop->queue, .recv_cq = loop->queue, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	loop->pair = ibv_create_qp(loop->domain, &attributes);
	loop->bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	loop->own = loop->bytes == MAP_FAILED ? NULL : ibv_reg_mr(loop->domain, loop->bytes, PAGE, IBV_ACCESS_LOCAL_WRITE);
	if (!loop->pair || !loop->own)
		fail("ibv_create_qp");
}

// A queue pair that talks to itself.
static void connect_loop(struct loop *loop)
{
	union ibv_gid gid;
	struct ibv_port_attr port;
	if (ibv_query_gid(loop->context, PORT, 0, &gid) != 0 || ibv_query_port(loop->context, PORT, &port) != 0)
		fail("ibv_query_port");
	struct ibv_qp_attr attributes = {
		.qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE,
		.path_mtu = IBV_MTU_1024, .dest_qp_num = loop->pair->qp_num, .max_dest_rd_atomic = 1, .min_rnr_timer = 12,
		.ah_attr = { .is_global = 1, .port_num = PORT, .dlid = port.lid, .grh = { .dgid = gid, .hop_limit = 1 } },
		.timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
	};
	int failed = ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	attributes.qp_state = IBV_QPS_RTR;
	failed = failed ? failed : ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN
		| IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	attributes.qp_state = IBV_QPS_RTS;
	failed = failed ? failed : ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY
		| IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
	errno = failed;
	if (failed)
		fail("ibv_modify_qp");
}

static void move(struct loop *loop, enum ibv_wr_opcode opcode, struct ibv_mr *region)
{
	struct ibv_sge piece = { .addr = (uintptr_t)loop->bytes, .length = 8, .lkey = loop->own->lkey };
	struct ibv_send_wr request = { .opcode = opcode, .sg_list = &piece, .num_sge = 1 }, *bad;
	struct ibv_wc done = { 0 };
	request.wr.rdma.remote_addr = (uintptr_t)region->addr;
	request.wr.rdma.rkey = region->rkey;
	if ((errno = ibv_post_send(loop->pair, &request, &bad)) != 0)
		fail("ibv_post_send");
	while (ibv_poll_cq(loop->queue, 1, &done) == 0)
		;
	if (done.status != IBV_WC_SUCCESS) {
		fprintf(stderr, "%s\n", ibv_wc_status_str(done.status));
		exit(1);
	}
}

static const char *word(bool same) { return same ? "same" : "LOST"; }

int main(int argc, char **argv)
{
	bool huge = argc == 2 && strcmp(argv[1], "huge") == 0;
	if (argc != 2 || (!huge && strcmp(argv[1], "base") != 0)) {
		fprintf(stderr, "usage: forked_frames base|huge\n");
		return 2;
	}
	struct loop loop;
	open_loop(&loop);
	connect_loop(&loop);
	size_t bytes = huge ? HUGE_BYTES : PAGE;
	unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0), -1, 0);
	if (memory == MAP_FAILED) {
		printf("errno %d\n", errno);
		return 0;
	}
	memset(memory, 'a', bytes);
	struct ibv_mr *region = ibv_reg_mr(loop.domain, memory, bytes, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE);
	if (!region)
		fail("ibv_reg_mr");
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	memset(memory, 'b', bytes);
	move(&loop, IBV_WR_RDMA_READ, region);
	bool is_seen = memcmp(loop.bytes, "bbbbbbbb", 8) == 0;
	memset(loop.bytes, 'c', 8);
	move(&loop, IBV_WR_RDMA_WRITE, region);
	printf("%s %s\n", word(is_seen), word(memcmp(memory, "cccccccc", 8) == 0));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
