// errno_kept.h - turns "-1 and errno" into -errno, and puts the caller's errno back.
//
// Why: a program that posts or polls must not see its errno change because the device made a system call.
#ifndef VERBENA_ERRNO_KEPT_H
#define VERBENA_ERRNO_KEPT_H

#include <errno.h>

/// `saved` is errno from before the call, `result` what the call returned.
static inline long verbena_keep_errno(int saved, long result) {
    if (result >= 0) return result;
    long number = errno;
    errno = saved;
    return -number;
}

#endif
