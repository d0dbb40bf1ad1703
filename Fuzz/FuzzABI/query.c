// query.c - questions about the device, its port, its tables; and the calls that nothing here serves.
#include "calls.h"

#include <string.h>

static void query_port(struct input *in) {
    struct ibv_port_attr attributes;
    struct ibv_context *context = contexts[choose(in, 2)];
    ibv_query_port(context, (uint8_t)take_size(in, 3), &attributes);
    (ibv_query_port)(any_context(in), (uint8_t)take_size(in, 3), NULL);
}

static void query_device(struct input *in) {
    struct ibv_device_attr plain;
    struct ibv_device_attr_ex extended;
    struct ibv_query_device_ex_input question = {.comp_mask = take_bits(in, 1)};
    ibv_query_device(any_context(in), choose(in, 8) == 0 ? NULL : &plain);
    ibv_query_device_ex(contexts[0], choose(in, 2) == 0 ? NULL : &question, &extended);
    struct ibv_values_ex values = {.comp_mask = take_bits(in, 2)};
    ibv_query_rt_values_ex(contexts[1], &values);
}

static void query_gids(struct input *in) {
    union ibv_gid gid;
    struct ibv_gid_entry entries[8];
    ibv_query_gid(any_context(in), (uint8_t)take_size(in, 3), (int)take_size(in, 4), choose(in, 8) == 0 ? NULL : &gid);
    ibv_query_gid_ex(contexts[0], (uint32_t)take_size(in, 3), (uint32_t)take_size(in, 4), entries, take_bits(in, 1));
    ibv_query_gid_table(contexts[1], choose(in, 8) == 0 ? NULL : entries, choose(in, 9), take_bits(in, 1));
    uint16_t key;
    ibv_query_pkey(any_context(in), (uint8_t)take_size(in, 3), (int)take_size(in, 4), choose(in, 8) == 0 ? NULL : &key);
}

static void list_devices(struct input *in) {
    int count;
    struct ibv_device **list = ibv_get_device_list(choose(in, 2) == 0 ? NULL : &count);
    ibv_get_device_name(choose(in, 2) == 0 ? NULL : list[0]);
    ibv_get_device_guid(choose(in, 2) == 0 ? NULL : list[0]);
    ibv_get_device_index(choose(in, 2) == 0 ? NULL : list[0]);
    if (choose(in, 8) == 0) ibv_close_device(ibv_open_device(choose(in, 4) == 0 ? NULL : list[0]));
    ibv_free_device_list(list);
}

static void import(struct input *in) {
    ibv_import_device((int)take_word(in));
    ibv_import_pd(any_context(in), (uint32_t)take_word(in));
    ibv_import_mr(any_object(in, DOMAIN), (uint32_t)take_word(in));
    ibv_import_dm(any_context(in), (uint32_t)take_word(in));
}

static void steer(struct input *in) {
    struct ibv_wq_init_attr queue = {.wq_type = (enum ibv_wq_type)choose(in, 2), .max_wr = 1, .max_sge = 1,
                                     .pd = any_object(in, DOMAIN), .cq = any_object(in, QUEUE)};
    struct ibv_rwq_ind_table_init_attr table = {.log_ind_tbl_size = 0};
    struct ibv_flow_attr flow = {.size = sizeof flow, .port = 1};
    ibv_create_wq(contexts[0], &queue);
    ibv_create_rwq_ind_table(contexts[0], &table);
    struct ibv_qp *pair = live_object(in, PAIR);
    if (pair != NULL) ibv_create_flow(pair, &flow);
}

void call_query(struct input *in) {
    switch (choose(in, 6)) {
    case 0: return query_port(in);
    case 1: return query_device(in);
    case 2: return query_gids(in);
    case 3: return list_devices(in);
    case 4: return import(in);
    default: return steer(in);
    }
}
