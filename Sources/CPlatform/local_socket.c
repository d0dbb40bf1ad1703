// local_socket.c - sockets between processes of one host, with descriptors as ancillary data.
//
// Owns: abstract addresses, SCM_RIGHTS. A descriptor that is received is either given to the caller or closed.
// Counterpart: unix(7), cmsg(3).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { DESCRIPTOR_LIMIT = 32, LISTEN_BACKLOG = 128 };

/// An abstract address: a NUL, then the name. Returns its length, 0 when the name does not fit.
static socklen_t abstract_address(const char *name, size_t name_length, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (name_length == 0 || name_length > sizeof address->sun_path - 1) return 0;
    memcpy(address->sun_path + 1, name, name_length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name_length);
}

static int new_socket(void) {
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

/// Closes `descriptor` and returns the negated errno of what failed before.
static int close_and_report(int descriptor, int saved) {
    int number = errno;
    close(descriptor);
    errno = saved;
    return -number;
}

int verbena_local_listen(const char *name, size_t name_length) {
    struct sockaddr_un address;
    socklen_t length = abstract_address(name, name_length, &address);
    if (length == 0) return -EINVAL;
    int saved = errno;
    int descriptor = new_socket();
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    if (bind(descriptor, (struct sockaddr *)&address, length) != 0 || listen(descriptor, LISTEN_BACKLOG) != 0) {
        return close_and_report(descriptor, saved);
    }
    return descriptor;
}

/// connect(2) to a socket whose queue is full waits as long as a send may.
static int set_send_timeout(int descriptor, int milliseconds) {
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

int verbena_local_connect(const char *name, size_t name_length, int timeout_milliseconds) {
    struct sockaddr_un address;
    socklen_t length = abstract_address(name, name_length, &address);
    if (length == 0) return -EINVAL;
    int saved = errno;
    int descriptor = new_socket();
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    // A timeout of 0 means "for ever" to the kernel; the caller means "at once".
    int limit = timeout_milliseconds < 0 ? 0 : timeout_milliseconds == 0 ? 1 : timeout_milliseconds;
    if (set_send_timeout(descriptor, limit) != 0) return close_and_report(descriptor, saved);
    int result;
    do result = connect(descriptor, (struct sockaddr *)&address, length);
    while (result != 0 && errno == EINTR);
    if (result != 0) {
        if (errno == EAGAIN) errno = ETIMEDOUT;
        return close_and_report(descriptor, saved);
    }
    if (set_send_timeout(descriptor, 0) != 0) return close_and_report(descriptor, saved);
    return descriptor;
}

int verbena_local_accept(int descriptor) {
    int saved = errno;
    int accepted;
    do accepted = accept4(descriptor, NULL, NULL, SOCK_CLOEXEC);
    while (accepted < 0 && errno == EINTR);
    return (int)verbena_keep_errno(saved, accepted);
}

int verbena_local_peer(int descriptor, int32_t *process, uint32_t *user) {
    int saved = errno;
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    int result = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
    if (result != 0) return (int)verbena_keep_errno(saved, result);
    *process = credentials.pid;
    *user = credentials.uid;
    return 0;
}

/// Waits for `events`. 0: ready, -ETIMEDOUT, or the negated errno. The time starts again after a signal.
static int wait_for(int descriptor, short events, int timeout_milliseconds) {
    struct pollfd entry = {.fd = descriptor, .events = events};
    int ready;
    do ready = poll(&entry, 1, timeout_milliseconds);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return -errno;
    return ready == 0 ? -ETIMEDOUT : 0;
}

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(DESCRIPTOR_LIMIT * sizeof(int))];
} ancillary_space;

static void attach_descriptors(struct msghdr *message, ancillary_space *space, const int *descriptors, size_t count) {
    if (count == 0) return;
    memset(space, 0, sizeof *space);
    message->msg_control = space->bytes;
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
}

int verbena_local_send(int descriptor, const void *bytes, size_t byte_count, const int *descriptors,
                       size_t descriptor_count, int timeout_milliseconds) {
    if (descriptor_count > DESCRIPTOR_LIMIT) return -EINVAL;
    int saved = errno;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = byte_count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ancillary_space space;
    attach_descriptors(&message, &space, descriptors, descriptor_count);
    for (;;) {
        if (sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return 0;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return (int)verbena_keep_errno(saved, -1);
        int waited = wait_for(descriptor, POLLOUT, timeout_milliseconds);
        errno = saved;
        if (waited < 0) return waited;
    }
}

/// Hands out up to `limit` of the descriptors in `message`, all of them only if `keep`; closes the others.
static size_t take_descriptors(struct msghdr *message, int *descriptors, size_t limit, bool keep) {
    size_t taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int received;
            memcpy(&received, CMSG_DATA(header) + index * sizeof(int), sizeof received);
            if (keep && taken < limit) descriptors[taken++] = received;
            else close(received);
        }
    }
    return taken;
}

int64_t verbena_local_receive(int descriptor, void *bytes, size_t byte_count, int *descriptors,
                              size_t descriptor_limit, size_t *descriptor_count, int timeout_milliseconds) {
    *descriptor_count = 0;
    int saved = errno;
    struct iovec part = {.iov_base = bytes, .iov_len = byte_count};
    ancillary_space space;
    for (;;) {
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
        ssize_t received = recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (received >= 0) {
            bool whole = (message.msg_flags & MSG_TRUNC) == 0;
            *descriptor_count = take_descriptors(&message, descriptors, descriptor_limit, whole);
            errno = saved;
            return whole ? received : -EMSGSIZE;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return verbena_keep_errno(saved, -1);
        int waited = wait_for(descriptor, POLLIN, timeout_milliseconds);
        errno = saved;
        if (waited < 0) return waited;
    }
}
