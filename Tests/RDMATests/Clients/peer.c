// peer.c - a C program on libibverbs that connects to a Swift program: each writes into the other's memory.
//
// Both tell where they are in one line, in the notation of the library's Endpoint and RemoteMemory.
#include <endian.h>
#include <infiniband/verbs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

enum { BYTES = 4096, PACKET_NUMBER = 0x123456 };
static const char TEXT[] = "written by C";

static void tell(struct ibv_context *context, struct ibv_qp *pair, struct ibv_mr *region) {
    union ibv_gid gid;
    CHECK(ibv_query_gid(context, 1, 0, &gid) == 0);
    printf("%06x-%06x-0000-%016" PRIx64 "-%016" PRIx64 "-00000000 %" PRIxPTR "-%x-%08x\n", pair->qp_num, PACKET_NUMBER,
           be64toh(gid.global.subnet_prefix), be64toh(gid.global.interface_id), (uintptr_t)region->addr, BYTES, region->rkey);
    fflush(stdout);
}

static void connect_pair(struct ibv_qp *pair, uint32_t number, uint32_t packet_number, const union ibv_gid *gid) {
    struct ibv_qp_attr attributes = {.qp_state = IBV_QPS_INIT, .port_num = 1,
                                     .qp_access_flags = IBV_ACCESS_REMOTE_WRITE};
    CHECK(ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == 0);
    attributes = (struct ibv_qp_attr){.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = number,
                                      .rq_psn = packet_number, .max_dest_rd_atomic = 1, .min_rnr_timer = 12,
                                      .ah_attr = {.is_global = 1, .port_num = 1, .grh = {.dgid = *gid, .hop_limit = 1}}};
    CHECK(ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                                               IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) == 0);
    attributes = (struct ibv_qp_attr){.qp_state = IBV_QPS_RTS, .sq_psn = PACKET_NUMBER, .timeout = 18, .retry_cnt = 7,
                                      .rnr_retry = 7, .max_rd_atomic = 1};
    CHECK(ibv_modify_qp(pair, &attributes, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
                                               IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC) == 0);
}

int main(void) {
    struct ibv_device **devices = ibv_get_device_list(NULL);
    CHECK(devices && devices[0]);
    struct ibv_context *context = ibv_open_device(devices[0]);
    CHECK(context);
    struct ibv_pd *domain = ibv_alloc_pd(context);
    struct ibv_cq *queue = ibv_create_cq(context, 4, NULL, NULL, 0);
    struct ibv_qp_init_attr sizes = {.send_cq = queue, .recv_cq = queue, .qp_type = IBV_QPT_RC,
                                     .cap = {.max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1}};
    struct ibv_qp *pair = ibv_create_qp(domain, &sizes);
    char *memory = calloc(1, BYTES);
    struct ibv_mr *region = ibv_reg_mr(domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
    CHECK(pair && region);
    tell(context, pair, region);

    unsigned number, packet_number, identifier, key;
    uint64_t prefix, interface, address, count;
    CHECK(scanf("%x-%x-%x-%" SCNx64 "-%" SCNx64 "-%*x %" SCNx64 "-%" SCNx64 "-%x", &number, &packet_number, &identifier,
                &prefix, &interface, &address, &count, &key) == 8);
    union ibv_gid gid = {.global = {.subnet_prefix = htobe64(prefix), .interface_id = htobe64(interface)}};
    connect_pair(pair, number, packet_number, &gid);

    memcpy(memory + 2048, TEXT, sizeof TEXT);
    struct ibv_sge piece = {.addr = (uintptr_t)memory + 2048, .length = sizeof TEXT, .lkey = region->lkey};
    struct ibv_send_wr write = {.sg_list = &piece, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
                                .send_flags = IBV_SEND_SIGNALED, .wr.rdma = {.remote_addr = address, .rkey = key}};
    struct ibv_send_wr *refused;
    CHECK(count >= sizeof TEXT && ibv_post_send(pair, &write, &refused) == 0);
    struct ibv_wc completion;
    while (ibv_poll_cq(queue, 1, &completion) == 0) {}
    CHECK(completion.status == IBV_WC_SUCCESS);

    // The last byte of what the peer writes becomes visible last.
    while (*(volatile char *)(memory + 63) == 0) {}
    printf("%s\n", memory);
    return 0;
}
