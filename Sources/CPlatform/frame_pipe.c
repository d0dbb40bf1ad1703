// frame_pipe.c - pipes that hold references to pages: vmsplice(2), looked at by tee(2).
//
// Owns: nothing; the descriptors are the caller's. Counterpart: pipe(7), vmsplice(2), tee(2), splice(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/// How many pages a pipe may hold that was asked for `page_count`: less where the user has many large ones.
static int make_pipe(int ends[2], size_t page_count) {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
    fcntl(ends[1], F_SETPIPE_SZ, (int)(page_count * 4096));
    int byte_count = fcntl(ends[1], F_GETPIPE_SZ);
    return byte_count < 0 ? -errno : byte_count / 4096;
}

int verbena_frame_pipe_hold(uint64_t address, size_t byte_count, int *descriptor) {
    int saved = errno;
    int ends[2];
    int room = make_pipe(ends, (byte_count + 4095) / 4096);
    if (room < 0) return (int)verbena_keep_errno(saved, room);
    size_t part = byte_count < (size_t)room * 4096 ? byte_count : (size_t)room * 4096;
    struct iovec pages = {.iov_base = (void *)address, .iov_len = part};
    ssize_t held = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
    int result = held < 0 ? -errno : (int)(held / 4096);
    // What is in the pipe stays there without a writer.
    close(ends[1]);
    if (result <= 0) close(ends[0]);
    else *descriptor = ends[0];
    errno = saved;
    return result == 0 ? -EFAULT : result;
}

/// Takes `byte_count` bytes out of a pipe, into memory, or into nothing where `to` is 0.
static bool take(int pipe, int nowhere, uint64_t to, size_t byte_count) {
    while (byte_count > 0) {
        ssize_t taken = to != 0 ? read(pipe, (void *)to, byte_count)
            : splice(pipe, NULL, nowhere, NULL, byte_count, SPLICE_F_NONBLOCK);
        if (taken <= 0) return false;
        if (to != 0) to += (uint64_t)taken;
        byte_count -= (size_t)taken;
    }
    return true;
}

static bool look(int descriptor, const int ends[2], size_t offset, uint64_t to, size_t byte_count) {
    ssize_t seen = tee(descriptor, ends[1], offset + byte_count, SPLICE_F_NONBLOCK);
    if (seen < (ssize_t)(offset + byte_count)) return false;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool copied = nowhere >= 0 && take(ends[0], nowhere, 0, offset) && take(ends[0], nowhere, to, byte_count);
    if (nowhere >= 0) close(nowhere);
    return copied;
}

bool verbena_frame_pipe_read(int descriptor, size_t offset, uint64_t to, size_t byte_count) {
    int saved = errno;
    int ends[2];
    int room = make_pipe(ends, (offset + byte_count + 4095) / 4096);
    bool copied = false;
    if (room > 0) {
        copied = look(descriptor, ends, offset, to, byte_count);
        close(ends[0]);
        close(ends[1]);
    }
    errno = saved;
    return copied;
}
