// Debian's own headers of libibverbs and librdmacm: the C interface that Verbena serves. Never a copy.
#include <features.h>
#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
