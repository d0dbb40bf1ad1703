// verbs_library.h - libibverbs, looked for when it is needed: where it is missing, everything but a verbs device works.
//
// What the header defines inline (posting, polling) goes through the device's own table and needs no library.
#ifndef VERBENA_VERBS_LIBRARY_H
#define VERBENA_VERBS_LIBRARY_H

#include <infiniband/verbs.h>

#define VERBS_FUNCTIONS(FUNCTION) \
	FUNCTION(get_device_list) FUNCTION(free_device_list) FUNCTION(open_device) FUNCTION(close_device) FUNCTION(query_port) \
	FUNCTION(query_gid) FUNCTION(alloc_pd) FUNCTION(create_cq) FUNCTION(create_qp) FUNCTION(modify_qp) FUNCTION(reg_mr) FUNCTION(dereg_mr)

// The functions by their names without "ibv_".
struct verbs_library {
#define MEMBER(name) __typeof__(&ibv_##name) name;
	VERBS_FUNCTIONS(MEMBER)
#undef MEMBER
};

// Null where there is no such library, or one without some function. Loaded once a process; a fork has its parent's.
const struct verbs_library *verbs_library(void);

#endif
