// actor_verbs.c - memory regions of a real verbs device, which another process reads and writes by RDMA.
//
// Each process opens the device and connects a queue pair to its peer's (actor_peer.c), which stays from scenario to scenario. What
// it registers the peer reaches by the region's key and through the pages that it pinned.
#define _GNU_SOURCE
#include "actor.h"
#include "actor_peer.h"
#include "verbs_end.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct region {
	struct ibv_mr *memory;
	uint64_t address, length;
	int was_read;	// since it was registered
};

static struct verbs_end device;
static int peer = -1;	// the channel to it
static struct region regions[VERBENA_HOST_REGIONS];

static struct region *region_of(const struct verbena_host_command *command)
{
	return command->slot >= 0 && command->slot < VERBENA_HOST_REGIONS ? &regions[command->slot] : NULL;
}

int verbena_host_has_verbs_device(void)
{
	const struct verbs_library *library = verbs_library();
	struct ibv_context *context = open_first(library);
	if (!context)
		return 0;
	library->close_device(context);
	return 1;
}

// An error leaves both queue pairs unusable: both begin anew.
static int connect_both(void)
{
	struct peer_answer answer;
	struct peer_request request = { .kind = PEER_CONNECT, .queue_pair = device.pair->qp_num };
	int error = ask_peer(peer, &request, &answer);
	return error ? error : connect_end(&device, answer.queue_pair);
}

void actor_open_device(const struct world *world, int slot, struct verbena_host_reply *reply)
{
	if (device.context)
		return;
	peer = world->peers[slot][0];
	reply->error = make_end(&device);
	if (reply->error == 0)
		reply->error = connect_both();
}

void actor_hold_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	if (!region || region->memory || !device.context) {
		reply->error = EBUSY;
		return;
	}
	errno = 0;
	region->memory = device.library->reg_mr(device.domain, (void *)(uintptr_t)command->address, command->length, (int)command->argument);
	reply->error = region->memory ? 0 : errno;
	region->was_read = 0;
	region->address = command->address;
	region->length = command->length;
}

// 0 or an errno; whatever went wrong, the next request finds a working connection.
static int ask_once(const struct peer_request *request, struct peer_answer *answer)
{
	int error = ask_peer(peer, request, answer);
	return error != 0 && connect_both() != 0 ? EIO : error;
}

// Eight bytes from or to a place of this process's. 0 or an errno. A completion that speaks neither of success nor of access is asked
// for again: seen now and then on Linux 7.2 in an emulated machine, where the second try is answered.
static int transfer(enum peer_request_kind kind, uint64_t address, uint32_t key, int64_t *word)
{
	enum { ATTEMPTS = 3 };
	struct peer_answer answer;
	struct peer_request request = { .kind = kind, .address = address, .key = key, .word = *word };
	int error = EIO;
	for (int i = 0; i < ATTEMPTS && error == EIO; i++)
		error = ask_once(&request, &answer);
	*word = answer.word;
	return error;
}

void actor_release_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	int64_t word = 0;
	reply->error = region && region->memory ? device.library->dereg_mr(region->memory) : EINVAL;
	// Soft-RoCE of Linux 5.10 keeps the region that was read last, and its pins, until the queue pair is asked for another.
	if (region && region->was_read && transfer(PEER_READ, (uintptr_t)device.page, device.word->rkey, &word) != 0)
		reply->error = EIO;
	if (region)
		region->memory = NULL;
}

void actor_device_region(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct region *region = region_of(command);
	if (!region || !region->memory || command->length + WORD > region->length) {
		reply->error = EACCES;
		return;
	}
	int reads = command->kind == VERBENA_HOST_REGION_READ;
	region->was_read |= reads;
	reply->value = command->argument;
	reply->error = transfer(reads ? PEER_READ : PEER_WRITE, region->address + command->length, region->memory->rkey, &reply->value);
}

void actor_forget_device(void)
{
	// The objects are the parent's: only the descriptors that came with the fork are let go of.
	if (device.context) {
		close(device.context->cmd_fd);
		close(device.context->async_fd);
	}
	memset(&device, 0, sizeof(device));
	memset(regions, 0, sizeof(regions));
}
