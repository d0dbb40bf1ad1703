// host.c - limits and privileges of this process. Counterpart: getrlimit(2), capget(2), prctl(2) PR_SET_PTRACER.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t verbena_memlock_limit(void) {
    int saved = errno;
    struct rlimit limit;
    int result = getrlimit(RLIMIT_MEMLOCK, &limit);
    if (result != 0) return verbena_keep_errno(saved, result);
    return limit.rlim_cur > (rlim_t)INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

uint64_t verbena_effective_capabilities(void) {
    int saved = errno;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    long result = syscall(SYS_capget, &header, data);
    errno = saved;
    if (result != 0) return 0;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

void verbena_allow_any_tracer(void) {
    int saved = errno;
    // Without Yama the kernel does not know the request, and there is nothing to allow.
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    errno = saved;
}
