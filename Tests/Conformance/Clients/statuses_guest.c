// statuses_guest.c - a copy of a command descriptor goes from one process to another, and becomes a guest there.
//
// A queue pair of the imported domain, the guest's, is connected to one of the importer's own: what the guest gathers and scatters is
// the owner's memory.
#define _GNU_SOURCE
#include "statuses_guest.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

// --- handing over -------------------------------------------------------------------------------------------------------------------

union rights {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void give(int socket, int descriptor, const struct offer *offer)
{
	union rights rights = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec bytes = { (void *)offer, sizeof(*offer) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights) };
	memcpy(CMSG_DATA(&rights.header), &descriptor, sizeof(descriptor));
	REQUIRE(sendmsg(socket, &message, 0) == sizeof(*offer), "errno %d", errno);
}

int take(int socket, struct offer *offer)
{
	union rights rights;
	struct iovec bytes = { offer, sizeof(*offer) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights) };
	int descriptor;
	REQUIRE(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == sizeof(*offer) && message.msg_controllen > 0, "errno %d", errno);
	memcpy(&descriptor, CMSG_DATA(&rights.header), sizeof(descriptor));
	return descriptor;
}

void offer(struct side *side, const struct ibv_mr *region)
{
	struct offer offer = { .domain = side->domain->handle, .region = region->handle, .start = (uintptr_t)region->addr };
	give(side->socket, side->context->cmd_fd, &offer);
}

// --- the guest ----------------------------------------------------------------------------------------------------------------------

void import_into(struct side *guest, const struct side *side, int descriptor, const struct offer *offer)
{
	*guest = (struct side){ .set_up = side->set_up, .socket = side->socket, .gid = side->gid, .gid_index = side->gid_index,
				.lid = side->lid, .link_layer = side->link_layer, .memory = (unsigned char *)offer->start };
	guest->context = ibv_import_device(descriptor);
	REQUIRE(guest->context, "ibv_import_device: errno %d", errno);
	REQUIRE(guest->context->device == side->context->device && guest->context->cmd_fd == descriptor);
	guest->domain = ibv_import_pd(guest->context, offer->domain);
	REQUIRE(guest->domain && guest->domain->handle == offer->domain, "ibv_import_pd: errno %d", errno);
	guest->region = ibv_import_mr(guest->domain, offer->region);
	REQUIRE(guest->region && guest->region->handle == offer->region && !guest->region->addr, "ibv_import_mr: errno %d", errno);
}

struct address address_of(const struct side *side)
{
	return (struct address){ .gid = side->gid, .lid = side->lid, .queue_pair = side->pair->qp_num, .packet = side->pair->qp_num & 0xffffff,
				 .start = (uintptr_t)side->memory, .rkey = side->region->rkey };
}

void open_guest_pair(struct side *guest)
{
	guest->sent = ibv_create_cq(guest->context, 16, NULL, NULL, 0);
	guest->received = ibv_create_cq(guest->context, 16, NULL, NULL, 0);
	REQUIRE(guest->sent && guest->received);
	struct ibv_qp_init_attr attributes = {
		.send_cq = guest->sent, .recv_cq = guest->received, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 4, .max_recv_sge = 4 },
	};
	guest->pair = ibv_create_qp(guest->domain, &attributes);
	REQUIRE(guest->pair, "ibv_create_qp: errno %d", errno);
}

void open_guest(struct side *guest, struct side *side)
{
	open_guest_pair(guest);
	side->peer = address_of(guest);
	guest->peer = address_of(side);
	to_initialized(side);
	to_initialized(guest);
	to_ready(side, guest->pair->qp_num);
	to_ready(guest, side->pair->qp_num);
}

void close_guest(struct side *guest)
{
	REQUIRE(ibv_destroy_qp(guest->pair) == 0 && ibv_destroy_cq(guest->sent) == 0 && ibv_destroy_cq(guest->received) == 0);
	ibv_unimport_mr(guest->region);
	ibv_unimport_pd(guest->domain);
	REQUIRE(ibv_close_device(guest->context) == 0);
}

struct offer welcome(struct side *guest, struct side *side)
{
	struct offer offer;
	int descriptor = take(side->socket, &offer);
	import_into(guest, side, descriptor, &offer);
	open_guest(guest, side);
	return offer;
}

enum ibv_wc_status act(struct side *side, enum ibv_wr_opcode opcode, size_t length)
{
	struct ibv_sge own = piece(side, 0, length);
	struct ibv_send_wr wr = opcode == IBV_WR_SEND ? request(opcode, 1, &own, 1) : remote(side, opcode, 1, &own, 0);
	post_send(side, &wr);
	return next_completion(side->sent).status;
}

void expect_status(struct side *side, enum ibv_wr_opcode opcode, size_t length, enum ibv_wc_status expected)
{
	enum ibv_wc_status status = act(side, opcode, length);
	REQUIRE(status == expected, "opcode %d, %zu bytes: %s, not %s", opcode, length, ibv_wc_status_str(status), ibv_wc_status_str(expected));
}
